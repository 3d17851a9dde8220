/** Runs a group of tests in a process of its own, and names what the process itself did wrong. */
import { constants, setPriority } from "node:os";
import { runChild, runChildSync, startChild } from "../program/child_process.ts";
import { readTestLog, type TestLog } from "./_test_log.ts";
import type { TestGroup } from "./_test_groups.ts";

/** How a group of tests ended. */
export interface GroupRun {
  /** The group's path. */
  readonly path: string;
  readonly log: TestLog;
  /** What is wrong beside failed tests: a process that died, a file that never ran. */
  readonly problems: readonly string[];
  /** All that the process printed, in order. */
  readonly output: string;
  readonly milliseconds: number;
}

/** How to run a group. */
export interface GroupRunOptions {
  /** The folder of deno.json. */
  readonly root: string;
  /** Further arguments of `deno test`. */
  readonly args: readonly string[];
  /** A command that runs another, such as `unshare -n`; may be empty. */
  readonly prefix: readonly string[];
  /** Whether other processes go first where there are too few processors. */
  readonly givesWay?: boolean;
  /** Ends the process and all that it has started. */
  readonly signal: AbortSignal;
}

/**
 * Sets how many buckets the table of connections has in networks made from this one. `ip-sysctl(7)`:
 * tcp_child_ehash_entries, since Linux 6.1. Otherwise they share the machine's table, and for each
 * reading of a network's rows the kernel walks all of it: 2 ms for 262,144 buckets. A smaller one would
 * change what is tested: the kernel keeps at most half as many rows in TIME_WAIT as there are buckets.
 */
const SMALL_TABLES = "{ echo 65536 > /proc/sys/net/ipv4/tcp_child_ehash_entries; } 2> /dev/null";

/**
 * A command that gives the one after it a network of its own, in which nothing but loopback is. The table
 * of connections is small in it and in those that are made from it, so it is made from another one.
 */
const OWN_NETWORK = [
  ...["unshare", "-Urn", "sh", "-c", `${SMALL_TABLES}; exec "$@"`, "sh"],
  ...["unshare", "-n", "sh", "-c", `${SMALL_TABLES}; ip link set lo up && exec "$@"`, "sh"],
];

/**
 * Returns a command prefix that gives a process a network of its own: so no group sees the sockets of
 * another one, or takes its ports. Where that is forbidden, it is empty.
 */
export async function ownNetwork(): Promise<readonly string[]> {
  try {
    const { success } = await runChild([...OWN_NETWORK, "true"]);
    return success ? OWN_NETWORK : [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Runs a group of tests; its doc examples are tests too. Types are checked elsewhere, once. */
export async function runGroup(group: TestGroup, options: GroupRunOptions): Promise<GroupRun> {
  const { path, ignored } = group;
  const prefix = group.needsMachine ? [] : options.prefix;
  const { status, output, milliseconds } = await run([
    ...[...prefix, Deno.execPath(), "test", "-A", "--doc", "--no-check"],
    ...ignored.length > 0 ? [`--ignore=${ignored.join(",")}`] : [],
    ...[...options.args, path],
  ], options);
  const log = readTestLog(output);
  const problems: string[] = [];
  const isEmpty = group.files.length === 0 && output.includes("No test modules found");
  if (log.counts === undefined && !isEmpty) {
    const last = log.started.at(-1);
    problems.push(
      `${path}: the process ${howItEnded(status)} without a closing line` +
        (last === undefined ? "" : `, while ${last} ran`),
    );
  } else if (!status.success && log.counts?.failed === 0) {
    problems.push(`${path}: the process ${howItEnded(status)}, though no test failed`);
  }
  // With a filter Deno does not print the files in which no name matches.
  const isFiltered = options.args.some((arg) => arg.startsWith("--filter"));
  const lost = isFiltered ? [] : group.files.filter((file) => !log.started.includes(file));
  problems.push(...lost.map((file) => `${path}: ${file} never ran`));
  return { path, log, problems, output, milliseconds };
}

/** Checks the types of files and doc examples, as a group of its own. */
export async function checkTypes(
  paths: readonly string[],
  options: GroupRunOptions,
): Promise<GroupRun> {
  const words = ["check", "--doc", ...paths];
  const { status, output, milliseconds } = await run([Deno.execPath(), ...words], options);
  const problems = status.success ? [] : [`types: deno ${words.join(" ")} ${howItEnded(status)}`];
  return { path: "types", log: readTestLog(""), problems, output, milliseconds };
}

function howItEnded({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}

async function run(
  words: readonly string[],
  { root, givesWay = false, signal }: GroupRunOptions,
): Promise<{ status: Deno.CommandStatus; output: string; milliseconds: number }> {
  const begun = performance.now();
  const process = startChild(words, { cwd: root, env: { NO_COLOR: "1" } });
  if (givesWay) setPriority(process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const end = () => endTree(process.pid);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    // One text in order of arrival, so that a warning is beside the test it belongs to.
    let output = "";
    const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
    };
    // A process that a killed one has left behind may hold the streams open: they are not waited for.
    const collected = Promise.all([collect(process.stdout), collect(process.stderr)]);
    const status = await process.status;
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, DRAIN_MS);
    await Promise.race([collected, pause.promise]);
    clearTimeout(timer);
    return { status, output, milliseconds: performance.now() - begun };
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** How long the rest of an ended process's output is waited for. */
const DRAIN_MS = 2_000;

/** Kills a process and all that it has started. */
function endTree(pid: number): void {
  for (const each of [pid, ...descendants(pid)]) {
    try {
      Deno.kill(each, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
    }
  }
}

function descendants(pid: number): number[] {
  if (Deno.build.os === "windows") return [];
  const parents = runChildSync(["ps", "-A", "-o", "pid=,ppid="]).stdout.trim().split("\n").map((
    line,
  ) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] =>
    parents.filter(([, each]) => each === parent).flatMap(([each]) => [each, ...below(each)]);
  return below(pid);
}
