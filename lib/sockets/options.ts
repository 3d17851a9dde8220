/**
 * The options of a socket, by name and with typed values.
 *
 * @module
 */
import type { PortRange } from "../ports/port_range.ts";

/** Every option that can be set, with the type of its value. */
export interface SocketOptionValues {
  /**
   * SO_REUSEADDR, `socket(7)`: may be bound to a port that only TIME_WAIT holds, or that sockets
   * hold which have the option too and do not listen. Off until set.
   */
  reuseAddress: boolean;
  /**
   * SO_REUSEPORT, `socket(7)`: may share a port, even to listen on, with sockets of the same user
   * which have the option too; the kernel spreads the clients over them. Off until set.
   */
  reusePort: boolean;
  /**
   * SO_LINGER, `socket(7)`, in seconds. 0: a close throws the connection away with a reset (RST),
   * and no TIME_WAIT follows. More: the close waits so long for what is still to be sent, and
   * that stops the whole program. `undefined`: the kernel sends the rest after the close. That is
   * how a socket begins.
   */
  linger: number | undefined;
  /** IPV6_V6ONLY, `ipv6(7)`: a socket on `::` leaves IPv4 clients alone. Off on most machines. */
  v6Only: boolean;
  /** TCP_NODELAY, `tcp(7)`: small pieces are sent at once, not gathered. Off until set. */
  noDelay: boolean;
  /**
   * IP_BIND_ADDRESS_NO_PORT, `ip(7)`, Linux 4.2: a bind to port 0 takes the address only; the port
   * is picked by the connect, which knows the whole four-tuple. Off until set.
   */
  bindAddressNoPort: boolean;
  /**
   * IP_LOCAL_PORT_RANGE, `ip(7)`, Linux 6.3: the kernel picks this socket's ephemeral port from
   * these, as far as they lie within the machine's own range. `undefined` until set: all of them.
   */
  localPortRange: PortRange | undefined;
  /**
   * IP_RECVERR and IPV6_RECVERR, `ip(7)`: an unconnected UDP socket hears of the datagrams that
   * came back, too. Off until set.
   */
  receiveErrors: boolean;
  /** SO_KEEPALIVE, `socket(7)`: a silent connection is probed now and then. Off until set. */
  keepAlive: boolean;
  /** SO_SNDBUF, `socket(7)`, in bytes; Linux doubles what is set, for its own bookkeeping. */
  sendBufferSize: number;
  /** SO_RCVBUF, `socket(7)`, in bytes; Linux doubles what is set, for its own bookkeeping. */
  receiveBufferSize: number;
}

/** Every option that can be read: all that can be set, and one more. */
export interface ReadableOptionValues extends SocketOptionValues {
  /**
   * SO_ERROR, `socket(7)`: the name of the error that waits for the next call, such as
   * "ECONNREFUSED", or `undefined`. Reading takes it away.
   */
  pendingError: string | undefined;
}

/** The name of an option that can be set. */
export type SocketOptionName = keyof SocketOptionValues;

/** The name of an option that can be read. */
export type ReadableOptionName = keyof ReadableOptionValues;
