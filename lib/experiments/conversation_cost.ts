/**
 * What a way of talking costs: how long each message took, and how many connections, ports and
 * packets the kernel has counted meanwhile.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../show/display.ts";
import { Table } from "../show/table.ts";
import { kindOf, quote, quoteValue } from "../refusal.ts";
import type { NetworkTable } from "../observe/connections.ts";
import type { CounterNumbers, Counters } from "../observe/counters/counter_values.ts";
import { counters } from "../observe/counters/counters.ts";
import { recordTimeline } from "../observe/changes/timeline.ts";

/** Where {@linkcode costOf} counts. */
export interface CostOptions {
  /**
   * The network; this machine's own by default. A private one has nobody else's packets in it; on
   * the machine's own, those of all other programs are counted as well.
   */
  readonly network?: NetworkTable;
}

/** What the work of {@linkcode costOf} brings: the time of each message, in milliseconds. */
export type Work = () => Promise<readonly number[]>;

/** A socket that is open for less may be missed. */
const INTERVAL_MS = 2;
/** Goodbyes and acknowledgements come after the last message, the latter up to 40 ms. */
const QUIET_MS = 80;
const MAX_WAIT_MS = 1_500;

/** What one way of talking has cost. */
export class ConversationCost implements Displayable {
  /** What way it is. */
  readonly name: string;
  /** How long each message took, in milliseconds, in their order. */
  readonly milliseconds: readonly number[];
  /** TCP connections that were opened. */
  readonly connections: number;
  /** Endpoints, an address with a port each, that were taken and had not been before. */
  readonly ports: number;
  /** TCP segments and UDP datagrams that were sent, by everybody in the network. */
  readonly packets: number;

  /** Makes a cost of its parts. */
  constructor(
    name: string,
    parts: Pick<ConversationCost, "milliseconds" | "connections" | "ports" | "packets">,
  ) {
    this.name = name;
    this.milliseconds = parts.milliseconds;
    this.connections = parts.connections;
    this.ports = parts.ports;
    this.packets = parts.packets;
  }

  /** The time that half of the messages did not take, in milliseconds; `undefined` without any. */
  get median(): number | undefined {
    const sorted = this.milliseconds.toSorted((a, b) => a - b);
    const middle = sorted.length / 2;
    const two = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
    return two[0] === undefined || two[1] === undefined ? undefined : (two[0] + two[1]) / 2;
  }

  /** Returns the cost as a table of one row. */
  toTable(): Table {
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

  /** Returns the table as lines of text. */
  toString(): string {
    return this.toTable().toString();
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return this.toTable()[DISPLAY]();
  }
}

/**
 * Does some work, and tells what it has cost by the kernel's own counters and its table of sockets.
 * It waits until the network is quiet, at most 1.5 seconds, for a goodbye is a part of the cost.
 *
 * The packets of all that happens in the network meanwhile are counted, so let nothing else happen
 * there. Ports are looked at every 2 ms, on a busy machine less often: one that was taken and given back
 * between two looks is missed, unless it left a row in TIME_WAIT. Linux only.
 *
 * @param name What way of talking it is
 * @param work Talks, and returns how long each message took; its errors come out
 * @throws {TypeError} If the name is not a string, or the work does not return numbers
 * @throws {RangeError} If the name is blank, or a time is negative or not finite
 * @throws {Deno.errors.NotSupported} If this is not Linux
 * @throws {Deno.errors.BadResource} If the network is closed
 *
 * @example One question, one answer, one connection
 * ```ts
 * import { labNetwork } from "fourtuple/networks";
 * import { costOf } from "fourtuple/experiments";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork({ addresses: ["192.168.1.100"] });
 * const cost = await costOf("a question", async () => {
 *   using server = network.tcp({ timeout: 5000 });
 *   server.bind(network.endpoint("192.168.1.100:80"));
 *   server.listen();
 *   const started = performance.now();
 *   using client = network.tcp({ timeout: 5000 });
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
  const { network } = options;
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot name a way of talking ${quoteValue(name)}: it takes a string, got ${kindOf(name)}`,
    );
  }
  if (name.trim() === "") {
    throw new RangeError(
      `Cannot name a way of talking ${quote(name)}: it takes words, got nothing to read`,
    );
  }
  const before = counters({ network });
  using recorder = recordTimeline({}, { network, interval: INTERVAL_MS });
  const milliseconds = checkTimes(name, await work());
  const difference = (await quietCounters(network)).since(before);
  const { sockets } = recorder.stop();
  const old = new Set<string>();
  const seen = new Set<string>();
  for (const { protocol, local, remote, wasThere, spans } of sockets) {
    // Such a row names a peer, but that holds its port no longer: others may have got it since.
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

/** Waits until nothing has been sent for a while, and returns where the counters stand. */
async function quietCounters(network: NetworkTable | undefined): Promise<Counters> {
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
  const cannot = `Cannot measure ${quote(name)}: its work returns the time of each message in ms`;
  if (!Array.isArray(times)) throw new TypeError(`${cannot}, got ${kindOf(times)}`);
  for (const time of times) {
    if (typeof time !== "number") throw new TypeError(`${cannot}, got ${kindOf(time)}`);
    if (!(time >= 0 && time < Infinity)) throw new RangeError(`${cannot}, got ${time}`);
  }
  return [...times];
}
