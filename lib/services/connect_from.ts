/**
 * A client that chooses its own port.
 *
 * @module
 */
import {
  checkOptions,
  instanceOf,
  milliseconds,
  objectWith,
  type OptionChecks,
  refusal,
} from "../refusal.ts";
import { Socket, type SocketNetwork, type WaitOptions } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { FourTuple } from "../tuples/four_tuple.ts";

/** Where {@linkcode connectFrom} makes its socket, and how long it may wait. */
export interface ConnectFromOptions extends WaitOptions {
  /** The network to make the socket in; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
}

/**
 * Connects from an endpoint of your choice: bind first, then connect.
 *
 * No server can assign a client its port, since the client binds to its port before the first
 * segment leaves. This function is how a client does it. The port need not be unused: the four-tuple
 * must be new. The same port can be used from two addresses, or to two servers, for two connections.
 * (That needs SO_REUSEADDR on both sockets, which this function sets; without it the second bind to
 * the same endpoint fails.)
 *
 * @param local An address of this machine or of the network, and the port to connect from; with port 0 the kernel
 * picks one once it knows where the connection goes
 * @param remote The server
 * @returns The connected socket, which the caller closes
 * @throws {SocketError} If another connection has the four-tuple, or it is in TIME_WAIT
 * (EADDRNOTAVAIL from connect); if the local endpoint belongs to a socket that listens, or that lacks
 * SO_REUSEADDR, as when the kernel picked its port (EADDRINUSE); if its address is not one of this
 * machine's (EADDRNOTAVAIL from bind) or its port privileged (EACCES); or as `Socket.connect` does
 * @throws {TypeError} If one endpoint is IPv4 and the other IPv6, or an option is not known or of the
 * wrong kind
 * @throws {RangeError} If both endpoints are the same
 *
 * @example One source port, two computers, and a four-tuple that is taken
 * ```ts
 * import { freePort, Socket, SocketError } from "fourtuple/sockets";
 * import { connectFrom } from "fourtuple/services";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * using server = Socket.tcp();
 * server.bind("127.0.0.1:0");
 * server.listen();
 *
 * const held = freePort({ address: "127.0.0.2" });
 * const { port } = held;
 * held.release();
 * using first = await connectFrom(`127.0.0.2:${port}`, server.localEndpoint());
 * using second = await connectFrom(`127.0.0.3:${port}`, server.localEndpoint());
 * assertEquals(second.localEndpoint().port, port);
 *
 * const error = await assertRejects(
 *   () => connectFrom(`127.0.0.2:${port}`, server.localEndpoint()),
 *   SocketError,
 * );
 * assertEquals([error.call, error.code], ["connect", "EADDRNOTAVAIL"]);
 * ```
 */
export async function connectFrom(
  local: EndpointLike,
  remote: EndpointLike,
  options: ConnectFromOptions = {},
): Promise<Socket> {
  checkOptions(options, CHECKS, "Cannot connect from an endpoint of your choice");
  const { network, ...wait } = options;
  const tuple = FourTuple.from(toEndpoint(local), toEndpoint(remote));
  if (tuple.local.equals(tuple.remote)) throw toItself(tuple);
  const socket = Socket.tcp({ family: tuple.local.family, network });
  try {
    socket.setOption("reuseAddress", true);
    // Otherwise bind would look for a port that no connection at all has.
    if (tuple.local.port === 0) socket.setOption("bindAddressNoPort", true);
    socket.bind(tuple.local);
    await socket.connect(tuple.remote, wait);
    return notToItself(socket, tuple.remote);
  } catch (error) {
    socket.close();
    throw error instanceof SocketError ? explained(error, tuple) : error;
  }
}

const CHECKS: OptionChecks<ConnectFromOptions> = {
  network: objectWith("openSocket", "a network, such as labNetwork() makes"),
  signal: instanceOf(AbortSignal, "an AbortSignal"),
  timeout: milliseconds(),
};

/** Connects from an endpoint that the kernel picks. */
export async function connect(remote: EndpointLike, options: WaitOptions): Promise<Socket> {
  const to = toEndpoint(remote);
  const socket = Socket.tcp({ family: to.family });
  try {
    await socket.connect(to, options);
    return notToItself(socket, to);
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** TCP lets one socket open a connection to itself (RFC 9293, 3.5, simultaneous open). */
function notToItself(socket: Socket, remote: Endpoint): Socket {
  const tuple = FourTuple.from(socket.localEndpoint(), remote);
  if (tuple.local.equals(tuple.remote)) throw toItself(tuple);
  return socket;
}

/** The kernel has one errno for "no port left" and "this four-tuple is taken". */
function explained(error: SocketError, tuple: FourTuple): SocketError {
  const { call, code, errno } = error;
  if (call !== "connect" || code !== "EADDRNOTAVAIL" || tuple.local.port === 0) return error;
  return new SocketError(call, errno, {
    endpoint: tuple.remote,
    meaning: `another connection has the four-tuple ${tuple}, or it is in TIME_WAIT`,
  });
}

function toItself(tuple: FourTuple): RangeError {
  return refusal(RangeError, {
    cannot: `Cannot connect from "${tuple.local}" to "${tuple.remote}"`,
    rule: "a connection has two different ends",
    part: "the same endpoint twice",
  });
}
