/**
 * Kills tasks, or what started them or is started by them, and looks for what is left: processes by a
 * mark in their environment, network namespaces, and files in a temporary folder of the run's own.
 */
import { assert, assertEquals } from "@std/assert";
import { formatNotebook, newNotebook } from "../../lib/notebooks/format/notebook.ts";
import { requires } from "../requirements.ts";

const root = new URL("../../", import.meta.url);

const WITH_NETWORK = [
  `import { labNetwork } from "fourtuple/networks"; import { Program } from "fourtuple/program";`,
  `const lab = await labNetwork();
const code = 'const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); ' +
  'console.log("up"); await listener.accept();';
const server = Program.start("data:text/javascript," + encodeURIComponent(code));
await server.line("up");`,
  `new Deno.Command("sleep", { args: ["600"] }).spawn();`,
];
const BEGUN = `Deno.writeTextFileSync(Deno.env.get("BEGUN"), "");`;

type Victim = "the task" | "its child" | "what started it" | "its kernel" | "its terminal";

interface Killing {
  readonly victim: Victim;
  /** The cells of the notebooks, by their names. */
  readonly notebooks: Readonly<Record<string, readonly string[]>>;
  /** Waits for the moment to kill; the path is that of the file that a cell writes. */
  readonly moment: (begun: string) => Promise<unknown>;
  /** How many processes have to be there at that moment, at least. */
  readonly processes: number;
}

/** Runs `deno task notebooks`, kills, looks for what is left, and returns the task's exit code. */
async function assertLeavesNothing({ victim, notebooks, moment, processes }: Killing) {
  const folder = await Deno.makeTempDir();
  const name = "FOURTUPLE_MARK";
  const value = crypto.randomUUID();
  const marked = () => processesWith(`${name}=${value}`);
  try {
    await writeNotebooks(folder, notebooks);
    const temporary = `${folder}/temporary`;
    await Deno.mkdir(temporary);
    const words = [Deno.execPath(), "task", "notebooks", "--folder", folder, "--book"];
    const task = start([...words, `${folder}/book`], victim, {
      [name]: value,
      TMPDIR: temporary,
      BEGUN: `${folder}/begun`,
    });
    await moment(`${folder}/begun`);
    const before = marked();
    assert(before.length >= processes, `${before.length} processes have the mark`);
    const own = new Set(networksOf([Deno.pid]));
    const networks = networksOf(before).filter((network) => !own.has(network));
    const target = targetOf(victim, task.pid, before);
    Deno.kill(target, "SIGKILL");
    const { code } = await task.status;
    assert(await eventually(() => marked().length === 0), `${victim}: all ended`);
    const allProcesses = () => namesIn("/proc").map(Number).filter((pid) => pid > 0);
    const used = new Set(networksOf(allProcesses()));
    assertEquals(networks.filter((network) => used.has(network)), []);
    assertEquals(namesIn(temporary), []);
    assertEquals(namesIn(folder).filter((name) => name.startsWith("_")), []);
    return code;
  } finally {
    for (const pid of marked()) Deno.kill(pid, "SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

function start(
  words: readonly string[],
  victim: Victim,
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const prefix = {
    "what started it": ["sh", "-c", '"$@" & wait', "sh"],
    "its terminal": ["script", "-qec", 'eval "$COMMAND"', "/dev/null"],
  } as Partial<Record<Victim, string[]>>;
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const [program, ...args] = victim === "its terminal"
    ? prefix[victim]!
    : [...prefix[victim] ?? [], ...words];
  return new Deno.Command(program!, {
    args,
    cwd: root,
    env: { ...env, COMMAND: quoted },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function targetOf(victim: Victim, pid: number, marked: readonly number[]): number {
  const running = (part: RegExp) =>
    marked.find((each) => part.test(commandOf(each)) && !commandOf(each).includes(" task "));
  const victims: Partial<Record<Victim, number | undefined>> = {
    "its child": running(/ lib\/tasks\/notebooks\.ts /) ?? pid,
    "its kernel": running(/ jupyter .*--kernel /),
  };
  const target = victim in victims ? victims[victim] : pid;
  assert(target !== undefined, `${victim} runs`);
  return target;
}

/** The notebooks lie outside the project, so that they need a deno.json with its imports. */
async function writeNotebooks(folder: string, notebooks: Killing["notebooks"]): Promise<void> {
  const { imports, exports, unstable } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const own = Object.entries(exports as Record<string, string>).map(([path, file]) =>
    [`fourtuple${path.slice(1)}`, new URL(file, root).href] as const
  );
  const assert = new URL("tests/std_assert/mod.ts", root).href;
  const config = {
    imports: { ...imports, ...Object.fromEntries(own), "@std/assert": assert },
    unstable,
    lock: false,
  };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  for (const [name, sources] of Object.entries(notebooks)) {
    const cells = sources.map((source) => ({ cell_type: "code", source }) as const);
    await Deno.writeTextFile(`${folder}/${name}.ipynb`, formatNotebook(newNotebook([...cells])));
  }
}

/** Returns the process ids of everything whose environment has this variable. */
function processesWith(variable: string): number[] {
  return namesIn("/proc").map(Number).filter((pid) =>
    pid > 0 && isRunning(pid) && readIfAny(`/proc/${pid}/environ`).split("\0").includes(variable)
  );
}

/** A zombie has only not been asked for its exit code yet. */
function isRunning(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(readIfAny(`/proc/${pid}/status`));
}

function commandOf(pid: number): string {
  return readIfAny(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

function networksOf(pids: readonly number[]): string[] {
  return pids.flatMap((pid) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/ns/net`)];
    } catch {
      return []; // it has ended
    }
  });
}

function readIfAny(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended, or is somebody else's
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `condition` holds, looking every 20 ms, for at most 20 s. */
async function eventually(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (condition()) return true;
    await delay(20);
  }
  return false;
}

const untilBegun = async (begun: string) =>
  assert(await eventually(() => readableFile(begun)), "the cell runs");

function readableFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const victim of ["the task", "its child", "what started it", "its terminal"] as const) {
  Deno.test({
    name:
      `deno task notebooks leaves nothing in its folders, networks and processes when ${victim} ` +
      "is killed while a cell is in a loop",
    ...requires("network namespace", ...victim === "its terminal" ? ["script"] as const : []),
    async fn() {
      await assertLeavesNothing({
        victim,
        notebooks: {
          "00_loop": [...WITH_NETWORK, `${BEGUN} while (true) {}`],
          "01_wait": [...WITH_NETWORK, "await new Promise(() => {});"],
        },
        moment: untilBegun,
        processes: 6, // the task, its child, a kernel, what holds the network, the server, sleep
      });
    },
  });
}

const MAX_MOMENT_MS = 1_500;
const MOMENTS = 3;

Deno.test({
  name: "deno task notebooks leaves nothing when it or its child is killed at any moment",
  ...requires("network namespace"),
  async fn() {
    for (let round = 0; round < MOMENTS; round++) {
      const milliseconds = Math.round(Math.random() * MAX_MOMENT_MS);
      for (const victim of ["the task", "its child"] as const) {
        try {
          await assertLeavesNothing({
            victim,
            notebooks: {
              "00_a": [...WITH_NETWORK, "await new Promise(() => {});"],
              "01_b": [...WITH_NETWORK, "let n = 0; while (true) n++;"],
            },
            moment: () => delay(milliseconds),
            processes: 1,
          });
        } catch (error) {
          throw new Error(`${victim}, killed after ${milliseconds} ms`, { cause: error });
        }
      }
    }
  },
});

Deno.test({
  name: "deno task notebooks goes on when a kernel is killed, and leaves nothing of it",
  ...requires("network namespace"),
  async fn() {
    const code = await assertLeavesNothing({
      victim: "its kernel",
      notebooks: { "00_loop": [...WITH_NETWORK, `${BEGUN} while (true) {}`] },
      moment: untilBegun,
      processes: 6,
    });
    assertEquals(code, 1);
  },
});
