/**
 * What identifies a conversation: two endpoints.
 *
 * @module
 */
import { check, instanceOf, quote, quoteValue, refusal, text } from "../refusal.ts";
import { Endpoint, type NetAddress } from "./endpoint.ts";
import { readTuple } from "./_tuple_text.ts";

/** Both ends of a connection as Deno has them; a `Deno.TcpConn` is one. */
export interface ConnectionAddresses {
  /** The end on this side. */
  readonly localAddr: NetAddress;
  /** The end on the other side. */
  readonly remoteAddr: NetAddress;
}

/**
 * A local and a remote endpoint: what distinguishes one connection from every other.
 *
 * Local is the end on the observer's side: client and server have two four-tuples for the same
 * conversation, each the other {@linkcode FourTuple.reversed}. A four-tuple never changes, and equal
 * ones have equal texts, so `String(tuple)` is a map key.
 *
 * Both endpoints are of one address family. An IPv6 socket that talks to an IPv4 peer has mapped
 * addresses at both ends.
 *
 * @example One server port, two clients, two names
 * ```ts
 * import { FourTuple, parseEndpoint, parseFourTuple } from "fourtuple/tuples";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const server = parseEndpoint("203.0.113.80:443");
 * const first = FourTuple.from(parseEndpoint("10.0.0.5:51234"), server);
 * const second = FourTuple.from(parseEndpoint("10.0.0.5:51235"), server);
 * assert(!first.equals(second));
 * assertEquals(String(first), "10.0.0.5:51234 -> 203.0.113.80:443");
 * assertEquals(String(first.reversed()), "203.0.113.80:443 -> 10.0.0.5:51234");
 * assert(first.equals(parseFourTuple("(10.0.0.5, 51234, 203.0.113.80, 443)")));
 * ```
 */
export class FourTuple {
  /** The end on this side; a packet from here has it as its source. */
  readonly local: Endpoint;
  /** The end on the other side; a packet from here has it as its destination. */
  readonly remote: Endpoint;

  private constructor(local: Endpoint, remote: Endpoint) {
    this.local = local;
    this.remote = remote;
    Object.freeze(this);
  }

  /**
   * Makes a four-tuple of two endpoints.
   *
   * @param local The end on this side
   * @param remote The end on the other side
   * @throws {TypeError} If one of them is no {@linkcode Endpoint}, or their families differ
   */
  static from(local: Endpoint, remote: Endpoint): FourTuple;
  /**
   * Makes the four-tuple of a connection, as in `FourTuple.from(await listener.accept())`.
   *
   * @param connection An object with `localAddr` and `remoteAddr`, such as a `Deno.TcpConn`
   * @throws {TypeError} If an address has no `hostname` and `port`, as that of a Unix socket
   */
  static from(connection: ConnectionAddresses): FourTuple;
  static from(local: Endpoint | ConnectionAddresses, remote?: Endpoint): FourTuple {
    if (!(local instanceof Endpoint)) {
      return FourTuple.from(Endpoint.from(local?.localAddr), Endpoint.from(local?.remoteAddr));
    }
    if (!(remote instanceof Endpoint) || local.family !== remote.family) {
      throw notOneFamily(local, remote);
    }
    return new FourTuple(local, remote);
  }

  /** Returns the four-tuple that the other end has for the same conversation. */
  reversed(): FourTuple {
    return new FourTuple(this.remote, this.local);
  }

  /** Whether both endpoints are the same; a reversed four-tuple is another one. */
  equals(other: FourTuple): boolean {
    return this.local.equals(other.local) && this.remote.equals(other.remote);
  }

  /** Returns "10.0.0.5:51234 -> 203.0.113.80:443"; {@linkcode parseFourTuple} reads it. */
  toString(): string {
    return `${this.local} -> ${this.remote}`;
  }
}

/**
 * Reads a four-tuple from text, in one of two forms.
 *
 * - "10.0.0.5:51234 -> 203.0.113.80:443", as {@linkcode FourTuple.toString} writes it;
 * - "(10.0.0.5, 51234, 203.0.113.80, 443)", as books do: source and destination, each an address
 *   and a port. The source becomes local. IPv6 addresses have no brackets here.
 *
 * There are blanks where these forms have them and nowhere else. Addresses and ports are read as
 * strictly as by `parseEndpoint()`.
 *
 * @param input One of the two forms
 * @throws {TypeError} If `input` is not a string
 * @throws {SyntaxError} If `input` is no four-tuple, or its addresses are of two families
 * @throws {RangeError} If a port is above 65535
 *
 * @example A missing side
 * ```ts
 * import { parseFourTuple } from "fourtuple/tuples";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(String(parseFourTuple("(::1, 51234, ::1, 80)")), "[::1]:51234 -> [::1]:80");
 * assertThrows(
 *   () => parseFourTuple("10.0.0.5:51234"),
 *   SyntaxError,
 *   'a four-tuple is two endpoints with " -> " between, got 1',
 * );
 * ```
 */
export function parseFourTuple(input: string): FourTuple {
  const cannot = `Cannot parse four-tuple ${quoteValue(input)}`;
  check(input, text, { cannot, what: "the input" });
  const { local, remote } = readTuple(input, cannot);
  return FourTuple.from(local, remote);
}

function notOneFamily(local: Endpoint, remote: unknown): Error {
  const shown = remote instanceof Endpoint ? quote(`${remote}`) : quoteValue(remote);
  const cannot = `Cannot make a four-tuple of "${local}" and ${shown}`;
  check(remote, instanceOf(Endpoint, "an Endpoint"), { cannot, what: "the remote end" });
  return refusal(TypeError, {
    cannot,
    rule: "both addresses are of one family",
    part: `${local.family} and ${remote.family}`,
  });
}
