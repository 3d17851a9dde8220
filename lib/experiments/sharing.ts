/**
 * Whether two sockets may share a port: both ask for it, and the kernel answers.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import type { Protocol } from "../ports/protocol.ts";
import { checkOptions, flag, oneOf, type OptionChecks, refusal, text } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { assertLoopbackOrPrivate, LAB_NETWORK } from "./_loopback_only.ts";

/** One of the two sockets that ask for a port. */
export interface PortSharer {
  /**
   * Its local address; "127.0.0.1" by default. It must be loopback unless the network is private.
   */
  readonly address?: string;
  /** "tcp" by default. */
  readonly protocol?: Protocol;
  /** Whether it has SO_REUSEADDR; `false` by default. */
  readonly reuseAddress?: boolean;
  /** Whether it has SO_REUSEPORT; `false` by default. */
  readonly reusePort?: boolean;
  /** Whether it has IPV6_V6ONLY, for an IPv6 socket; by default as the machine sets it. */
  readonly v6Only?: boolean;
}

/**
 * What the first socket has done with the port when the second one asks for it. Each stage continues
 * the one before it, except that "connected" has not listened.
 *
 * - "bound": it is bound to the port;
 * - "listening": it listens there (a UDP socket does not listen: the same as "bound");
 * - "accepted": it listened, accepted a client, and no longer listens: the accepted socket is left;
 * - "connected": it is bound to the port, and connected from there to some server.
 */
export type SharingStage = "bound" | "listening" | "accepted" | "connected";

/** Options of {@linkcode tryToShare}. */
export interface TryToShareOptions {
  /** What the first socket has done; "bound" by default. */
  readonly stage?: SharingStage;
  /** The network in which the sockets are made; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
}

/** The result: the call that was refused with EADDRINUSE, or "shared" if none was. */
export type SharingOutcome = "bind refused" | "listen refused" | "shared";

type Network = LabNetwork | undefined;

const MAX_TRIES = 20;
const TIMEOUT_MS = 5_000;
const SHARER: OptionChecks<PortSharer> = {
  address: text,
  protocol: oneOf("tcp", "udp"),
  reuseAddress: flag,
  reusePort: flag,
  v6Only: flag,
};
const OPTIONS: OptionChecks<TryToShareOptions> = {
  stage: oneOf("bound", "listening", "accepted", "connected"),
  network: LAB_NETWORK,
};

/**
 * Lets one socket take a port that the kernel picks, and another ask for the same number: `bind`, and
 * for TCP then `listen`. Both are closed at the end.
 *
 * @param first The socket that takes the port
 * @param second The socket that asks for the same number
 * @returns Which call the kernel refused, if any
 * @throws {SocketError} If a call fails for another reason than EADDRINUSE, such as an address that
 * the machine does not have (EADDRNOTAVAIL)
 * @throws {TypeError} If an option is misspelt or of the wrong kind, or a UDP socket is to accept
 * @throws {RangeError} If an address is not loopback, and the network is not private
 * @throws {SyntaxError} If an address does not parse
 *
 * @example One option is enough if both have it
 * ```ts
 * import { tryToShare } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToShare({}, {}), "bind refused");
 * assertEquals(await tryToShare({}, { address: "127.0.0.2" }), "shared");
 * assertEquals(await tryToShare({ reusePort: true }, { reusePort: true }), "shared");
 * assertEquals(await tryToShare({ reusePort: true }, {}), "bind refused");
 * ```
 */
export async function tryToShare(
  first: PortSharer,
  second: PortSharer,
  options: TryToShareOptions = {},
): Promise<SharingOutcome> {
  const cannot = "Cannot share a port";
  for (const sharer of [first, second]) checkOptions(sharer, SHARER, cannot);
  checkOptions(options, OPTIONS, cannot);
  const { stage = "bound", network } = options;
  if (stage === "accepted" && first.protocol === "udp") {
    throw refusal(TypeError, { cannot, rule: "only a TCP socket accepts", part: '"udp"' });
  }
  for (const sharer of [first, second]) {
    const endpoint = Endpoint.from(addressOf(sharer), 0);
    assertLoopbackOrPrivate(endpoint, { network, cannot: "Cannot share a port at" });
  }
  using open = new DisposableStack();
  const make = (sharer: PortSharer) => open.use(socketOf(sharer, network));
  const one = make(first);
  const port = bindWhereFree(one, { first, second, network });
  if (one.protocol === "tcp" && stage === "listening") one.listen();
  if (stage === "accepted") open.use(await acceptAndClose(one, make(callerOf(first))));
  if (stage === "connected") await one.connect(open.use(listenerFor(one, network)).localEndpoint());

  const other = make(second);
  try {
    other.bind(Endpoint.from(addressOf(second), port));
    if (other.protocol === "tcp") other.listen();
    return "shared";
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "EADDRINUSE") throw error;
    return error.call === "bind" ? "bind refused" : "listen refused";
  }
}

/**
 * Binds the first socket to a port that is also free at the second's address: another program's
 * socket there would look like a refusal because of the first. It may still come a moment later.
 */
function bindWhereFree(
  one: Socket,
  { first, second, network }: { first: PortSharer; second: PortSharer; network: Network },
): number {
  for (let tries = 1;; tries++) {
    using probe = socketOf({ ...second, reuseAddress: false, reusePort: false }, network);
    probe.bind(Endpoint.from(addressOf(second), 0));
    const { port } = probe.localEndpoint();
    probe.close();
    try {
      one.bind(Endpoint.from(addressOf(first), port));
      return port;
    } catch (error) {
      const isTaken = error instanceof SocketError && error.code === "EADDRINUSE";
      if (!isTaken || tries === MAX_TRIES) throw error;
    }
  }
}

function socketOf(sharer: PortSharer, network: Network): Socket {
  const { protocol = "tcp", reuseAddress, reusePort, v6Only } = sharer;
  const family = addressOf(sharer).includes(":") ? "IPv6" : "IPv4";
  const socket = Socket[protocol]({ network, family, timeout: TIMEOUT_MS });
  try {
    if (reuseAddress !== undefined) socket.setOption("reuseAddress", reuseAddress);
    if (reusePort !== undefined) socket.setOption("reusePort", reusePort);
    if (v6Only !== undefined) socket.setOption("v6Only", v6Only);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function addressOf({ address = "127.0.0.1" }: PortSharer): string {
  return address;
}

/** A plain socket of the same family, to connect to the first. */
function callerOf(sharer: PortSharer): PortSharer {
  return { address: addressOf(sharer) };
}

/** Accepts one client, and stops listening. */
async function acceptAndClose(listener: Socket, client: Socket): Promise<Socket> {
  listener.listen();
  await client.connect(reachable(listener.localEndpoint()));
  const accepted = await listener.accept();
  listener.close();
  // So that its close leaves no TIME_WAIT in the way of the next trial.
  client.setOption("linger", 0);
  return accepted;
}

/** A socket for the first to connect to, at the same address: a wildcard becomes loopback. */
function listenerFor(one: Socket, network: Network): Socket {
  const socket = Socket[one.protocol]({ network, family: one.family, timeout: TIMEOUT_MS });
  const { address } = reachable(one.localEndpoint());
  socket.bind(Endpoint.from(address, 0));
  if (one.protocol === "tcp") {
    socket.listen();
    one.setOption("linger", 0);
  }
  return socket;
}

function reachable(endpoint: Endpoint): Endpoint {
  if (!endpoint.isWildcard) return endpoint;
  return Endpoint.from(endpoint.family === "IPv6" ? "::1" : "127.0.0.1", endpoint.port);
}
