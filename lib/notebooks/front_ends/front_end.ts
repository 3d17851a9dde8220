/**
 * Opens notebooks in a Jupyter, with our kernel, which is registered for this project only.
 *
 * @module
 */
import { delimiter, join } from "node:path";
import { startChild, stopChild, withOrphanSignal } from "../../program/child_process.ts";
import { type FindOptions, findProgram } from "../../program/find_program.ts";
import { quote, refusal } from "../../refusal.ts";

/** Where and how {@linkcode startFrontEnd} opens notebooks. */
export interface FrontEndOptions {
  /** Jupyter's command, as {@linkcode findFrontEnd} returns it. */
  readonly command: readonly string[];
  /** The folder of the notebooks. */
  readonly folder: string;
  /** The folder of Jupyter's data in which our kernel is registered. */
  readonly dataPath: string;
  /** More arguments for Jupyter; none by default. */
  readonly args?: readonly string[];
  /** More environment for Jupyter; none by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where Jupyter's own messages go; to this process's output by default. */
  readonly output?: "inherit" | "piped";
}

/** How long a front end may take to end its kernels before it is killed. */
const GRACE_MS = 3_000;

/** How long the processes of a killed Jupyter take to end, at most. */
const ORPHAN_MS = 500;

/**
 * How long Jupyter waits for a kernel that it ends, in seconds; it waits 5 by default. A kernel that is
 * busy in a loop never answers, and its notebook is saved already.
 */
const KERNEL_GRACE_S = 1;

const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** The options by which Jupyter would listen on another address. */
const ADDRESS_OPTION = /^--((Server|Notebook|Lab)App\.)?ip(=|$)/;

/** What `uv` and `pipx` fetch and start where no Jupyter is installed. */
const FETCHED = "jupyterlab>=4,<5";

/**
 * Returns the command of JupyterLab, else of Notebook 7 or the classic Notebook, else of a program that
 * fetches JupyterLab for this one run and keeps it in a cache of its own.
 */
export function findFrontEnd(options: FindOptions = {}): readonly string[] | undefined {
  const commands = [
    ["jupyter-lab"],
    ["jupyter-notebook"],
    ["uv", "tool", "run", "--from", FETCHED, "jupyter-lab"],
    ["pipx", "run", "--spec", FETCHED, "jupyter-lab"],
  ];
  for (const [name, ...args] of commands) {
    const program = findProgram(name!, options);
    if (program !== undefined) return [program, ...args];
  }
}

/**
 * Starts Jupyter on this computer's loopback address. The user's own Jupyter settings and kernels
 * still apply; our kernel comes first.
 *
 * @throws {RangeError} If an argument asks for another address
 */
export function startFrontEnd(options: FrontEndOptions): Deno.ChildProcess {
  const { args = [], env = {}, output = "inherit" } = options;
  const address = args.find((argument) => ADDRESS_OPTION.test(argument));
  if (address !== undefined) {
    throw refusal(RangeError, {
      cannot: `Cannot open Jupyter with ${quote(args.join(" "))}`,
      rule: "a notebook can run any code, so Jupyter listens on 127.0.0.1 only",
      part: quote(address),
    });
  }
  const settings = ["--ip=127.0.0.1", `--KernelManager.shutdown_wait_time=${KERNEL_GRACE_S}`];
  const paths = [options.dataPath, env.JUPYTER_PATH ?? Deno.env.get("JUPYTER_PATH")];
  const asRoot = Deno.uid() === 0 ? ["--allow-root"] : [];
  const jupyter = [...options.command, options.folder, ...settings, ...asRoot, ...args];
  return startChild(Deno.build.os === "linux" ? withOneSignal(jupyter) : jupyter, {
    env: {
      ...Deno.env.has("JUPYTER_RUNTIME_DIR") ? {} : { JUPYTER_RUNTIME_DIR: runtimeFolder(options) },
      ...env,
      JUPYTER_PATH: paths.filter(Boolean).join(delimiter),
    },
    stdout: output,
    stderr: output,
    // Without a terminal: when that closes, SIGHUP would end Jupyter before it ends its kernels.
    detached: true,
    // If this process is killed, Jupyter still has to end its kernels.
    orphanSignal: "SIGTERM",
  });
}

/**
 * Returns the words of a command that gets SIGTERM once, however often it is sent. The kernel sends it
 * each time that a child passes from one ending thread of its parent to the next one, and Jupyter's
 * second SIGTERM breaks off what its first has begun: to end the kernels and remove their files.
 */
function withOneSignal(words: readonly string[]): readonly string[] {
  const script = `
    trap 'trap "" TERM; stop=1; [ -z "$pid" ] || kill -TERM "$pid"' TERM
    "$@" & pid=$!
    [ -z "$stop" ] || kill -TERM "$pid"
    while wait "$pid"; code=$?; kill -0 "$pid" 2> /dev/null; do :; done
    exit "$code"`;
  return ["/bin/sh", "-c", script, "sh", ...withOrphanSignal(words, "SIGKILL")];
}

/** Where Jupyter keeps files about its server and its kernels while they run. */
function runtimeFolder({ dataPath }: Pick<FrontEndOptions, "dataPath">): string {
  return join(dataPath, "runtime");
}

/** A killed Jupyter leaves the files of its server, named by its process, and of its kernels. */
async function removeStaleFiles(folder: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const files = await namesIn(folder);
  const commands = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name)).map((pid) =>
    readTextFileIfAny(`/proc/${pid}/cmdline`)
  );
  const running = (await Promise.all(commands)).join("\n");
  for (const name of files) {
    const server = /^(?:nb|jp)server-(\d+)\b/.exec(name)?.[1];
    const isStale = server !== undefined
      ? await readTextFileIfAny(`/proc/${server}/cmdline`) === ""
      : name.startsWith("kernel-") && !running.includes(join(folder, name));
    if (isStale) await Deno.remove(join(folder, name)).catch(() => {}); // another run was faster
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Returns the text of a process's file; nothing where the process has ended, as for one that is a zombie. */
async function readTextFileIfAny(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}

/** Ends a front end and, through it, its kernels. */
export async function stopFrontEnd(frontEnd: Deno.ChildProcess): Promise<void> {
  await stopChild(frontEnd, { grace: GRACE_MS });
}

/**
 * Runs Jupyter until it ends or this program is asked to end: by Ctrl-C, SIGTERM or a closed terminal.
 * Returns the exit code; 0 if it was asked to end.
 *
 * @throws {RangeError} If an argument asks for another address
 */
export async function runFrontEnd(options: FrontEndOptions): Promise<number> {
  await removeStaleFiles(runtimeFolder(options));
  const frontEnd = startFrontEnd(options);
  let isStopping = false;
  const stop = () => {
    if (!isStopping) stopFrontEnd(frontEnd);
    isStopping = true;
  };
  for (const name of STOP_SIGNALS) Deno.addSignalListener(name, stop);
  const { code, signal } = await frontEnd.status;
  // What a killed Jupyter has started ends a moment later, and only then its files are stale.
  if (signal !== null) await new Promise((done) => setTimeout(done, ORPHAN_MS));
  await removeStaleFiles(runtimeFolder(options));
  for (const name of STOP_SIGNALS) Deno.removeSignalListener(name, stop);
  return isStopping ? 0 : code;
}
