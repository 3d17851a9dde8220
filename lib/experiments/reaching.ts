/**
 * Whether a server can be reached: one socket listens at an address, another connects to an address,
 * and the kernel answers.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import { check, checkOptions, flag, type OptionChecks, text } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { assertLoopbackOrPrivate, LAB_NETWORK } from "./_loopback_only.ts";

/** Where a server listens. */
export interface ListeningAddress {
  /** The address, IPv4 or IPv6; it must be loopback unless the network is private. */
  readonly address: string;
  /** Whether it has IPV6_V6ONLY, for an IPv6 address; by default as the machine sets it. */
  readonly v6Only?: boolean;
}

/** Options of {@linkcode tryToReach}. */
export interface TryToReachOptions {
  /** The network in which the sockets are made; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
}

/** The result of the call. */
export type ReachOutcome = "connected" | "refused";

const TIMEOUT_MS = 5_000;
const LISTENER: OptionChecks<ListeningAddress> = { address: text, v6Only: flag };
const OPTIONS: OptionChecks<TryToReachOptions> = { network: LAB_NETWORK };

/**
 * Lets a TCP server listen at an address, on a port that the kernel picks, and a client connect to
 * this port at the same or another address. All sockets are closed at the end, with a reset, so that
 * no TIME_WAIT is left behind.
 *
 * @param listener Where the server listens
 * @param called The address that the client connects to
 * @throws {SocketError} If a call fails for another reason than that nobody listens (ECONNREFUSED),
 * such as an address that the machine does not have (EADDRNOTAVAIL)
 * @throws {RangeError} If an address is not loopback, and the network is not private
 * @throws {SyntaxError} If an address does not parse
 * @throws {TypeError} If an option is misspelt or of the wrong kind
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
  listener: ListeningAddress,
  called: string,
  options: TryToReachOptions = {},
): Promise<ReachOutcome> {
  checkOptions(listener, LISTENER, "Cannot listen");
  check(called, text, { cannot: "Cannot connect", what: "the address that is called" });
  checkOptions(options, OPTIONS, "Cannot try to reach a server");
  const { network } = options;
  const [at, to] = [Endpoint.from(listener.address, 0), Endpoint.from(called, 0)];
  assertLoopbackOrPrivate(at, { network, cannot: "Cannot listen at" });
  assertLoopbackOrPrivate(to, { network, cannot: "Cannot connect to" });
  using server = Socket.tcp({ network, family: at.family, timeout: TIMEOUT_MS });
  if (listener.v6Only !== undefined) server.setOption("v6Only", listener.v6Only);
  server.bind(at);
  server.listen();
  using client = Socket.tcp({ network, family: to.family, timeout: TIMEOUT_MS });
  client.setOption("linger", 0);
  try {
    await client.connect(Endpoint.from(called, server.localEndpoint().port));
    return "connected";
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "ECONNREFUSED") throw error;
    return "refused";
  }
}
