/**
 * Who may share a port: two sockets ask for it, and the kernel answers.
 *
 * @module
 */
import { kindOf, quoteValue } from "../refusal.ts";
import { assertProtocol, type Protocol } from "../ports/protocol.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { assertOwn } from "./_own_addresses.ts";
import { SocketError } from "../system/errno.ts";
import { Socket, type SocketOptions } from "../sockets/socket.ts";

/** What makes sockets: the class {@linkcode Socket}, or a network of one's own. */
export interface SocketMaker {
  /** Whether nothing leads out of it, so that any address may be used; only then it is `true`. */
  readonly isPrivate?: boolean;
  /** Makes a TCP socket. */
  tcp(options?: SocketOptions): Socket;
  /** Makes a UDP socket. */
  udp(options?: SocketOptions): Socket;
}

/** One of the two sockets that ask for a port. */
export interface PortSharer {
  /**
   * Its local address; "127.0.0.1" by default. Only a private network may have one that is not
   * loopback.
   */
  readonly address?: string;
  /** "tcp" by default. */
  readonly protocol?: Protocol;
  /** Whether it has SO_REUSEADDR; `false` by default. */
  readonly reuseAddress?: boolean;
  /** Whether it has SO_REUSEPORT; `false` by default. */
  readonly reusePort?: boolean;
  /** Whether it has IPV6_V6ONLY, of an IPv6 socket; by default as the machine has it. */
  readonly v6Only?: boolean;
}

/**
 * What the first has done with the port when the second comes; each goes on where the one before it
 * ends, but for "connected", which has not listened.
 *
 * - "bound": bound it;
 * - "listening": and listens there (of UDP, which does not listen, the same as "bound");
 * - "accepted": listened, has accepted a client, and listens no more: the accepted socket is left;
 * - "connected": bound it, and connected from there to some server.
 */
export type SharingStage = "bound" | "listening" | "accepted" | "connected";

/** Options of {@linkcode tryToShare}. */
export interface TryToShareOptions {
  /** What the first has done; "bound" by default. */
  readonly stage?: SharingStage;
  /** Where the sockets are made; on this machine by default. */
  readonly network?: SocketMaker;
}

/** What came of it: the call that was refused with EADDRINUSE, or none. */
export type SharingOutcome = "bind refused" | "listen refused" | "shared";

const STAGES: readonly SharingStage[] = ["bound", "listening", "accepted", "connected"];
const MAX_TRIES = 20;
const TIMEOUT_MS = 5_000;

/**
 * Lets one socket take a port that the kernel picks, and another ask for the same number: `bind`,
 * and of TCP then `listen`. Both are closed in the end.
 *
 * @param first Who comes first
 * @param second Who comes second
 * @returns Which call the kernel refused, if any
 * @throws {SocketError} If a call fails for another reason than EADDRINUSE, such as an address that
 * the machine does not have (EADDRNOTAVAIL)
 * @throws {TypeError} If there is no such stage or protocol, or a UDP socket is to have accepted
 * @throws {RangeError} If an address is not loopback, and there is no private network
 * @throws {SyntaxError} If an address is none
 *
 * @example One option is enough, if both have it
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
  { stage = "bound", network = Socket }: TryToShareOptions = {},
): Promise<SharingOutcome> {
  assertStage(stage, first);
  for (const { protocol = "tcp" } of [first, second]) assertProtocol(protocol);
  for (const sharer of [first, second]) {
    assertOwn(Endpoint.from(addressOf(sharer), 0), { network, cannot: "share a port at" });
  }
  using open = new DisposableStack();
  const make = (sharer: PortSharer) => open.use(socketOf(sharer, network));
  const one = make(first);
  const port = bindWhereFree(one, { first, second, network });
  if (one.protocol === "tcp" && stage === "listening") one.listen();
  if (stage === "accepted") open.use(await acceptAndClose(one, make(callerOf(first))));
  if (stage === "connected") await one.connect(open.use(somebody(one, network)).localEndpoint());

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
 * Binds the first to a port that is free at the second's address, too: somebody else's socket there
 * would be taken for the first's doing. In the moment in between it can still come.
 */
function bindWhereFree(
  one: Socket,
  { first, second, network }: { first: PortSharer; second: PortSharer; network: SocketMaker },
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

function socketOf(sharer: PortSharer, network: SocketMaker): Socket {
  const { protocol = "tcp", reuseAddress, reusePort, v6Only } = sharer;
  const family = addressOf(sharer).includes(":") ? "IPv6" : "IPv4";
  const socket = network[protocol]({ family, timeout: TIMEOUT_MS });
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

/** A plain socket of the same family, which may call the other. */
function callerOf(sharer: PortSharer): PortSharer {
  return { address: addressOf(sharer) };
}

/** Lets one client in, and listens no more. */
async function acceptAndClose(listener: Socket, client: Socket): Promise<Socket> {
  listener.listen();
  await client.connect(reachable(listener.localEndpoint()));
  const accepted = await listener.accept();
  listener.close();
  // Thrown away in the end, so that no TIME_WAIT stays behind to be in the next trial's way.
  client.setOption("linger", 0);
  return accepted;
}

/** Whom the first may connect to, at its own address: a wildcard becomes loopback. */
function somebody(one: Socket, network: SocketMaker): Socket {
  const socket = network[one.protocol]({ family: one.family, timeout: TIMEOUT_MS });
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

function assertStage(stage: unknown, first: PortSharer): void {
  if (!STAGES.includes(stage as SharingStage)) {
    throw new TypeError(
      `Cannot share a port that is ${quoteValue(stage)}: the stages are ${
        STAGES.map((each) => `"${each}"`).join(", ")
      }, got ${typeof stage === "string" ? quoteValue(stage) : kindOf(stage)}`,
    );
  }
  if (stage === "accepted" && first.protocol === "udp") {
    throw new TypeError(
      'Cannot share a port that is "accepted": only a TCP socket accepts, got a UDP one',
    );
  }
}
