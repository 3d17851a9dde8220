/**
 * Addresses to which a call fails on the way, for a lesson on the errors.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import { Neighbour } from "../networks/neighbour.ts";
import { runChild } from "../program/child_process.ts";
import { refusal } from "../refusal.ts";

/** Addresses to which a call fails on the way, from {@linkcode deadEnds}. */
export interface DeadEnds extends AsyncDisposable {
  /** Endpoints that this machine's own kernel refuses to send to, by the reason. */
  readonly here: Readonly<Record<string, string>>;
  /** Endpoints to which packets leave this machine and get no further, by the reason. */
  readonly onTheWay: Readonly<Record<string, string>>;
  /** Ends the computer in between. */
  close(): Promise<void>;
}

const CANNOT = "Cannot make dead ends";
const BETWEEN = "203.0.113.1";

/**
 * The entries of the client's computer, `ip-route(8)`. To 10.0.0.9 its kernel believes to have a way:
 * with `ip neigh`, it does not ask first who has the address.
 */
const HERE = `set -e
ip route add prohibit 198.51.100.1
ip route add 198.51.100.0/24 via ${BETWEEN} dev eth0 onlink
ip route add 10.0.0.9 dev eth0
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0
`;

/**
 * The entries of the computer in between. It has no way to 198.51.100.3, and says so each time: by
 * default Linux sends few such messages to one address (`icmp_ratelimit`, `icmp(7)`).
 */
const IN_BETWEEN = `set -e
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
ip route add unreachable 198.51.100.3
`;

/**
 * Gives a private network addresses to which a call fails: two that its own kernel refuses, one that a
 * second computer at its cable has no way to, and one that nobody has.
 *
 * @param network The network, with an address at eth0 and no neighbour there
 * @throws {Deno.errors.NotSupported} If the network is not private, or its programs cannot make the
 * entries
 *
 * @example The kernel's own no
 * ```ts ignore
 * import { callSymptoms, deadEnds } from "fourtuple/experiments";
 * import { labNetwork } from "fourtuple/networks";
 *
 * await using network = await labNetwork({ addresses: ["10.0.0.5"] });
 * await using ends = await deadEnds(network);
 * console.log((await callSymptoms(ends.here, { network })).heard); // EACCES, ENETUNREACH
 * ```
 */
export async function deadEnds(network: LabNetwork): Promise<DeadEnds> {
  const between = await Neighbour.create(network, { address: BETWEEN });
  try {
    await run([...network.enter, "sh", "-c", HERE]);
    await run([...between.enter, "sh", "-c", IN_BETWEEN]);
  } catch (error) {
    await between.close();
    throw error;
  }
  return {
    here: {
      "this machine forbids it": "198.51.100.1:443",
      "this machine knows no way": "192.0.2.1:443",
    },
    onTheWay: {
      "a machine on the way knows no way": "198.51.100.3:443",
      "nobody has the address": "10.0.0.9:443",
    },
    close: () => between.close(),
    [Symbol.asyncDispose]: () => between.close(),
  };
}

async function run(command: readonly string[]): Promise<void> {
  const { success, stderr } = await runChild(command, { timeout: 10_000 });
  if (success) return;
  throw refusal(Deno.errors.NotSupported, {
    cannot: CANNOT,
    rule: "the program ip adds entries to the network's tables",
    part: stderr.trim(),
  });
}
