/**
 * The options of a socket, by name and with typed values.
 *
 * A new option is a field of {@linkcode SocketOptionValues}, which says what it does, and a row of
 * the table below it, which says what the kernel takes.
 *
 * @module
 */
import { type Check, check, flag, MAX_INT, quote, quoteValue, refusal } from "../refusal.ts";
import { PortRange } from "../ports/port_range.ts";
import type { AddressFamily } from "../tuples/endpoint.ts";
import { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET } from "../system/constants.ts";
import type { KernelOption } from "../system/calls.ts";
import { errnoCode } from "../system/errno.ts";

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
  /**
   * TCP_KEEPIDLE, `tcp(7)`, in whole seconds from 1 to 32,767: how long nothing must have arrived
   * before the first keepalive probe. 7,200 (two hours) until set, unless the machine says otherwise.
   */
  keepAliveIdle: number;
  /**
   * TCP_KEEPINTVL, `tcp(7)`, in whole seconds from 1 to 32,767: from one keepalive probe to the
   * next. 75 until set, unless the machine says otherwise.
   */
  keepAliveInterval: number;
  /**
   * TCP_KEEPCNT, `tcp(7)`, 1 to 127: how many keepalive probes may stay without an answer before the
   * connection ends with ETIMEDOUT. 9 until set, unless the machine says otherwise.
   */
  keepAliveCount: number;
  /**
   * TCP_USER_TIMEOUT, `tcp(7)` and RFC 5482, in milliseconds: how long sent data may stay without an
   * acknowledgement before the connection ends with ETIMEDOUT. 0 until set: the kernel's own limit
   * of retransmissions decides (`tcp_retries2`), usually after 13 to 30 minutes.
   */
  userTimeout: number;
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

/** How a value is laid out in memory for the kernel. */
interface Layout<Value> {
  readonly bytes: number;
  readonly allowed: Check<Value>;
  write(view: DataView, value: Value): void;
  read(view: DataView): Value;
}

/** Where the kernel keeps an option. */
interface OptionNumber {
  readonly level: number;
  readonly number: number;
}

interface Option<Value> extends Layout<Value>, OptionNumber {
  /** The same option of an IPv6 socket, if it has another number there. */
  readonly ipv6?: OptionNumber;
}

const FLAG: Layout<boolean> = {
  bytes: 4,
  allowed: flag,
  write: (view, value) => view.setInt32(0, value ? 1 : 0, true),
  read: (view) => view.getInt32(0, true) !== 0,
};

const SIZE: Layout<number> = {
  bytes: 4,
  allowed: {
    rule: `a whole number of bytes from 0 to ${MAX_INT}`,
    isBounded: true,
    allows: isCount,
  },
  write: (view, value) => view.setInt32(0, value, true),
  read: (view) => view.getInt32(0, true),
};

/** A whole number, 4 bytes, with the kernel's bounds: do_tcp_setsockopt() in net/ipv4/tcp.c. */
function count(unit: string, least: number, most: number): Layout<number> {
  return {
    ...SIZE,
    allowed: {
      rule: `a whole number${unit} from ${least} to ${most}`,
      isBounded: true,
      allows: (value): value is number => isCount(value) && value >= least && value <= most,
    },
  };
}

/** `struct linger`, <sys/socket.h>: on or off, and the seconds. */
const LINGER: Layout<number | undefined> = {
  bytes: 8,
  allowed: {
    rule: `a whole number of seconds from 0 to ${MAX_INT}, or undefined`,
    isBounded: true,
    allows: (value): value is number | undefined => value === undefined || isCount(value),
  },
  write(view, value) {
    view.setInt32(0, value === undefined ? 0 : 1, true);
    view.setInt32(4, value ?? 0, true);
  },
  read: (view) => view.getInt32(0, true) === 0 ? undefined : view.getInt32(4, true),
};

/** The highest port in the upper half of 32 bits, the lowest in the lower half; 0 for no limit. */
const RANGE: Layout<PortRange | undefined> = {
  bytes: 4,
  allowed: {
    rule: "a PortRange that begins above port 0, or undefined",
    allows: (value): value is PortRange | undefined =>
      value === undefined || (value instanceof PortRange && value.first > 0),
  },
  write(view, value) {
    view.setUint16(0, value?.first ?? 0, true);
    view.setUint16(2, value?.last ?? 0, true);
  },
  read(view) {
    const [first, last] = [view.getUint16(0, true), view.getUint16(2, true)];
    return first === 0 && last === 0 ? undefined : PortRange.from(first, last || 65535);
  },
};

const PENDING_ERROR: Layout<string | undefined> = {
  bytes: 4,
  allowed: { rule: "only read, never set", allows: (_): _ is string | undefined => false },
  write() {},
  read(view) {
    const errno = view.getInt32(0, true);
    return errno === 0 ? undefined : errnoCode(errno);
  },
};

// The numbers are Linux's, from <asm-generic/socket.h>, <linux/in.h>, <linux/in6.h> and
// <linux/tcp.h>; the manual pages are named above. macOS has 0xffff for SOL_SOCKET, other numbers
// for its options and IPV6_V6ONLY, and lacks the options of IPPROTO_IP.
const OPTIONS: { readonly [Name in ReadableOptionName]: Option<ReadableOptionValues[Name]> } = {
  reuseAddress: { ...FLAG, level: SOL_SOCKET, number: 2 },
  reusePort: { ...FLAG, level: SOL_SOCKET, number: 15 },
  linger: { ...LINGER, level: SOL_SOCKET, number: 13 },
  v6Only: { ...FLAG, level: IPPROTO_IPV6, number: 26 },
  noDelay: { ...FLAG, level: IPPROTO_TCP, number: 1 },
  bindAddressNoPort: { ...FLAG, level: IPPROTO_IP, number: 24 },
  localPortRange: { ...RANGE, level: IPPROTO_IP, number: 51 },
  receiveErrors: {
    ...FLAG,
    level: IPPROTO_IP,
    number: 11,
    ipv6: { level: IPPROTO_IPV6, number: 25 },
  },
  keepAlive: { ...FLAG, level: SOL_SOCKET, number: 9 },
  keepAliveIdle: { ...count(" of seconds", 1, 32_767), level: IPPROTO_TCP, number: 4 },
  keepAliveInterval: { ...count(" of seconds", 1, 32_767), level: IPPROTO_TCP, number: 5 },
  keepAliveCount: { ...count("", 1, 127), level: IPPROTO_TCP, number: 6 },
  userTimeout: { ...count(" of milliseconds", 0, MAX_INT), level: IPPROTO_TCP, number: 18 },
  sendBufferSize: { ...SIZE, level: SOL_SOCKET, number: 7 },
  receiveBufferSize: { ...SIZE, level: SOL_SOCKET, number: 8 },
  pendingError: { ...PENDING_ERROR, level: SOL_SOCKET, number: 4 },
};

/**
 * Writes an option for the kernel.
 *
 * @param name The option
 * @param value Its new value
 * @param family The family of the socket; some options have another number for IPv6
 * @throws {TypeError} If there is no such option, or the value is of the wrong kind
 * @throws {RangeError} If the value is a number out of bounds
 */
export function writeOption<Name extends SocketOptionName>(
  name: Name,
  value: SocketOptionValues[Name],
  family: AddressFamily,
): KernelOption {
  const option = roomForOption(name, family);
  const layout: Layout<SocketOptionValues[Name]> = OPTIONS[name];
  const shown = value instanceof PortRange ? quote(String(value)) : quoteValue(value);
  const cannot = `Cannot set the option "${name}" to ${shown}`;
  check(value, layout.allowed, { cannot, what: "its value" });
  layout.write(new DataView(option.value.buffer), value);
  return option;
}

/**
 * Returns the numbers of an option, with room for its value.
 *
 * @param name The option
 * @param family The family of the socket
 * @throws {TypeError} If there is no such option
 */
export function roomForOption(name: ReadableOptionName, family: AddressFamily): KernelOption {
  if (!Object.hasOwn(OPTIONS, name)) {
    throw refusal(TypeError, {
      cannot: `Cannot use the option ${quoteValue(name)}`,
      rule: `the options are ${Object.keys(OPTIONS).join(", ")}`,
      part: quoteValue(name),
    });
  }
  const option = OPTIONS[name];
  const { level, number } = (family === "IPv6" ? option.ipv6 : undefined) ?? option;
  return { level, number, value: new Uint8Array(option.bytes) };
}

/**
 * Reads the value that the kernel wrote.
 *
 * @param name The option
 * @param bytes What the kernel wrote
 */
export function readOption<Name extends ReadableOptionName>(
  name: Name,
  bytes: Uint8Array,
): ReadableOptionValues[Name] {
  return OPTIONS[name].read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INT;
}
