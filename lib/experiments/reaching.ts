/**
 * Who reaches a server: one socket listens at an address, another calls one, and the kernel answers.
 *
 * @module
 */
import { Endpoint } from "../tuples/endpoint.ts";
import { assertOwn } from "./_own_addresses.ts";
import { SocketError } from "../system/errno.ts";
import type { SocketMaker } from "./sharing.ts";
import { Socket } from "../sockets/socket.ts";

/** Where a server listens. */
export interface ListeningAddress {
  /** The address, IPv4 or IPv6; only in a private network one that is not loopback. */
  readonly address: string;
  /** Whether it has IPV6_V6ONLY, of an IPv6 address; by default as the machine has it. */
  readonly v6Only?: boolean;
}

/** Options of {@linkcode tryToReach}. */
export interface TryToReachOptions {
  /** Where the sockets are made; on this machine by default. */
  readonly network?: SocketMaker;
}

/** What became of the call. */
export type ReachOutcome = "connected" | "refused";

const TIMEOUT_MS = 5_000;

/**
 * Lets a TCP server listen at an address, at a port that the kernel picks, and a client call this
 * port at another address or the same one. All sockets are closed in the end, with a reset, so that
 * no TIME_WAIT stays behind.
 *
 * @param listener Where the server listens
 * @param called The address that the client calls
 * @throws {SocketError} If a call fails for another reason than that nobody listens (ECONNREFUSED),
 * such as an address that the machine does not have (EADDRNOTAVAIL)
 * @throws {RangeError} If an address is not loopback, and there is no private network
 * @throws {SyntaxError} If an address is none
 *
 * @example Two of this machine's own addresses
 * ```ts
 * import { tryToReach } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToReach({ address: "127.0.0.1" }, "127.0.0.1"), "connected");
 * assertEquals(await tryToReach({ address: "127.0.0.1" }, "127.0.0.2"), "refused");
 * ```
 */
export async function tryToReach(
  { address, v6Only }: ListeningAddress,
  called: string,
  { network = Socket }: TryToReachOptions = {},
): Promise<ReachOutcome> {
  const [at, to] = [Endpoint.from(address, 0), Endpoint.from(called, 0)];
  assertOwn(at, { network, cannot: "listen at" });
  assertOwn(to, { network, cannot: "call" });
  using server = network.tcp({ family: at.family, timeout: TIMEOUT_MS });
  if (v6Only !== undefined) server.setOption("v6Only", v6Only);
  server.bind(at);
  server.listen();
  using client = network.tcp({ family: to.family, timeout: TIMEOUT_MS });
  client.setOption("linger", 0);
  try {
    await client.connect(Endpoint.from(called, server.localEndpoint().port));
    return "connected";
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "ECONNREFUSED") throw error;
    return "refused";
  }
}
