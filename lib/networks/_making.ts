/** How other files of this room make a `Socket` whose descriptor comes from elsewhere. */
import type { Protocol } from "../ports/protocol.ts";
import type { AddressFamily } from "../tuples/endpoint.ts";
import type { Socket, SocketOptions } from "../sockets/socket.ts";

/** Where a socket's descriptor comes from, and whom it belongs to. */
export interface Origin {
  /** Returns the descriptor of a new socket, non-blocking and close-on-exec. */
  readonly open: (protocol: Protocol, family: AddressFamily) => number;
  /** Holds the socket for as long as it is open, and those that it accepts. */
  readonly siblings: Set<Socket>;
}

/** Makes a socket. */
export type SocketMaker = (protocol: Protocol, options: SocketOptions, origin: Origin) => Socket;

/** `Socket`'s own: its constructor is private, and the public face need not know of this. */
export let makeSocket: SocketMaker;

/** What `Socket` calls when it is loaded. */
export function giveMaker(maker: SocketMaker): void {
  makeSocket = maker;
}
