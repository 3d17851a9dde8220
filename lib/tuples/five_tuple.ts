/**
 * What identifies a conversation, with its protocol.
 *
 * @module
 */
import { check, partOf, quoteValue, refusal, text } from "../refusal.ts";
import { assertProtocol, type Protocol } from "../ports/protocol.ts";
import type { Endpoint, NetAddress } from "./endpoint.ts";
import { FourTuple } from "./four_tuple.ts";
import { readProtocolTuple } from "./_tuple_text.ts";

/** A connection with its protocol; a `Deno.TcpConn` is one. */
export interface ProtocolConnectionAddresses {
  /** The end on this side, with its protocol. */
  readonly localAddr: NetAddress & { readonly transport: Protocol };
  /** The end on the other side. */
  readonly remoteAddr: NetAddress;
}

/**
 * A protocol and a four-tuple: what distinguishes one connected socket of a machine from every other.
 *
 * TCP and UDP have separate ports, so one four-tuple can be in use once with each. A listening socket
 * has no five-tuple: it has no remote end.
 *
 * A five-tuple never changes, and equal ones have equal texts, so `String(tuple)` is a map key.
 *
 * @example As a book writes it, local end first
 * ```ts
 * import { parseFiveTuple } from "fourtuple/tuples";
 * import { assertEquals } from "@std/assert";
 *
 * const socket = parseFiveTuple("(TCP, 192.168.1.100, 80, 10.0.0.50, 52431)");
 * assertEquals(String(socket), "tcp 192.168.1.100:80 -> 10.0.0.50:52431");
 * assertEquals([socket.local.port, socket.remote.port], [80, 52431]);
 * ```
 */
export class FiveTuple {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** The four-tuple. */
  readonly tuple: FourTuple;

  private constructor(protocol: Protocol, tuple: FourTuple) {
    this.protocol = protocol;
    this.tuple = tuple;
    Object.freeze(this);
  }

  /**
   * Makes a five-tuple of a protocol and a four-tuple.
   *
   * @param protocol "tcp" or "udp"
   * @param tuple The four-tuple
   * @throws {TypeError} If `protocol` is neither, or `tuple` is no {@linkcode FourTuple}
   */
  static from(protocol: Protocol, tuple: FourTuple): FiveTuple;
  /**
   * Makes the five-tuple of a connection, as in `FiveTuple.from(await listener.accept())`.
   *
   * @param connection An object with `localAddr` and `remoteAddr`, such as a `Deno.TcpConn`
   * @throws {TypeError} If it has no protocol, or an address has no `hostname` and `port`
   */
  static from(connection: ProtocolConnectionAddresses): FiveTuple;
  static from(
    protocol: Protocol | ProtocolConnectionAddresses,
    tuple?: FourTuple,
  ): FiveTuple {
    if (typeof protocol === "object" && protocol !== null) {
      return FiveTuple.from(protocol.localAddr?.transport, FourTuple.from(protocol));
    }
    assertProtocol(protocol);
    if (!(tuple instanceof FourTuple)) {
      throw refusal(TypeError, {
        cannot: `Cannot make a five-tuple of "${protocol}" and ${quoteValue(tuple)}`,
        rule: "the second part is a FourTuple",
        part: partOf(tuple),
      });
    }
    return new FiveTuple(protocol, tuple);
  }

  /** The end on this side. */
  get local(): Endpoint {
    return this.tuple.local;
  }

  /** The end on the other side. */
  get remote(): Endpoint {
    return this.tuple.remote;
  }

  /** Returns the five-tuple that the other end has for the same conversation. */
  reversed(): FiveTuple {
    return new FiveTuple(this.protocol, this.tuple.reversed());
  }

  /** Whether protocol and both endpoints are the same. */
  equals(other: FiveTuple): boolean {
    return this.protocol === other.protocol && this.tuple.equals(other.tuple);
  }

  /** Returns "tcp 10.0.0.5:51234 -> 203.0.113.80:443"; {@linkcode parseFiveTuple} reads it. */
  toString(): string {
    return `${this.protocol} ${this.tuple}`;
  }
}

/**
 * Reads a five-tuple from text: one of the forms of `parseFourTuple()` with a protocol before it.
 *
 * - "tcp 10.0.0.5:51234 -> 203.0.113.80:443", as {@linkcode FiveTuple.toString} writes it;
 * - "(TCP, 192.168.1.100, 80, 10.0.0.50, 52431)", as books do; the first endpoint becomes local.
 *
 * The protocol is read in lower case or in capitals, and written in lower case.
 *
 * @param input One of the two forms
 * @throws {TypeError} If `input` is not a string
 * @throws {SyntaxError} If `input` is no five-tuple, or its addresses are of two families
 * @throws {RangeError} If a port is above 65535
 *
 * @example Another protocol, another conversation
 * ```ts
 * import { parseFiveTuple } from "fourtuple/tuples";
 * import { assert } from "@std/assert";
 *
 * const tcp = parseFiveTuple("tcp 10.0.0.5:51234 -> 203.0.113.80:443");
 * const udp = parseFiveTuple("udp 10.0.0.5:51234 -> 203.0.113.80:443");
 * assert(!tcp.equals(udp) && tcp.tuple.equals(udp.tuple));
 * ```
 */
export function parseFiveTuple(input: string): FiveTuple {
  const cannot = `Cannot parse five-tuple ${quoteValue(input)}`;
  check(input, text, { cannot, what: "the input" });
  const { protocol, local, remote } = readProtocolTuple(input, cannot);
  return FiveTuple.from(protocol, FourTuple.from(local, remote));
}
