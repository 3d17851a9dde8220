/**
 * The kernel's table with 18,000 sockets, in a network that has no others: read by this kit, by a C
 * program over netlink, and by the tools and packages that people use. Processes are measured from
 * start to end, as a program that runs them would; the C program tells its own time.
 *
 * It needs `cc` and `unshare`; `ss`, `netstat`, `lsof`, Python's psutil and npm where they are.
 */
import { Table } from "../../lib/jupyter/table.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { compare, type Subject } from "./compare.ts";

const PAIRS = 9_000;
const ROUNDS = 9;
const HERE = new URL(".", import.meta.url).pathname;
const decoder = new TextDecoder();

/** Runs this file in a network of its own. */
export default async function connectionTableBench(): Promise<string> {
  const inside = 'ip link set lo up && exec "$0" run -A --v8-flags=--expose-gc "$1"';
  const { success, stdout } = await new Deno.Command("unshare", {
    args: ["-Urn", "sh", "-c", inside, Deno.execPath(), import.meta.filename!],
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error("Cannot compare readers of the table: a network of its own is made");
  }
  return decoder.decode(stdout).trimEnd();
}

async function inside(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const open = await openSockets();
  try {
    const dump = `${folder}/dump`;
    await run("cc", ["-O2", "-o", dump, `${HERE}connection_table_dump.c`]);
    return [
      memory(),
      await rows(dump),
      await withOwners(folder),
      await compare("Only the listeners", {
        subjects: [{
          name: "listeners({ protocol: tcp })",
          run: () => listeners({ protocol: "tcp" }),
        }],
        rounds: 21,
      }),
    ].join("\n\n");
  } finally {
    for (const socket of open) socket.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function openSockets(): Promise<Socket[]> {
  const server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen(4096);
  const open = [server];
  for (let pair = 0; pair < PAIRS; pair++) {
    const client = Socket.tcp({ timeout: 5000 });
    await client.connect(server.localEndpoint());
    open.push(client, await server.accept());
  }
  return open;
}

async function rows(dump: string): Promise<Table> {
  const subjects: Subject[] = [
    { name: "C, netlink", run: () => ownTime(dump) },
    { name: "connections()", run: () => connections() },
    { name: "connections(), every field read", run: readAll },
    { name: "connections(), from /proc", run: () => connections({}, { source: "/proc" }) },
    ...await tools([["ss", "-tanH"], ["netstat", "-tan"]]),
  ];
  return await compare(`Rows of ${connections().length} sockets`, { subjects, rounds: ROUNDS });
}

async function withOwners(folder: string): Promise<Table> {
  const python = "import psutil; print(len(psutil.net_connections('tcp')))";
  const subjects: Subject[] = [
    ...await tools([["ss", "-tanpH"]]),
    { name: "connections(), owners", run: () => connections({}, { owners: true }) },
    ...await tools([
      ["lsof", "-nP", "-iTCP"],
      ["python3", "-c", python],
      ...await systeminformation(folder),
    ]),
  ];
  return await compare("Rows with their owners", { subjects, rounds: 5 });
}

/** The second round of the C program, in milliseconds. */
async function ownTime(dump: string): Promise<number> {
  const last = (await run(dump, ["2"])).trimEnd().split("\n").at(-1)!;
  const [count, microseconds] = last.split(" ").map(Number) as [number, number];
  if (count < 2 * PAIRS) throw new Error(`Cannot compare: C sees ${count} rows`);
  return microseconds / 1000;
}

/** Commands that work here, as subjects. */
async function tools(commands: readonly (readonly [string, ...string[]])[]): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const [command, ...args] of commands) {
    try {
      await run(command, args);
    } catch {
      console.error(`${command} is not compared: it is missing, or fails`);
      continue;
    }
    const name = command === "python3"
      ? "psutil"
      : command === "node"
      ? "systeminformation"
      : [command, ...args].join(" ");
    subjects.push({ name, run: () => run(command, args) });
  }
  return subjects;
}

/** The package was put there before this network was made, which leads nowhere. */
async function systeminformation(folder: string): Promise<[string, ...string[]][]> {
  const packages = Deno.env.get("PACKAGES");
  if (packages === undefined) return [];
  const file = `${folder}/systeminformation.cjs`;
  const source = `const { networkConnections } = require(${
    JSON.stringify(`${packages}/node_modules/systeminformation`)
  });
networkConnections().then((rows) => { if (rows.length < ${PAIRS}) process.exit(1); });`;
  await Deno.writeTextFile(file, source);
  return [["node", file]];
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" })
    .output();
  if (!success) throw new Error(`Cannot run "${command}": it succeeds, got a failure`);
  return decoder.decode(stdout);
}

function readAll(): void {
  let sum = 0;
  for (const row of connections()) {
    sum += row.local.port + row.remote.port + row.state.length + row.receiveQueue! + row.uid! +
      row.inode + row.cookie! + (row.timer?.milliseconds ?? 0) + row.sendQueue!;
  }
  if (!(sum > 0)) throw new Error("Cannot read the fields: their sum is above 0");
}

function memory(): Table {
  const collect = (globalThis as unknown as { gc(): void }).gc;
  const held = () => {
    collect();
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  connections();
  const before = held();
  const rows = connections();
  const read = held();
  for (const row of rows) if (row.local.equals(row.remote)) throw new Error("a row of its own");
  const used = held();
  const bytes = (from: number, to: number) => Math.round((to - from) / rows.length);
  return new Table({
    caption: "Memory of a row in bytes",
    columns: ["", "bytes"],
    rows: [["as read", bytes(before, read)], ["both endpoints used", bytes(before, used)]],
  });
}

if (import.meta.main) console.log(await inside());
