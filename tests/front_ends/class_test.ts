/** A class on one machine: two users, a Jupyter each, the same notebooks at the same time. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { requires } from "../requirements.ts";
import type { ClassReport } from "./_class_room.ts";

/** Debian gives ids from 60000 to 64999 to packages that ask for one; the test refuses one in use. */
const USERS = [61_001, 61_002];
/** More of them by hand. */
const NOTEBOOKS = (Deno.env.get("CLASS_NOTEBOOKS") ??
  "01_clients_and_servers 03_system_calls 11_port_owners").split(" ");

const ROOM = fileURLToPath(new URL("_class_room.ts", import.meta.url));

/**
 * Changes only what these namespaces have: a folder in memory over /mnt, and in it this Deno, since it
 * and this project may be where users may not go.
 */
const SCRIPT = `
set -e
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/bin /mnt/home
touch /mnt/bin/deno
mount --bind "$1" /mnt/bin/deno
shift
exec /mnt/bin/deno run -A --no-check "$@"`;

Deno.test(
  "Two users of one machine run the same notebooks at once, and neither is in the other's way",
  {
    ...requires("root", "network namespace", "jupyter-notebook"),
  },
  async () => {
    for (const id of USERS) assertIsUnused(id);
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
    const namespaces = [
      "--mount",
      "--propagation=private",
      "--net",
      "--pid",
      "--fork",
      "--kill-child",
    ];
    const room = await new Deno.Command("unshare", {
      args: [
        ...[...namespaces, "--mount-proc", "sh", "-c", SCRIPT, "sh", Deno.execPath(), ROOM],
        ...[...USERS.map(String), ...NOTEBOOKS],
      ],
      env: { CLASS_DENO_DIR: denoDir, DENO_DIR: denoDir },
    }).output();
    const said = new TextDecoder().decode(room.stderr);
    assert(room.success, said);
    const report: ClassReport = JSON.parse(new TextDecoder().decode(room.stdout));

    assertEquals(report.kernels, 2 * NOTEBOOKS.length);
    assert(report.cells > 20 * report.kernels, `${report.cells} cells`);
    assertEquals(report.errors, { [USERS[0]!]: [], [USERS[1]!]: [] });
    assertEquals(report.mixed, []);
    assertEquals(report.open, []);
    assertEquals(report.abstract, []);
    assertEquals(report.readable, []);
    assertEquals(report.left, []);
    // Without the key and the token: no reading of secrets, no running of cells, no talk with Jupyter.
    assertEquals(report.secrets, []);
    assertEquals(report.neighbour.executed, false);
    assertEquals(report.jupyter, 403);
    // README tells teachers that this is so: Jupyter's broadcasts are for every program of the machine.
    assert(report.neighbour.heard > 0);
  },
);

/** Refuses to take over files or processes of somebody who is there. */
function assertIsUnused(id: number): void {
  const users = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":")[2]);
  assert(!users.includes(String(id)), `The user id ${id} is somebody's`);
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let status;
    try {
      status = Deno.readTextFileSync(`/proc/${name}/status`);
    } catch {
      continue; // it has ended
    }
    assert(!status.includes(`\nUid:\t${id}\t`), `The user id ${id} has process ${name}`);
  }
}
