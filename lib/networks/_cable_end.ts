/** The far end of a cable: how it comes into the network namespace of another process. */
import { runChild } from "../program/child_process.ts";
import { check, quote, refusal, text } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";

/** A network that has cables, if it is private; a `LabNetwork` is one. */
export interface CabledNetwork {
  /** Whether it is a private network. */
  readonly isPrivate: boolean;
  /** Why it is not private; "" if it is. */
  readonly note: string;
  /** Whether it was closed. */
  readonly isClosed: boolean;
  /** Words to put before a command to run it inside the network. */
  readonly enter: readonly string[];
}

/** What is plugged in where. */
export interface CableEnd {
  /** The network's interface whose cable it is. */
  readonly cable: string;
  /** The process whose network namespace gets the far end. */
  readonly pid: number;
  /** The address of the far end. */
  readonly address: string;
  /**
   * What the far end reaches besides the network's addresses at this cable: nothing; "all", as if
   * every other computer were at the cable; or what a router passes on, whose address this is.
   */
  readonly beyond: "nothing" | "all" | `router ${string}`;
}

const LIMIT_MS = 10_000;

/**
 * Moves the cable's far end, and adds the routes. `ip(8)`, `nsenter(1)`
 */
const PLUG_IN = `set -e
cable=$1 pid=$2 address=$3 beyond=$4
far=$(ip -o link show dev "$cable" | sed -n 's/^[0-9]*: [^@]*@\\([^:]*\\):.*/\\1/p')
test -n "$far" || { echo "it has no cable" >&2; exit 1; }
near=$(ip -o -4 address show dev "$cable" | sed -n 's/.* inet \\([0-9.]*\\).*/\\1/p')
ip link set dev "$far" netns "$pid"
ip route add "$address/32" dev "$cable"
exec nsenter --net="/proc/$pid/ns/net" sh -ec '
  far=$1 address=$2 beyond=$3 near=$4
  ip link set lo up
  ip link set dev "$far" up
  ip address add "$address/32" dev "$far"
  for each in $near; do ip route add "$each/32" dev "$far"; done
  case $beyond in
    all) ip route add default dev "$far" ;;
    router*) ip route add default via "\${beyond#router }" dev "$far" ;;
  esac
' sh "$far" "$address" "$beyond" "$near"`;

/**
 * Puts the far end of a network's cable into the network namespace of a process.
 *
 * @throws {RangeError} If the network has no such cable, or its far end is taken
 */
export async function plugIn(network: CabledNetwork, end: CableEnd, cannot: string): Promise<void> {
  const words = [end.cable, `${end.pid}`, end.address, end.beyond];
  const command = [...network.enter, "sh", "-c", PLUG_IN, "sh", ...words];
  const { success, stderr } = await runChild(command, { timeout: LIMIT_MS });
  if (success) return;
  throw refusal(RangeError, {
    cannot: `${cannot} at the cable ${quote(end.cable)}`,
    rule: "the network has this cable, and its far end is free",
    part: quote(stderr.trim()),
  });
}

/**
 * Refuses a network that has no cables, and an address that no computer at a cable can have.
 *
 * @throws {TypeError} If the address is not a text
 * @throws {SyntaxError} If the address does not parse
 * @throws {RangeError} If it is not an IPv4 address of a single computer
 * @throws {Deno.errors.NotSupported} If the network is not private
 * @throws {Deno.errors.BadResource} If the network is closed
 */
export function assertCanPlugIn(network: CabledNetwork, address: string, cannot: string): void {
  check(address, text, { cannot, what: "its address" });
  if (!network.isPrivate) {
    throw new Deno.errors.NotSupported(
      `${cannot} "${address}": it needs a private network. ${network.note}`,
    );
  }
  const endpoint = Endpoint.from(address, 0);
  const first = Number(address.split(".")[0]);
  if (endpoint.family !== "IPv4" || first === 0 || first >= 224 || endpoint.isLoopback) {
    throw refusal(RangeError, {
      cannot: `${cannot} ${quote(address)}`,
      rule: "its address is the IPv4 address of a single computer",
      part: quote(address),
    });
  }
  if (network.isClosed) {
    throw new Deno.errors.BadResource(
      `${cannot} "${address}": its network is open, got a closed one`,
    );
  }
}
