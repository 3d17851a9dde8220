/**
 * Demultiplexing: which socket gets this segment?
 *
 * The rules are those of Linux: `__inet_lookup_established()`, then `__inet_lookup_listener()` with
 * `compute_score()` (net/ipv4/inet_hashtables.c, net/ipv6/inet6_hashtables.c), and
 * `__udp4_lib_lookup()` for UDP (net/ipv4/udp.c).
 *
 * Here the sockets are compared one after the other, as the rules read. The kernel has no time for that:
 * it looks up the four-tuple in a hash table first, see `FourTupleTable`, which answers the first rule
 * at once and leaves few sockets for the others.
 *
 * @module
 */
import type { Protocol } from "../ports/protocol.ts";
import { refusal } from "../refusal.ts";
import type { Endpoint } from "./endpoint.ts";
import { FourTuple } from "./four_tuple.ts";
import type { SocketState } from "./socket_state.ts";

/** The part of an arriving TCP segment or UDP datagram that decides which socket gets it. */
export interface Segment {
  /** "tcp" or "udp": each has its own sockets. */
  readonly protocol: Protocol;
  /** The sender. */
  readonly source: Endpoint;
  /** The receiver: an address of this machine, not a broadcast or multicast one. */
  readonly destination: Endpoint;
}

/** The part of a socket that decides what it gets; a row of `connections()` is one. */
export interface DemuxSocket {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** Says whether the socket takes segments from anywhere (LISTEN, UNCONNECTED), or from its peer. */
  readonly state: SocketState;
  /** Where the socket is bound. */
  readonly local: Endpoint;
  /** Its peer; a socket in LISTEN or UNCONNECTED needs none. */
  readonly remote?: Endpoint;
  /** Whether a socket at "::" takes no IPv4 segments (IPV6_V6ONLY, ipv6(7)); `false` by default. */
  readonly v6Only?: boolean;
}

/** By which rule a socket gets a segment, the strongest first. */
export type DeliveryRule = "four-tuple" | "specific address" | "wildcard";

/**
 * Why no socket gets a segment, the nearest miss first.
 *
 * - "not listening": a TCP socket is bound there, but neither listens nor is connected
 * - "other remote": the sockets there are connected to other peers
 * - "other address": a socket has this port, but at another address of the machine
 * - "other family": a socket has this port, but in the other address family
 * - "no socket": no socket has this port of this protocol
 */
export type RefusalReason =
  | "not listening"
  | "other remote"
  | "other address"
  | "other family"
  | "no socket";

/** A segment that a socket gets. */
export interface DeliveredSegment<S extends DemuxSocket> {
  /** The rule that gives it to this socket. */
  readonly by: DeliveryRule;
  /** The socket that gets it; the first one, if several match equally well. */
  readonly socket: S;
  /**
   * Every socket that matches equally well, in the order given. There is more than one only with
   * SO_REUSEPORT (socket(7)); the kernel then picks by a hash of the four-tuple with a secret in it.
   */
  readonly group: readonly S[];
}

/** A segment that no socket gets. */
export interface RefusedSegment {
  /** Always "refused". */
  readonly by: "refused";
  /** There is no socket. */
  readonly socket: undefined;
  /** The nearest miss. */
  readonly reason: RefusalReason;
  /**
   * What the sender receives, unless a firewall drops it: a reset for TCP (RFC 9293 section 3.5.2),
   * an ICMP message for UDP (RFC 1122 section 4.1.3.1). Either becomes ECONNREFUSED there.
   */
  readonly answer: "RST" | "ICMP port unreachable";
}

/** What happens to a segment. */
export type DemuxResult<S extends DemuxSocket> = DeliveredSegment<S> | RefusedSegment;

/**
 * Returns which of the sockets gets an arriving segment.
 *
 * A connected socket with the segment's four-tuple comes first; then a TCP socket that listens, or
 * a UDP socket without a peer, bound to that address; then one bound to the wildcard, an IPv4 one
 * before an IPv6 one. An IPv6 socket at "::" gets IPv4 segments too, with mapped addresses, unless it is
 * `v6Only`. Two spellings of one IPv4 address, mapped or not, are the same to the kernel and here.
 *
 * TIME_WAIT is a connected state: its row gets the segments of its four-tuple. (The kernel passes an
 * acceptable new SYN on to the listener; this function does not consider flags.) Zones count only
 * where both ends have one, since the kernel's tables do not always contain them. Sockets bound to a
 * device (SO_BINDTODEVICE) are not considered either.
 *
 * @param segment The segment, seen from the machine at which it arrives
 * @param sockets The sockets of that machine
 * @throws {TypeError} If source and destination are of different families, or a connected socket has no
 *   `remote`
 *
 * @example One port, three sockets, three rules
 * ```ts
 * import { demux, type DemuxSocket, parseEndpoint } from "fourtuple/tuples";
 * import { assertEquals } from "@std/assert";
 *
 * const server = parseEndpoint("203.0.113.80:443");
 * const laptop = parseEndpoint("10.0.0.5:51234");
 * const sockets: DemuxSocket[] = [
 *   { protocol: "tcp", state: "LISTEN", local: parseEndpoint("0.0.0.0:443") },
 *   { protocol: "tcp", state: "LISTEN", local: server },
 *   { protocol: "tcp", state: "ESTABLISHED", local: server, remote: laptop },
 * ];
 * const rule = (source: string, destination: string) =>
 *   demux({
 *     protocol: "tcp",
 *     source: parseEndpoint(source),
 *     destination: parseEndpoint(destination),
 *   }, sockets).by;
 * assertEquals(rule("10.0.0.5:51234", "203.0.113.80:443"), "four-tuple");
 * assertEquals(rule("10.0.0.5:51235", "203.0.113.80:443"), "specific address");
 * assertEquals(rule("10.0.0.5:51235", "127.0.0.1:443"), "wildcard");
 * assertEquals(rule("10.0.0.5:51234", "203.0.113.80:80"), "refused");
 * ```
 */
export function demux<S extends DemuxSocket>(
  segment: Segment,
  sockets: Iterable<S>,
): DemuxResult<S> {
  const { local: destination, remote: source } = FourTuple.from(
    segment.destination.unmapped(),
    segment.source.unmapped(),
  );
  let best: { rule: DeliveryRule; score: number; group: S[] } | undefined;
  let reason: RefusalReason = "no socket";
  for (const socket of sockets) {
    if (socket.protocol !== segment.protocol || socket.local.port !== destination.port) continue;
    const claim = claimOf(socket, destination, source);
    if (!isRule(claim)) {
      if (REASONS.indexOf(claim) < REASONS.indexOf(reason)) reason = claim;
      continue;
    }
    // compute_score() gives a socket of the IPv4 family one point more.
    const score = 2 * (RULES.length - RULES.indexOf(claim)) +
      (socket.local.family === "IPv4" ? 1 : 0);
    if (best === undefined || score > best.score) {
      best = { rule: claim, score, group: [socket] };
    } else if (score === best.score) {
      best.group.push(socket);
    }
  }
  if (best === undefined) {
    const answer = segment.protocol === "tcp" ? "RST" : "ICMP port unreachable";
    return { by: "refused", socket: undefined, reason, answer };
  }
  return { by: best.rule, socket: best.group[0]!, group: best.group };
}

const RULES: readonly DeliveryRule[] = ["four-tuple", "specific address", "wildcard"];
const REASONS: readonly RefusalReason[] = [
  "not listening",
  "other remote",
  "other address",
  "other family",
  "no socket",
];

function isRule(claim: DeliveryRule | RefusalReason): claim is DeliveryRule {
  return (RULES as readonly string[]).includes(claim);
}

/** Returns by which rule a socket at the right port gets the segment, or why it does not. */
function claimOf(
  socket: DemuxSocket,
  destination: Endpoint,
  source: Endpoint,
): DeliveryRule | RefusalReason {
  const local = socket.local.unmapped();
  const takesBoth = socket.local.address === "::" && !socket.v6Only;
  if (local.family !== destination.family && !takesBoth) return "other family";
  if (!local.isWildcard && !sameAddress(local, destination)) return "other address";
  switch (socket.state) {
    case "CLOSE":
      return "not listening";
    case "LISTEN":
    case "UNCONNECTED":
      return local.isWildcard ? "wildcard" : "specific address";
    default: {
      const remote = remoteOf(socket).unmapped();
      return remote.port === source.port && sameAddress(remote, source)
        ? "four-tuple"
        : "other remote";
    }
  }
}

function remoteOf({ state, local, remote }: DemuxSocket): Endpoint {
  if (remote !== undefined) return remote;
  throw refusal(TypeError, {
    cannot: `Cannot deliver to a socket at "${local}"`,
    rule: `a socket in ${state} has a remote endpoint`,
    part: "undefined",
  });
}

function sameAddress(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address &&
    (one.zone === undefined || other.zone === undefined || one.zone === other.zone);
}
