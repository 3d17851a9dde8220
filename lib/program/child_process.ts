/**
 * Child processes: started, limited in time and output, stopped, and ended with this process.
 *
 * When this process ends, even by SIGKILL, which it cannot notice, a child ends too:
 *
 * - On Linux with setpriv(1) of util-linux: any command, even one that is busy in a loop, and whatever
 *   it becomes by exec (env, nsenter, unshare). The kernel sends it a signal when the thread that
 *   started it ends: PR_SET_PDEATHSIG of prctl(2). The kernel forgets this if the command changes its
 *   user, or is a set-user-ID program such as sudo; and the command's own children are not covered.
 * - Elsewhere: a Deno program that `Program.start()` started, by what end_with_parent.ts does in it.
 *   Another command ends only if it notices the end of its input or output.
 *
 * With setpriv, this process needs the permissions to run it, and to read PATH and the files there.
 * Without these permissions it starts its children as on other systems.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { quote, refusal } from "../refusal.ts";
import { within } from "../time_limit.ts";
import { type FindOptions, findProgram } from "./find_program.ts";

/** Where and how a child process is started. */
export interface StartOptions
  extends Pick<Deno.CommandOptions, "cwd" | "stdin" | "stdout" | "stderr" | "detached"> {
  /** Variables on top of those of this process; DENO_NO_UPDATE_CHECK is 1 unless set here. */
  readonly env?: Readonly<Record<string, string>>;
  /** The signal that ends the child when this process is gone; SIGKILL by default. */
  readonly orphanSignal?: "SIGKILL" | "SIGTERM";
}

/** How a child process is run to its end. */
export interface RunOptions extends Pick<StartOptions, "cwd" | "env"> {
  /** What the child reads on its standard input; nothing by default. */
  readonly input?: string;
  /** The limit of its time in milliseconds; 60,000 by default. */
  readonly timeout?: number;
  /** The limit of each of its outputs in bytes; 64 MiB by default. */
  readonly maxOutput?: number;
}

/** How a child process ended, and what it printed. */
export interface ChildResult {
  /** Whether the exit code is 0. */
  readonly success: boolean;
  /** The exit code; 128 and the signal's number if a signal ended it. */
  readonly code: number;
  /** What came on standard output, as text. */
  readonly stdout: string;
  /** What came on standard error, as text. */
  readonly stderr: string;
}

const DEFAULT_MS = 60_000;
const DEFAULT_MAX_OUTPUT = 64 * 2 ** 20;
const DEFAULT_GRACE_MS = 2_000;

/** Deno asks its own site for updates unless this is set. */
const QUIET_DENO = { DENO_NO_UPDATE_CHECK: "1" };

/**
 * Starts a child process, which ends with this one. Its standard input is empty and its outputs are
 * piped, unless the options say otherwise.
 *
 * @param words The program, as a path or as a name in a folder of PATH, and its arguments
 * @throws {Deno.errors.NotFound} If there is no such program
 * @throws {Deno.errors.PermissionDenied} If the user may not run it
 * @throws {Deno.errors.NotCapable} If this process may not run it (`--allow-run`)
 */
export function startChild(
  words: readonly string[],
  { orphanSignal = "SIGKILL", env, ...options }: StartOptions = {},
): Deno.ChildProcess {
  const [program, ...args] = withOrphanSignal(words, orphanSignal, {
    cwd: options.cwd,
    path: env?.PATH,
    parent: Deno.pid,
  });
  return new Deno.Command(program!, {
    args,
    env: { ...QUIET_DENO, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).spawn();
}

/**
 * Runs a child process to its end. One that takes too long or prints too much is stopped.
 *
 * @param options Its `signal` ends the child, and this then throws the signal's reason
 * @throws {DOMException} With the name "TimeoutError", if it takes too long
 * @throws {RangeError} If it prints too much
 * @throws {Deno.errors.NotFound} If there is no such program
 * @throws {Deno.errors.PermissionDenied} If the user may not run it
 * @throws {Deno.errors.NotCapable} If this process may not run it (`--allow-run`)
 */
export async function runChild(
  words: readonly string[],
  options: RunOptions & { readonly signal?: AbortSignal } = {},
): Promise<ChildResult> {
  const { input, timeout = DEFAULT_MS, maxOutput = DEFAULT_MAX_OUTPUT, cwd, env } = options;
  options.signal?.throwIfAborted();
  const stdin = input === undefined ? "null" : "piped";
  const child = startChild(words, { cwd, env, stdin });
  const stop = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(options.signal!.reason);
  options.signal?.addEventListener("abort", onAbort);
  const read = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) =>
    readText(stream, { maxOutput, words, signal: stop.signal });
  try {
    const ended = Promise.all([
      child.status,
      read(child.stdout),
      read(child.stderr),
      input === undefined ? undefined : feed(child, input),
    ]);
    const [{ success, code }, stdout, stderr] = await within(
      Promise.race([ended, aborted.promise]),
      { timeout, what: commandText(words) },
    );
    return { success, code, stdout, stderr };
  } catch (error) {
    // A child of the child's may hold the outputs open, so they are not read to their end.
    stop.abort();
    await stopChild(child);
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Runs a child process to its end, and blocks this one meanwhile. One that takes too long or prints
 * too much is killed.
 *
 * @throws {DOMException} With the name "TimeoutError", if it takes too long
 * @throws {RangeError} If it prints too much
 * @throws {Deno.errors.NotFound} If there is no such program
 * @throws {Deno.errors.PermissionDenied} If the user may not run it
 * @throws {Deno.errors.NotCapable} If this process may not run it or read the environment
 * (`--allow-run`, `--allow-env`)
 */
export function runChildSync(
  words: readonly string[],
  options: Omit<RunOptions, "input"> = {},
): ChildResult {
  const { timeout = DEFAULT_MS, maxOutput = DEFAULT_MAX_OUTPUT, cwd, env } = options;
  const [program, ...args] = withOrphanSignal(words, "SIGKILL", {
    cwd,
    path: env?.PATH,
    parent: Deno.pid,
  });
  // Deno.Command.outputSync() has no limits.
  const { error, status, signal, stdout, stderr } = spawnSync(program!, args, {
    cwd,
    env: { ...Deno.env.toObject(), ...QUIET_DENO, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    maxBuffer: maxOutput,
    killSignal: "SIGKILL",
    encoding: "utf8",
  });
  switch ((error as { code?: string } | undefined)?.code) {
    case "ETIMEDOUT":
      throw new DOMException(
        `Cannot wait longer for ${commandText(words)}: the limit is ${timeout} ms`,
        "TimeoutError",
      );
    case "ENOBUFS":
      throw tooMuchOutput(words, maxOutput);
    case "ENOENT":
      throw new Deno.errors.NotFound(`Cannot run ${commandText(words)}: there is no such program`);
  }
  if (error !== undefined) throw error;
  const code = status ?? (signal ? 128 + constants.signals[signal] : undefined);
  if (code === undefined) { // as Deno 2.9 says it
    throw new Deno.errors.PermissionDenied(`Cannot run ${commandText(words)}: the user may not`);
  }
  return { success: code === 0, code, stdout, stderr };
}

/** How a child process is stopped. */
export interface StopChildOptions {
  /** The signal that asks it to end; SIGTERM by default. */
  readonly signal?: Deno.Signal;
  /** How long it may take to end by itself, in milliseconds; 2,000 by default. */
  readonly grace?: number;
}

/**
 * Stops a child process: sends a signal, and SIGKILL if it is still there after the grace time. The
 * signals go to that one process, not to others that it may have started.
 *
 * @returns How it ended, once it has
 */
export async function stopChild(
  child: Deno.ChildProcess,
  { signal = "SIGTERM", grace = DEFAULT_GRACE_MS }: StopChildOptions = {},
): Promise<Deno.CommandStatus> {
  signalChild(child, signal);
  child.ref();
  const timer = setTimeout(() => signalChild(child, "SIGKILL"), grace);
  try {
    return await child.status;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Ends the process group of a child that was started with `detached`, which has the child's number: the
 * child and whatever it started, except what left the group. It does so when the returned value is
 * disposed of, or this process has ended, even by SIGKILL: a shell of its own waits for that.
 *
 * Where there is no shell (Windows), only the child itself is ended, on disposal.
 */
export function endGroup(child: Deno.ChildProcess): AsyncDisposable {
  if (findProgram(SHELL) === undefined) {
    return {
      async [Symbol.asyncDispose]() {
        signalChild(child, "SIGKILL");
        await child.status;
      },
    };
  }
  // Its input ends with this process, and nobody writes to it.
  const script = 'read -r _; kill -KILL "-$1" 2> /dev/null; :';
  const shell = new Deno.Command(SHELL, {
    args: ["-c", script, "sh", `${child.pid}`],
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  shell.unref();
  return {
    async [Symbol.asyncDispose]() {
      shell.ref();
      await shell.stdin.close().catch(() => {}); // closed already
      await shell.status;
      signalChild(child, "SIGKILL"); // where something else has ended the shell
      await child.status;
    },
  };
}

/** Sends a signal to a child process; one that has ended already is no error. */
export function signalChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}

/**
 * Returns the words of a command that gets a signal when the process that starts it is gone; the words
 * alone where that is not possible.
 *
 * @param parent The number of that process, if it is known: the command does not begin if it has ended
 */
export function withOrphanSignal(
  words: readonly string[],
  signal: "SIGKILL" | "SIGTERM",
  { parent, ...where }: FindOptions & { readonly parent?: number } = {},
): readonly string[] {
  const [program] = words;
  if (program === undefined) {
    throw refusal(RangeError, {
      cannot: "Cannot start a command",
      rule: "its first word names the program",
      part: "no words",
    });
  }
  if (Deno.build.os !== "linux" || !NEEDED.every(isGranted)) return words;
  const setpriv = setprivPath();
  // Without the program, setpriv would start and then complain in its own way.
  if (setpriv === undefined || findProgram(program, where) === undefined) return words;
  const asked = [setpriv, "--pdeathsig", signal.slice("SIG".length), "--"];
  return parent === undefined
    ? [...asked, ...words]
    : [...asked, ...IF_CHILD, `${parent}`, ...words];
}

/**
 * The parent may end after the start and before setpriv has asked for the signal, which then never
 * comes: the shell, which sees its parent afterwards, does not go on.
 */
const SHELL = "/bin/sh";
const IF_CHILD = [SHELL, "-c", '[ "$PPID" = "$0" ] && exec "$@"'];

const NEEDED: readonly Deno.PermissionDescriptor[] = [
  { name: "env", variable: "PATH" },
  { name: "read" },
  { name: "run", command: "setpriv" },
];

/** Unlike trying, asking shows no prompt. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

let setpriv: { readonly path: string | undefined } | undefined;

function setprivPath(): string | undefined {
  return (setpriv ??= { path: findProgram(SHELL) && findSetpriv() }).path;
}

/** BusyBox has a setpriv that cannot do it. */
function findSetpriv(): string | undefined {
  const path = findProgram("setpriv");
  if (path === undefined) return undefined;
  const { stdout } = new Deno.Command(path, { args: ["--help"], stdin: "null", stderr: "null" })
    .outputSync();
  return new TextDecoder().decode(stdout).includes("--pdeathsig") ? path : undefined;
}

async function feed(child: Deno.ChildProcess, input: string): Promise<void> {
  try {
    await new Blob([input]).stream().pipeTo(child.stdin);
  } catch (error) {
    // It has ended without reading all: its exit code and its output say why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function readText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { maxOutput, words, signal }: {
    readonly maxOutput: number;
    readonly words: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const reader = stream.getReader();
  signal.addEventListener("abort", () => reader.cancel(), { once: true });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let next; !(next = await reader.read()).done;) {
    size += next.value.length;
    if (size > maxOutput) throw tooMuchOutput(words, maxOutput);
    pieces.push(next.value);
  }
  return await new Blob(pieces).text();
}

function tooMuchOutput(words: readonly string[], maxOutput: number): Error {
  return refusal(RangeError, {
    cannot: `Cannot run ${commandText(words)}`,
    rule: `it prints at most ${maxOutput} bytes`,
    part: "more",
  });
}

function commandText(words: readonly string[]): string {
  return quote(words.join(" "));
}
