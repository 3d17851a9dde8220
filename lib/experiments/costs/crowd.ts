/**
 * One server and as many clients as the machine allows, all at once.
 *
 * @module
 */
import { connections } from "../../observe/connections.ts";
import { processLimits } from "../../observe/machine/process_limits.ts";
import type { Connections } from "../../observe/rows/connection.ts";
import { Program } from "../../program/program.ts";
import {
  check,
  checkOptions,
  type OptionChecks,
  quote,
  refusal,
  wholeNumber,
} from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { type Endpoint, parseEndpoint } from "../../tuples/endpoint.ts";

/** Options of {@linkcode openCrowd}. */
export interface OpenCrowdOptions {
  /** How many clients there will be at most, 1 to 50,000; {@linkcode crowdSize} by default. */
  readonly most?: number;
}

/** Options of {@linkcode Crowd.growTo}. */
export interface GrowOptions {
  /** In how many steps; a sample is taken after each. 10 by default. */
  readonly steps?: number;
}

/** The server with so many clients. */
export interface CrowdSample {
  /** How many clients are connected. */
  readonly connections: number;
  /** The memory of the server's process, in bytes: VmRSS of `proc_pid_status(5)`. */
  readonly memory: number;
  /** How many descriptors the server's process has open. */
  readonly descriptors: number;
  /**
   * How long the kernel's table of these connections takes to read, in milliseconds: the shortest of
   * five readings, since other programs run as well.
   */
  readonly tableTime: number;
}

/** How many clients one process has: each of them takes a descriptor. */
const CLIENTS_A_PROCESS = 5_000;
/** Descriptors that a Deno program needs beside its clients'. */
const SPARE_DESCRIPTORS = 100;
const READINGS = 5;
const MOST = 50_000;
const DEFAULT_SIZE = 1_000;
const VARIABLE = "FOURTUPLE_CLIENTS";
const START_MS = 30_000;
const STEP_MS = 60_000;
/** The addresses that the clients call from, in turn: all of 127.0.0.0/8 is this machine. */
const CLIENT_ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4"] as const;
const PERMISSIONS = ["--allow-net", "--allow-ffi", "--allow-read", "--allow-env"];

const COUNT = wholeNumber({ least: 1, most: MOST });
const OPTIONS: OptionChecks<OpenCrowdOptions> = { most: COUNT };
const GROW: OptionChecks<GrowOptions> = { steps: wholeNumber({ least: 1, most: 1_000 }) };

/**
 * Returns how many clients a lesson has: the environment variable `FOURTUPLE_CLIENTS`, or 1,000, which
 * a machine can spare that several people share. Where a process may not have as many files open,
 * it is the most that can be, in hundreds.
 *
 * @throws {RangeError} If the variable is not a whole number from 1 to 50,000
 *
 * @example A thousand, unless somebody asks for more
 * ```ts
 * import { crowdSize } from "fourtuple/experiments";
 * import { assert } from "@std/assert";
 *
 * if (!Deno.env.has("FOURTUPLE_CLIENTS")) assert(crowdSize() <= 1000);
 * ```
 */
export function crowdSize(): number {
  const given = Deno.env.get(VARIABLE);
  if (given === undefined) {
    const { openFiles = Infinity } = processLimits();
    const room = 100 * Math.floor((openFiles - SPARE_DESCRIPTORS) / 100);
    return Math.max(1, Math.min(DEFAULT_SIZE, room));
  }
  const size = /^[0-9]+$/.test(given) ? Number(given) : NaN;
  if (COUNT.allows(size)) return size;
  throw refusal(RangeError, {
    cannot: `Cannot use the variable ${VARIABLE}`,
    rule: `it is ${COUNT.rule}`,
    part: quote(given),
  });
}

/**
 * A server in a process of its own, and its clients in others; {@linkcode openCrowd} starts them. It
 * shows itself as a table of its samples.
 */
export class Crowd extends ShownAsTable implements AsyncDisposable {
  /** Where the server listens. */
  readonly endpoint: Endpoint;
  /** One sample without any client, then one after each step. */
  readonly samples: CrowdSample[] = [];
  readonly #server: Program;
  readonly #groups: readonly Program[];
  readonly #sizes: number[];
  readonly #most: number;

  /** Takes over running programs; {@linkcode openCrowd} calls this. */
  constructor(
    endpoint: Endpoint,
    parts: { readonly server: Program; readonly groups: readonly Program[]; readonly most: number },
  ) {
    super();
    this.endpoint = endpoint;
    this.#server = parts.server;
    this.#groups = parts.groups;
    this.#sizes = parts.groups.map(() => 0);
    this.#most = parts.most;
    this.samples.push(this.#sample());
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The processes: the server's first, then those of the clients. */
  get processes(): readonly number[] {
    return [this.#server, ...this.#groups].map(({ pid }) => pid);
  }

  /**
   * Connects further clients. Each has asked the server something and has its answer, so the server has
   * accepted it.
   *
   * @param count How many there are then
   * @throws {RangeError} If that is less than there are, or more than this crowd was opened for
   * @throws {Error} If the kernel refuses a client, with the error's name
   */
  async growTo(count: number, options: GrowOptions = {}): Promise<void> {
    const cannot = "Cannot let a crowd grow";
    check(count, wholeNumber({ least: this.size, most: this.#most }), {
      cannot,
      what: "the number of clients",
    });
    checkOptions(options, GROW, cannot);
    const { steps = 10 } = options;
    const from = this.size;
    for (let step = 1; step <= steps; step++) {
      const target = from + Math.round((count - from) * step / steps);
      while (this.size < target) await this.#connect(target - this.size);
      this.samples.push(this.#sample());
    }
  }

  /**
   * Lets every client ask the server something and wait for its answer.
   *
   * @returns How long that took in all, in milliseconds
   */
  async askAll(): Promise<number> {
    const begun = performance.now();
    await Promise.all(this.#groups.map((group) => tell(group, "ask")));
    return performance.now() - begun;
  }

  /** Returns the server's rows in the kernel's table, the listening socket left out. */
  rows(): Connections {
    const { port: localPort } = this.endpoint;
    return connections({ protocol: "tcp", localPort, state: "ESTABLISHED" })
      .filter(({ local }) => local.equals(this.endpoint));
  }

  /** Ends all processes; their connections end with a reset, and leave no TIME_WAIT. */
  async close(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.stop("SIGKILL")));
    await this.#server.stop("SIGKILL");
  }

  /** Ends all processes, as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns the samples as a table. */
  override toTable(): Table {
    return new Table({
      columns: ["connections", "memory (MB)", "descriptors", "reading the table (ms)"],
      rows: this.samples.map(({ connections, memory, descriptors, tableTime }) => [
        connections,
        Math.round(memory / 1e6),
        descriptors,
        Number(tableTime.toPrecision(2)),
      ]),
    });
  }

  async #connect(count: number): Promise<void> {
    const index = this.#sizes.findIndex((size) => size < CLIENTS_A_PROCESS);
    const size = this.#sizes[index]!;
    const here = Math.min(count, CLIENTS_A_PROCESS - size);
    // Each address has a share of every step.
    for (const [number, address] of CLIENT_ADDRESSES.entries()) {
      const share = shareOf(here, number);
      if (share === 0) continue;
      await tell(this.#groups[index]!, `connect ${share} ${address}`);
      this.#sizes[index]! += share;
    }
  }

  #sample(): CrowdSample {
    const { pid } = this.#server;
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
    const readings = Array.from({ length: READINGS }, () => {
      const begun = performance.now();
      const count = this.rows().length;
      return { count, time: performance.now() - begun };
    });
    const connections = readings[0]!.count;
    const tableTime = Math.min(...readings.map(({ time }) => time));
    return { connections, memory: memoryOf(status), descriptors, tableTime };
  }
}

/**
 * Starts a server on 127.0.0.1 and programs for its clients, which call from three addresses. No client
 * connects yet.
 *
 * A process may have only so many files open (`ulimit -n`), and each connection takes one at each end:
 * so the server is a process of its own, and each 5,000 clients have one. Linux only.
 *
 * @throws {RangeError} If `most` is not a whole number from 1 to 50,000, or the server may not have as
 * many descriptors; the message says how to raise the limit
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {ProgramError} If a program does not start
 *
 * @example Thirty clients of one port
 * ```ts
 * import { openCrowd } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * await using crowd = await openCrowd({ most: 30 });
 * await crowd.growTo(30, { steps: 3 });
 * assertEquals(crowd.samples.map(({ connections }) => connections), [0, 10, 20, 30]);
 * assertEquals(new Set(crowd.rows().map(({ local }) => local.port)).size, 1);
 * ```
 */
export async function openCrowd(options: OpenCrowdOptions = {}): Promise<Crowd> {
  const cannot = "Cannot open a crowd";
  checkOptions(options, OPTIONS, cannot);
  const { most = crowdSize() } = options;
  const { openFiles = Infinity } = processLimits();
  if (most + SPARE_DESCRIPTORS > openFiles) {
    throw refusal(RangeError, {
      cannot: `${cannot} of ${most}`,
      rule: `a process may have ${openFiles} files open here, and a server needs ` +
        `${SPARE_DESCRIPTORS} more than it has clients: ask for fewer, or raise the limit with ` +
        "ulimit -n before the notebook starts",
      part: `${most}`,
    });
  }
  const programs: Program[] = [];
  try {
    const server = start("_crowd_server.ts", "127.0.0.1:0");
    programs.push(server);
    const [, where] = await server.line(/^Listening on (.*)$/, { timeout: START_MS });
    const groups = Array.from(
      { length: Math.ceil(most / CLIENTS_A_PROCESS) },
      () => start("_crowd_clients.ts", where!),
    );
    programs.push(...groups);
    await Promise.all(groups.map((group) => tell(group, "ask")));
    return new Crowd(parseEndpoint(where!), { server, groups, most });
  } catch (error) {
    await Promise.all(programs.map((program) => program.stop("SIGKILL")));
    throw error;
  }
}

function start(file: string, ...args: string[]): Program {
  return Program.start(new URL(file, import.meta.url), { args, permissions: PERMISSIONS });
}

/** Gives a program a command, and waits until it is done. */
async function tell(program: Program, command: string): Promise<void> {
  await program.send(`${command}\n`);
  const [line] = await program.line(/^(ok|failed) .*$/, { timeout: STEP_MS });
  if (line.startsWith("failed")) throw new Error(`Cannot ${command}: ${line}`);
}

function shareOf(count: number, number: number): number {
  const all = CLIENT_ADDRESSES.length;
  return Math.floor(count / all) + (number < count % all ? 1 : 0);
}

/** Returns the resident memory, from a line such as "VmRSS:     51234 kB". */
export function memoryOf(status: string): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN);
}
