/**
 * How quick is an echo server on Socket beside others? One client program loads them all, in turn,
 * round after round, so that a busy moment of the machine meets all of them. The table has medians, and
 * ratios to the C server with their quartiles. Server and clients have a processor of their own.
 *
 * Two servers stand on Socket. One is built like the C server, on one epoll and one loop for all
 * clients. The other gives each client a loop of its own, which is easier to write and awaits two
 * promises for each message; the difference is what those cost.
 *
 * It needs `cc` and `taskset`, and `python3` for the last server.
 */
import { findProgram } from "../../lib/program/find_program.ts";
import { Table } from "../../lib/show/table.ts";
import { MissingProgramError, quartiles, spreadOf } from "./compare.ts";

/** One run: requests a second, two waits in microseconds, server time a request in microseconds. */
interface Run {
  readonly rate: number;
  readonly median: number;
  readonly slow: number;
  readonly cpu: number;
}

const HERE = new URL(".", import.meta.url).pathname;
const BUILD = await Deno.makeTempDir({ prefix: "echo_bench_" });
// `getconf CLK_TCK`: in what unit /proc counts a process's time.
const TICKS_A_SECOND = 100;

const SERVERS: Readonly<Record<string, readonly string[]>> = {
  "C, epoll": [`${BUILD}/echo_epoll_server`],
  "Socket, epoll": [Deno.execPath(), "run", "-A", `${HERE}echo_epoll_server.ts`],
  "Socket, promises": [Deno.execPath(), "run", "-A", `${HERE}echo_socket_server.ts`],
  "Deno.listen": [Deno.execPath(), "run", "-A", `${HERE}echo_deno_server.ts`],
  "node:net in Deno": [Deno.execPath(), "run", "-A", `${HERE}echo_node_server.ts`],
  "Python, threads": ["python3", `${HERE}echo_threads_server.py`],
};

const LOADS = [
  { title: "A connection for each request, 64 clients", mode: "short", clients: 64 },
  { title: "Long-lived connections, 64 clients", mode: "long", clients: 64 },
  { title: "Long-lived connections, 1,000 clients", mode: "long", clients: 1000 },
] as const;

type Load = typeof LOADS[number];

async function build(name: string): Promise<void> {
  const args = ["-O2", "-o", `${BUILD}/${name}`, `${HERE}${name}.c`];
  const { success } = await new Deno.Command("cc", { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`Cannot build "${name}": cc succeeds, got a failure`);
}

/** Starts a server on the first processor, and waits for the line with its port. */
async function start(command: readonly string[]) {
  const process = new Deno.Command("taskset", {
    args: ["-c", "0", ...command],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  return { process, reader, port: value.trim() };
}

async function load(port: string, { mode, clients }: Load, seconds: number): Promise<number[]> {
  const { success, stdout } = await new Deno.Command("taskset", {
    args: ["-c", "1", `${BUILD}/echo_load`, port, `${clients}`, mode, `${seconds}`],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot load port "${port}": every request is answered, got fewer`);
  return new TextDecoder().decode(stdout).trim().split(" ").map(Number);
}

/** The processor time that a process has had, in microseconds. */
function cpuTime(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1_000_000 / TICKS_A_SECOND;
}

/** Waits until the machine has next to nothing else to do, twenty seconds at most. */
async function quiet(): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const before = busyTicks();
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (busyTicks() - before < 5) return;
  }
}

/** The time that all processors have worked, in ticks. */
function busyTicks(): number {
  const [, user, nice, system] = Deno.readTextFileSync("/proc/stat").split(/\s+/);
  return Number(user) + Number(nice) + Number(system);
}

async function run(command: readonly string[], what: Load, seconds: number): Promise<Run> {
  const { process, reader, port } = await start(command);
  try {
    await load(port, what, 0.5); // until what is hot is compiled
    await quiet();
    const before = cpuTime(process.pid);
    const begun = performance.now();
    const [rate, median, slow] = await load(port, what, seconds) as [number, number, number];
    const requests = rate * (performance.now() - begun) / 1000;
    return { rate, median, slow, cpu: (cpuTime(process.pid) - before) / requests };
  } finally {
    process.kill();
    await reader.cancel();
    await process.status;
  }
}

function summary(title: string, runs: ReadonlyMap<string, readonly Run[]>): Table {
  const of = (name: string, key: keyof Run) => spreadOf(runs.get(name)!.map((run) => run[key]));
  // The ratio of each round by itself, so that a busy round does not tell against one side.
  const ratio = (name: string) =>
    spreadOf(runs.get(name)!.map(({ rate }, round) => rate / runs.get("C, epoll")![round]!.rate));
  const hundredths = (value: number) => value.toFixed(2);
  return new Table({
    caption: `${title} (${ROUNDS} rounds; the quartiles beside a median)`,
    columns: [
      ...["server", "requests/s", "quartiles", "of C", "quartiles "],
      ...["p50 µs", "p99 µs", "server CPU µs a request"],
    ],
    rows: Object.keys(SERVERS).map((name) => {
      if (!runs.has(name)) return [name, "missing", "", "", "", "", "", ""];
      return [
        name,
        Math.round(of(name, "rate").median),
        quartiles(of(name, "rate"), (value) => String(Math.round(value))),
        hundredths(ratio(name).median),
        quartiles(ratio(name), hundredths),
        of(name, "median").median,
        of(name, "slow").median,
        of(name, "cpu").median.toFixed(1),
      ];
    }),
  });
}

const ROUNDS = 5;
const SECONDS = 2;

export default async function echoBench(): Promise<string> {
  const tables: Table[] = [];
  const missing = ["cc", "taskset"].filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) throw new MissingProgramError(`it needs ${missing.join(" and ")}`);
  const servers = Object.entries(SERVERS).filter(([, [program]]) =>
    program!.includes("/") || findProgram(program!) !== undefined
  );
  try {
    await build("echo_epoll_server");
    await build("echo_load");
    for (const what of LOADS) {
      const runs = new Map<string, Run[]>(servers.map(([name]) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [name, command] of servers) {
          runs.get(name)!.push(await run(command, what, SECONDS));
        }
      }
      tables.push(summary(what.title, runs));
    }
    return tables.join("\n\n");
  } finally {
    await Deno.remove(BUILD, { recursive: true });
  }
}
