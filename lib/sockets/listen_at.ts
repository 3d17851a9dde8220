/**
 * A listening socket in one call.
 *
 * @module
 */
import {
  checkOptions,
  flag,
  milliseconds,
  objectWith,
  type OptionChecks,
  wholeNumber,
} from "../refusal.ts";
import { type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { Socket, type SocketNetwork } from "./socket.ts";

/** Where {@linkcode listenAt} makes its socket, and how it waits. */
export interface ListenAtOptions {
  /** How many connections may wait to be accepted; see `Socket.listen`. */
  readonly backlog?: number | undefined;
  /** The network to make the socket in; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
  /** Whether it has SO_REUSEPORT, so that several sockets can listen there; `false` by default. */
  readonly reusePort?: boolean | undefined;
  /** How long each call on it may wait, in milliseconds; by default as long as it takes. */
  readonly timeout?: number | undefined;
}

const OPTIONS: OptionChecks<ListenAtOptions> = {
  backlog: wholeNumber(),
  reusePort: flag,
  network: objectWith("openSocket", "a network, such as labNetwork() makes"),
  timeout: milliseconds(),
};

/**
 * Makes a TCP socket, binds it and lets it listen: `socket(2)`, `bind(2)`, `listen(2)`. For a lesson
 * in which these three calls are known and something else is the subject.
 *
 * @param at An address of this machine or of the network, and the port; with port 0 the kernel picks one
 * @returns The listening socket, which the caller closes
 * @throws {SocketError} As `Socket.bind` and `Socket.listen` do; the socket is closed then
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {RangeError} If the backlog or the limit is out of bounds
 *
 * @example A server and its first client
 * ```ts
 * import { listenAt, Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using server = listenAt("127.0.0.1:0", { timeout: 5000 });
 * using client = Socket.tcp({ timeout: 5000 });
 * await client.connect(server.localEndpoint());
 * using accepted = await server.accept();
 * assertEquals(accepted.localEndpoint(), server.localEndpoint());
 * ```
 */
export function listenAt(at: EndpointLike, options: ListenAtOptions = {}): Socket {
  checkOptions(options, OPTIONS, "Cannot listen");
  const { backlog, network, reusePort, timeout } = options;
  const endpoint = toEndpoint(at);
  const socket = Socket.tcp({ family: endpoint.family, network, timeout });
  try {
    if (reusePort !== undefined) socket.setOption("reusePort", reusePort);
    socket.bind(endpoint);
    socket.listen(backlog);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
