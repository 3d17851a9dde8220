/**
 * What a server's clients cost it: a thread for each of them, or one loop for all.
 *
 * @module
 */
import { Program } from "../../program/program.ts";
import { check, checkOptions, oneOf, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { Socket } from "../../sockets/socket.ts";
import { memoryOf } from "./crowd.ts";

/** How a server serves: one thread with one epoll for all clients, or a thread for each of them. */
export type ServingWay = "one loop" | "a thread each";

/** Options of {@linkcode serveCrowd}. */
export interface ServeCrowdOptions {
  /** How many clients there are, 1 to 128; 16 by default. */
  readonly clients?: number;
  /** How often each of them asks and waits for its answer, 1 to 1,000; 20 by default. */
  readonly rounds?: number;
}

const WAYS = ["one loop", "a thread each"] as const;
const FILES: Record<ServingWay, string> = {
  "one loop": "_crowd_server.ts",
  "a thread each": "_thread_server.ts",
};
const OPTIONS: OptionChecks<ServeCrowdOptions> = {
  clients: wholeNumber({ least: 1, most: 128 }),
  rounds: wholeNumber({ least: 1, most: 1_000 }),
};
const CANNOT = "Cannot measure a server";
const START_MS = 30_000;
const TIMEOUT_MS = 30_000;
const PERMISSIONS = ["--allow-net", "--allow-ffi", "--allow-read"];

/** What {@linkcode serveCrowd} has measured; shows itself as a table of one row. */
export class ServingCost extends ShownAsTable {
  /** How the server serves. */
  readonly name: ServingWay;
  /** How many clients it had. */
  readonly clients: number;
  /** How many threads the clients added to the server's process. */
  readonly threads: number;
  /** How many bytes of memory they added to it. */
  readonly memory: number;
  /** From the first connect until every client had its first answer, in milliseconds. */
  readonly startTime: number;
  /** How long each later answer took, in milliseconds. */
  readonly milliseconds: readonly number[];

  /** Makes a cost of its parts. */
  constructor(
    parts: Pick<
      ServingCost,
      "name" | "clients" | "threads" | "memory" | "startTime" | "milliseconds"
    >,
  ) {
    super();
    this.name = parts.name;
    this.clients = parts.clients;
    this.threads = parts.threads;
    this.memory = parts.memory;
    this.startTime = parts.startTime;
    this.milliseconds = parts.milliseconds;
  }

  /** Returns the numbers as a table. */
  override toTable(): Table {
    return servingTable([this]);
  }
}

/**
 * Returns the costs of several ways as one table, a row each.
 *
 * @example No server, no row
 * ```ts
 * import { servingTable } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(servingTable([]).rows, []);
 * ```
 */
export function servingTable(costs: readonly ServingCost[]): Table {
  return new Table({
    columns: ["way", "clients", "more threads", "more memory (MB)", "all served after (ms)"],
    rows: costs.map(({ name, clients, threads, memory, startTime }) => [
      name,
      clients,
      threads,
      Number((memory / 1e6).toFixed(1)),
      Math.round(startTime),
    ]),
  });
}

/**
 * Starts an echo server in a process of its own, on 127.0.0.1, connects clients to it, and measures what
 * they add to it. Then all clients ask at the same time, round by round. Linux only.
 *
 * A thread is a Worker of Deno's whose calls block, with an engine of its own for JavaScript: it costs
 * more memory than a thread of a C program.
 *
 * @throws {TypeError} If the way is neither, or an option is misspelt or of the wrong kind
 * @throws {RangeError} If a number is out of bounds
 * @throws {ProgramError} If the server does not start
 * @throws {DOMException} Named "TimeoutError", if an answer takes longer than half a minute
 *
 * @example Two clients of one loop
 * ```ts
 * import { serveCrowd } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const { threads, milliseconds } = await serveCrowd("one loop", { clients: 2, rounds: 3 });
 * assertEquals([threads, milliseconds.length], [0, 6]);
 * ```
 */
export async function serveCrowd(
  way: ServingWay,
  options: ServeCrowdOptions = {},
): Promise<ServingCost> {
  check(way, oneOf(...WAYS), { cannot: CANNOT, what: "how it serves" });
  checkOptions(options, OPTIONS, CANNOT);
  const { clients: count = 16, rounds = 20 } = options;
  await using server = Program.start(new URL(FILES[way], import.meta.url), {
    args: ["127.0.0.1:0"],
    permissions: PERMISSIONS,
  });
  const [, where] = await server.line(/^Listening on (.*)$/, { timeout: START_MS });
  using clients = new DisposableStack();
  const newClient = () => {
    const client = clients.use(Socket.tcp({ timeout: TIMEOUT_MS }));
    client.setOption("linger", 0); // no TIME_WAIT for each
    return client;
  };
  // The first client makes the program load and compile what it needs: it does not count.
  const first = newClient();
  await first.connect(where!);
  await askOnce(first);
  const before = stateOf(server.pid);
  const begun = performance.now();
  const sockets = Array.from({ length: count }, newClient);
  await Promise.all(sockets.map(async (socket) => {
    await socket.connect(where!);
    await askOnce(socket);
  }));
  const startTime = performance.now() - begun;
  const after = stateOf(server.pid);
  const milliseconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    milliseconds.push(...await Promise.all(sockets.map(askOnce)));
  }
  return new ServingCost({
    name: way,
    clients: count,
    threads: after.threads - before.threads,
    memory: after.memory - before.memory,
    startTime,
    milliseconds,
  });
}

async function askOnce(socket: Socket): Promise<number> {
  const begun = performance.now();
  await socket.send("?");
  await socket.receive();
  return performance.now() - begun;
}

/** Reads `proc_pid_status(5)`. */
function stateOf(pid: number): { readonly threads: number; readonly memory: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return { threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]), memory: memoryOf(status) };
}
