/**
 * Calls that fail on the way: what the client hears, and whether a segment has left its computer.
 *
 * @module
 */
import { Neighbour } from "../../networks/neighbour.ts";
import { PrivateNetwork } from "../../networks/private_network.ts";
import { counters } from "../../observe/counters/counters.ts";
import { runChild } from "../../program/child_process.ts";
import { refusal } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { callSymptom } from "./call_symptom.ts";

/** A call that failed on the way. */
export interface DeadEndCall {
  /** What is wrong. */
  readonly cause: string;
  /** The endpoint that was called. */
  readonly called: string;
  /** What the client heard, such as "EHOSTUNREACH". */
  readonly heard: string;
  /** After how many milliseconds. */
  readonly milliseconds: number;
  /** How many segments had left the client's computer by then. */
  readonly sent: number;
}

/** Calls that failed on the way, from {@linkcode callDeadEnds}; they show themselves as a table. */
export class DeadEndCalls extends ShownAsTable {
  /** The calls, in their order. */
  readonly calls: readonly DeadEndCall[];

  /** Makes a list of calls. */
  constructor(calls: readonly DeadEndCall[]) {
    super();
    this.calls = calls;
  }

  /** Returns a row for each call. */
  override toTable(): Table {
    return new Table({
      columns: ["what is wrong", "called", "heard", "ms", "segments that left"],
      rows: this.calls.map(({ cause, called, heard, milliseconds, sent }) => [
        ...[cause, called, heard, Math.round(milliseconds * 10) / 10, sent],
      ]),
    });
  }
}

const CLIENT = "10.0.0.5";
const BETWEEN = "203.0.113.1";
const ENDS: Readonly<Record<string, string>> = {
  "an entry of this computer forbids it": "198.51.100.1:443",
  "this computer knows no way": "192.0.2.1:443",
  "a computer on the way knows no way": "198.51.100.3:443",
  "no computer has the address": "10.0.0.9:443",
};
/** A client gives up after about three seconds, and not after two minutes. */
const SYSCTLS = { "net.ipv4.tcp_syn_retries": 1 };
const TIMEOUT_MS = 30_000;

/**
 * The entries of the client's computer, `ip-route(8)`. Its kernel believes to know who has 10.0.0.9
 * (`ip-neighbour(8)`), so that it does not ask first.
 */
const AT_CLIENT = `set -e
ip route add prohibit 198.51.100.1
ip route add 198.51.100.0/24 via ${BETWEEN} dev eth0 onlink
ip route add 10.0.0.9 dev eth0
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0
`;

/**
 * The entries of the computer in between. It has no way to 198.51.100.3, and says so each time: by
 * default Linux sends few such messages to one address (`icmp_ratelimit`, `icmp(7)`). What is meant
 * for 10.0.0.9 gets lost there.
 */
const IN_BETWEEN = `set -e
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
ip route add unreachable 198.51.100.3
`;

/**
 * Calls four endpoints that cannot be reached, one after the other, in a private network of its own
 * with a second computer at its cable: two that the client's own kernel refuses, one that the second
 * computer has no way to, and one that no computer has. It takes about five seconds.
 *
 * An answer of the second computer comes back while the client's `connect` is still at work, and then
 * only its answer to the second SYN ends the call, after a second; `tcp_v4_err()` in net/ipv4/tcp_ipv4.c.
 *
 * @throws {Deno.errors.NotSupported} If this machine forbids private networks, or its program ip cannot
 * make the entries
 *
 * @example Which of them left the computer
 * ```ts
 * import { callDeadEnds } from "fourtuple/experiments";
 * import { labNetwork } from "fourtuple/networks";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork();
 * await network.inPrivate("no segment of the first call left", async () => {
 *   const { calls } = await callDeadEnds();
 *   assertEquals([calls[0]?.heard, calls[0]?.sent], ["EACCES", 0]);
 * });
 * ```
 */
export async function callDeadEnds(): Promise<DeadEndCalls> {
  await using network = await PrivateNetwork.create({ addresses: [CLIENT], sysctls: SYSCTLS });
  await using between = await Neighbour.create(network, { address: BETWEEN });
  await run([...network.enter, "sh", "-c", AT_CLIENT]);
  await run([...between.enter, "sh", "-c", IN_BETWEEN]);
  const calls: DeadEndCall[] = [];
  for (const [cause, called] of Object.entries(ENDS)) {
    const before = counters({ network });
    const { heard, milliseconds } = await callSymptom(called, { network, timeout: TIMEOUT_MS });
    const after = counters({ network }).since(before);
    const sent = after.get("OutSegs") + after.get("RetransSegs");
    calls.push({ cause, called, heard, milliseconds, sent });
  }
  return new DeadEndCalls(calls);
}

async function run(command: readonly string[]): Promise<void> {
  const { success, stderr } = await runChild(command, { timeout: 10_000 });
  if (success) return;
  throw refusal(Deno.errors.NotSupported, {
    cannot: "Cannot call dead ends",
    rule: "the program ip adds entries to the network's tables",
    part: stderr.trim(),
  });
}
