/**
 * What a way of communicating costs: how long each message takes, and how many connections, ports and
 * packets the kernel counts meanwhile.
 *
 * @module
 */
import type { LabNetwork } from "../../networks/lab_network.ts";
import { recordTimeline } from "../../observe/changes/timeline.ts";
import type { CounterNumbers, Counters } from "../../observe/counters/counter_values.ts";
import { counters } from "../../observe/counters/counters.ts";
import {
  callback,
  check,
  checkOptions,
  type OptionChecks,
  partOf,
  quote,
  refusal,
  text,
  wholeNumber,
} from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { LAB_NETWORK } from "../labs/_loopback_only.ts";

/** Options of {@linkcode costOf}. */
export interface CostOptions {
  /**
   * The network to count in; by default the network of this program, where the packets of all other
   * programs are counted as well. A private network has only your own.
   */
  readonly network?: LabNetwork | undefined;
}

/** The work that {@linkcode costOf} measures; it returns the time of each message in milliseconds. */
export type Work = () => Promise<readonly number[]>;

const OPTIONS: OptionChecks<CostOptions> = { network: LAB_NETWORK };
/** How often the table is read: a socket that is open for a shorter time may be missed. */
const INTERVAL_MS = 2;
/** FINs and acknowledgements come after the last message, up to 40 ms later. */
const QUIET_MS = 80;
const MAX_WAIT_MS = 1_500;

/** What one way of communicating costs. */
export class ConversationCost extends ShownAsTable {
  /** The name of the way. */
  readonly name: string;
  /** How long each message took, in milliseconds, in order. */
  readonly milliseconds: readonly number[];
  /** How many TCP connections were opened. */
  readonly connections: number;
  /** How many endpoints (an address and a port) were taken that had not been taken before. */
  readonly ports: number;
  /** How many TCP segments and UDP datagrams were sent by all programs in the network. */
  readonly packets: number;

  /** Makes a cost from its parts. */
  constructor(
    name: string,
    parts: Pick<ConversationCost, "milliseconds" | "connections" | "ports" | "packets">,
  ) {
    super();
    this.name = name;
    this.milliseconds = parts.milliseconds;
    this.connections = parts.connections;
    this.ports = parts.ports;
    this.packets = parts.packets;
  }

  /** The median time of a message, in milliseconds; `undefined` without any message. */
  get median(): number | undefined {
    const sorted = this.milliseconds.toSorted((a, b) => a - b);
    const middle = sorted.length / 2;
    const two = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
    return two[0] === undefined || two[1] === undefined ? undefined : (two[0] + two[1]) / 2;
  }

  /** Returns the cost as a table of one row. */
  override toTable(): Table {
    return new Table({
      columns: ["way", "messages", "median (ms)", "connections", "ports", "packets"],
      rows: [[
        this.name,
        this.milliseconds.length || "",
        this.median === undefined ? "" : Number(this.median.toPrecision(2)),
        this.connections,
        this.ports,
        this.packets,
      ]],
    });
  }
}

/**
 * Does some work, and measures its cost by the kernel's own counters and its table of sockets. It
 * waits until the network is quiet, at most 1.5 seconds, since the end of a connection is a part of
 * the cost.
 *
 * The packets of everything that happens in the network meanwhile are counted, so let nothing else
 * happen there. The table is read every 2 ms, less often on a busy machine: a port that was taken and
 * released between two readings is missed, unless it left a row in TIME_WAIT. Linux only.
 *
 * @param name The name of the way of communicating
 * @param work The work; it returns how long each message took, and its errors are passed on
 * @throws {TypeError} If an argument or an option is of the wrong kind, an option is misspelt, or the
 * work does not return numbers
 * @throws {RangeError} If the name is blank, or a time is negative or not finite
 * @throws {Deno.errors.NotSupported} If this machine does not run Linux
 * @throws {Deno.errors.BadResource} If the network is closed
 *
 * @example One question, one answer, one connection
 * ```ts
 * import { labNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { costOf } from "fourtuple/experiments";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork({ addresses: ["192.168.1.100"] });
 * const cost = await costOf("a question", async () => {
 *   using server = Socket.tcp({ network, timeout: 5000 });
 *   server.bind(network.endpoint("192.168.1.100:80"));
 *   server.listen();
 *   const started = performance.now();
 *   using client = Socket.tcp({ network, timeout: 5000 });
 *   await client.connect(server.localEndpoint());
 *   using accepted = await server.accept();
 *   await client.send("?");
 *   await accepted.receive();
 *   return [performance.now() - started];
 * }, { network });
 * assertEquals(cost.milliseconds.length, 1);
 * if (network.isPrivate) assertEquals(cost.connections, 1);
 * assert(cost.packets >= 5); // three to shake hands, the question, and its acknowledgement
 * ```
 */
export async function costOf(
  name: string,
  work: Work,
  options: CostOptions = {},
): Promise<ConversationCost> {
  const cannot = "Cannot measure a way of communicating";
  check(name, text, { cannot, what: "its name" });
  if (name.trim() === "") {
    throw refusal(RangeError, { cannot, rule: "its name is not blank", part: quote(name) });
  }
  check(work, callback(), { cannot, what: "its work" });
  checkOptions(options, OPTIONS, cannot);
  const { network } = options;
  const before = counters({ network });
  using recorder = recordTimeline({}, { network, interval: INTERVAL_MS });
  const milliseconds = checkTimes(name, await work());
  const difference = (await quietCounters(network)).since(before);
  const { sockets } = recorder.stop();
  const old = new Set<string>();
  const seen = new Set<string>();
  for (const { protocol, local, remote, wasThere, spans } of sockets) {
    // Neither end has to hold its port any more: others may have taken it since.
    if (wasThere && spans[0]?.state === "TIME_WAIT") continue;
    for (const end of [local, remote]) {
      if (end.port !== 0) (wasThere ? old : seen).add(`${protocol} ${end}`);
    }
  }
  return new ConversationCost(name, {
    milliseconds,
    connections: difference.get("ActiveOpens"),
    ports: seen.difference(old).size,
    packets: packetsOf(difference),
  });
}

/**
 * Does something several times, one after the other, and returns how long each took, in milliseconds:
 * a {@linkcode Work} in a line.
 *
 * @param work What to do; its errors are passed on
 * @param count How often, 1 to 100,000; 200 by default
 * @throws {TypeError} If the work is not a function, or the count not a number
 * @throws {RangeError} If the count is out of bounds
 *
 * @example Three times
 * ```ts
 * import { timesOf } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * let done = 0;
 * assertEquals((await timesOf(() => done++, 3)).length, 3);
 * assertEquals(done, 3);
 * ```
 */
export async function timesOf(work: () => unknown, count = 200): Promise<number[]> {
  const cannot = "Cannot do something several times";
  check(work, callback(), { cannot, what: "it" });
  check(count, wholeNumber({ least: 1, most: 100_000 }), { cannot, what: "the count" });
  const milliseconds: number[] = [];
  for (let done = 0; done < count; done++) {
    const begun = performance.now();
    await work();
    milliseconds.push(performance.now() - begun);
  }
  return milliseconds;
}

/** Waits until nothing has been sent for a while, and returns the counters. */
async function quietCounters(network: LabNetwork | undefined): Promise<Counters> {
  const limit = performance.now() + MAX_WAIT_MS;
  let last = counters({ network });
  while (performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const next = counters({ network });
    if (packetsOf(next) === packetsOf(last)) break;
    last = next;
  }
  return last;
}

function packetsOf(numbers: CounterNumbers): number {
  return numbers.get("OutSegs") + numbers.get("OutDatagrams");
}

function checkTimes(name: string, times: unknown): readonly number[] {
  const cannot = `Cannot measure ${quote(name)}`;
  const rule = "its work returns the time of each message in ms";
  if (!Array.isArray(times)) throw refusal(TypeError, { cannot, rule, part: partOf(times) });
  for (const time of times) {
    if (typeof time === "number" && time >= 0 && time < Infinity) continue;
    const Class = typeof time === "number" ? RangeError : TypeError;
    throw refusal(Class, { cannot, rule, part: partOf(time) });
  }
  return [...times];
}
