/**
 * A router between networks: it passes packets on, translates addresses, and keeps a table of the
 * connections for which it does.
 *
 * @module
 */
import { runChild } from "../program/child_process.ts";
import { check, quote, refusal, text } from "../refusal.ts";
import { ShownAsTable, Table } from "../show/table.ts";
import { FourTuple } from "../tuples/four_tuple.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";

const CANNOT = "Cannot make a router";
const LIMIT_MS = 10_000;

/** A router passes on what is not for itself, and asks in its table first; `nft(8)`. */
const FORWARD = `set -e
echo 1 > /proc/sys/net/ipv4/ip_forward
exec nft -f -`;

/**
 * Makes a router of a private network: it passes packets on from cable to cable, and gives what leaves
 * by one of the cables its own address there for a source ("masquerading"). Answers get the first
 * address back. It takes some 50 ms. IPv4 only.
 *
 * @param router The network, which has to be private
 * @param cable The interface that leads outside, such as "eth1"
 * @returns The rule that the kernel has now, in nft's words
 * @throws {Deno.errors.NotSupported} If the network is not private, the machine lacks the program nft,
 * or its kernel cannot translate addresses
 * @throws {TypeError} If the cable is not a text
 * @throws {SyntaxError} If it cannot be the name of an interface
 *
 * @example A server outside sees the router's address
 * ```ts
 * import { labNetwork, masquerade, PrivateNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * const interfaces = { eth0: ["192.168.1.1"], eth1: ["203.0.113.1"] };
 * await using router = await labNetwork({ interfaces });
 * await router.inPrivate("203.0.113.1", async () => {
 *   const inside = { address: "192.168.1.10", router: "192.168.1.1" };
 *   await using computer = await PrivateNetwork.createBeside(router, inside);
 *   const outside = { cable: "eth1", address: "203.0.113.80" };
 *   await using network = await PrivateNetwork.createBeside(router, outside);
 *   await masquerade(router, "eth1");
 *
 *   using server = Socket.tcp({ network, timeout: 5000 });
 *   server.bind("203.0.113.80:80");
 *   server.listen();
 *   using client = Socket.tcp({ network: computer, timeout: 5000 });
 *   await client.connect("203.0.113.80:80");
 *   using accepted = await server.accept();
 *   assertEquals(accepted.remoteEndpoint().address, "203.0.113.1");
 * });
 * ```
 */
export async function masquerade(router: LabNetwork, cable: string): Promise<string> {
  check(cable, text, { cannot: CANNOT, what: "the cable" });
  if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(cable)) {
    throw refusal(SyntaxError, {
      cannot: CANNOT,
      rule: 'the cable is the name of an interface, such as "eth1"',
      part: quote(cable),
    });
  }
  assertPrivate(router);
  const rule = `oifname "${cable}" masquerade`;
  const input = `add table ip translated
delete table ip translated
add table ip translated
add chain ip translated leaving { type nat hook postrouting priority 100; }
add rule ip translated leaving ${rule}
`;
  const { success, code, stderr } = await runChild([...router.enter, "sh", "-c", FORWARD], {
    input,
    timeout: LIMIT_MS,
  });
  if (success) return rule;
  if (code === 127) throw missingProgram("nft", "nftables", CANNOT);
  throw refusal(Deno.errors.NotSupported, {
    cannot: CANNOT,
    rule: "this kernel can translate addresses",
    part: quote(stderr.trim()),
  });
}

/** A connection that a router has passed on. */
export interface TrackedConnection {
  /** "tcp" or "udp". */
  readonly protocol: string;
  /** What the router takes the connection's state to be; `undefined` for UDP, which has none. */
  readonly state: string | undefined;
  /** The first packet's source and destination, as it came in: of its sender, the four-tuple. */
  readonly asked: FourTuple;
  /** The source and destination of the answers, as they come in. */
  readonly answered: FourTuple;
}

/** What a router has passed on; it shows itself as a table. */
export class TrackedConnections extends ShownAsTable {
  /** The connections, in the order of their senders. */
  readonly connections: readonly TrackedConnection[];

  /** Makes a list of connections. */
  constructor(connections: readonly TrackedConnection[]) {
    super();
    this.connections = connections;
  }

  /** Returns a row for each connection. */
  override toTable(): Table {
    return new Table({
      columns: ["protocol", "state", "first packet came in as", "answers come in as"],
      rows: this.connections.map(({ protocol, state, asked, answered }) => [
        ...[protocol, state ?? "", String(asked), String(answered)],
      ]),
    });
  }
}

/**
 * Returns the table of connections of a private network's kernel, TCP and UDP over IPv4. It keeps one
 * only while it has rules that need it, such as those of {@linkcode masquerade}. `/proc/net/nf_conntrack`
 *
 * @throws {Deno.errors.NotSupported} If the network is not private, or its kernel has no such table
 */
export async function trackedConnections(router: LabNetwork): Promise<TrackedConnections> {
  assertPrivate(router);
  const command = [...router.enter, "cat", "/proc/net/nf_conntrack"];
  const { success, stdout, stderr } = await runChild(command, { timeout: LIMIT_MS });
  if (success) return new TrackedConnections(parseTracked(stdout));
  throw refusal(Deno.errors.NotSupported, {
    cannot: "Cannot read the connections of a router",
    rule: "its kernel shows them in /proc/net/nf_conntrack",
    part: quote(stderr.trim()),
  });
}

/** "ipv4 2 tcp 6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… …" */
const TRACKED =
  /^ipv4 +2 (tcp|udp) +\d+ \d+ (?:([A-Z_0-9]+) )?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) (?:\[\w+\] )?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) /gm;

/** Reads the text of /proc/net/nf_conntrack. Other protocols than TCP and UDP are left out. */
export function parseTracked(lines: string): TrackedConnection[] {
  const found = [...lines.matchAll(TRACKED)].map((match): TrackedConnection => {
    const [, protocol, state, ...fields] = match as unknown as [string, string, string?];
    const [from, to, fromPort, toPort, back, forth, backPort, forthPort] = fields as string[];
    const tuple = (one: string, port: string, other: string, otherPort: string) =>
      FourTuple.from(Endpoint.from(one, Number(port)), Endpoint.from(other, Number(otherPort)));
    return {
      protocol,
      state,
      asked: tuple(from!, fromPort!, to!, toPort!),
      answered: tuple(back!, backPort!, forth!, forthPort!),
    };
  });
  return found.sort((one, other) => String(one.asked) < String(other.asked) ? -1 : 1);
}

function assertPrivate(network: LabNetwork): void {
  if (network.isPrivate) return;
  throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
}
