/** Notebook 00 on machines that lack something: it goes on, and says what is missing and what to do. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { requires } from "../requirements.ts";

const root = new URL("../../", import.meta.url);

/** Runs notebook 00 after a shell command, which may change only what belongs to this run. */
async function run00(prefix: readonly string[], change: string) {
  const book = await Deno.makeTempDir();
  try {
    const shell = [...prefix, "sh", "-c", `${change} && exec "$@"`, "sh"];
    const task = ["run", "-A", "lib/tasks/notebooks.ts", "00", "--book", book];
    const [program, ...args] = [...shell, Deno.execPath(), ...task];
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args,
      cwd: root,
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(120_000),
    }).output();
    const decoder = new TextDecoder();
    const text = await Deno.readTextFile(`${book}/00_start_here.ipynb`).catch(() => undefined);
    return {
      code,
      printed: decoder.decode(stdout) + decoder.decode(stderr),
      shown: text === undefined ? "" : machineText(text),
    };
  } finally {
    await Deno.remove(book, { recursive: true });
  }
}

/** What the cell with machine() showed, as text. */
function machineText(notebook: string): string {
  const texts = parseNotebook(notebook).cells.flatMap((cell) =>
    cell.cell_type === "code" && cell.source.includes("machine()")
      ? cell.outputs.map((each) => "data" in each ? `${each.data["text/plain"]}` : "")
      : []
  );
  return texts.join("\n");
}

const IN_NAMESPACE = ["unshare", "-Urnm"];
const UP = "ip link set lo up";

for (
  const { lack, prefix, change, says } of [
    {
      lack: "/proc/sys/net",
      prefix: IN_NAMESPACE,
      change: `${UP} && mount -t tmpfs none /proc/sys/net`,
      says: ["no /proc/sys/net", "umount /proc/sys/net"],
    },
    {
      lack: "anything of /proc but the processes",
      prefix: [...IN_NAMESPACE, "--pid", "--fork", "--kill-child"],
      change: `${UP} && mount -t proc -o subset=pid proc /proc`,
      says: ["no /proc/net, no /proc/sys/net", "mount -t proc proc /proc"],
    },
    {
      lack: "more than 256 files",
      prefix: IN_NAMESPACE,
      change: `${UP} && ulimit -n 256`,
      says: ["256 at most", "prlimit --pid $$ --nofile=4096"],
    },
    {
      lack: "more than 96 files",
      prefix: IN_NAMESPACE,
      change: `${UP} && ulimit -n 96`,
      says: ["96 at most", "prlimit --pid $$ --nofile=4096"],
    },
    {
      lack: "more than 60 processes",
      prefix: IN_NAMESPACE,
      change: `${UP} && prlimit --pid $$ --nproc=60`,
      says: ["60 at most", "prlimit --pid $$ --nproc=4096"],
    },
  ]
) {
  Deno.test({
    name: `notebook 00 goes on without ${lack}, and names the remedy`,
    ...requires("network namespace"),
    async fn() {
      const { code, printed, shown } = await run00(prefix, change);
      assertEquals(code, 0, printed);
      for (const part of says) assertStringIncludes(shown, part);
    },
  });
}

Deno.test({
  name: "deno task notebooks says in one line that loopback is down, and what to do",
  ...requires("network namespace"),
  async fn() {
    const { code, printed } = await run00(["unshare", "-Urn"], "true");
    assertEquals(code, 2);
    assertEquals(printed.trimEnd().split("\n").length, 1, printed);
    assert(printed.includes("ip link set lo up"), printed);
  },
});
