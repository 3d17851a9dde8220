/** How each option of a socket is written for `setsockopt(2)` and read from `getsockopt(2)`. */
import { kindOf, quoteValue } from "../refusal.ts";
import { PortRange } from "../ports/port_range.ts";
import type { AddressFamily } from "../tuples/endpoint.ts";
import {
  IP_BIND_ADDRESS_NO_PORT,
  IP_LOCAL_PORT_RANGE,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_RECVERR,
  IPV6_V6ONLY,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_NODELAY,
} from "../system/constants.ts";
import type { KernelOption } from "../system/calls.ts";
import { errnoCode } from "../system/errno.ts";
import type {
  ReadableOptionName,
  ReadableOptionValues,
  SocketOptionName,
  SocketOptionValues,
} from "./options.ts";

/** How an option is written for the kernel. */
interface Encoding<Value> {
  /** How many bytes the value has. */
  readonly bytes: number;
  /** Writes a value, or returns the rule that it breaks. */
  write(view: DataView, value: Value): string | undefined;
  /** Reads a value. */
  read(view: DataView): Value;
}

interface Option<Value> extends Encoding<Value> {
  readonly level: number;
  readonly number: number;
  readonly ipv6?: { readonly level: number; readonly number: number };
}

const MAX_INT = 2 ** 31 - 1;

const FLAG: Encoding<boolean> = {
  bytes: 4,
  write(view, value) {
    if (typeof value !== "boolean") return "its value is true or false";
    view.setInt32(0, value ? 1 : 0, true);
  },
  read: (view) => view.getInt32(0, true) !== 0,
};

const SIZE: Encoding<number> = {
  bytes: 4,
  write(view, value) {
    if (!isCount(value)) return `its value is a whole number of bytes from 0 to ${MAX_INT}`;
    view.setInt32(0, value, true);
  },
  read: (view) => view.getInt32(0, true),
};

/** `struct linger`, <sys/socket.h>: on or off, and the seconds. */
const LINGER: Encoding<number | undefined> = {
  bytes: 8,
  write(view, value) {
    if (value !== undefined && !isCount(value)) {
      return `its value is a whole number of seconds from 0 to ${MAX_INT}, or undefined`;
    }
    view.setInt32(0, value === undefined ? 0 : 1, true);
    view.setInt32(4, value ?? 0, true);
  },
  read: (view) => view.getInt32(0, true) === 0 ? undefined : view.getInt32(4, true),
};

/** The highest port in the upper half of 32 bits, the lowest in the lower; 0 for no limit. */
const RANGE: Encoding<PortRange | undefined> = {
  bytes: 4,
  write(view, value) {
    if (value !== undefined && !(value instanceof PortRange && value.first > 0)) {
      return "its value is a PortRange that begins above port 0, or undefined";
    }
    view.setUint16(0, value?.first ?? 0, true);
    view.setUint16(2, value?.last ?? 0, true);
  },
  read(view) {
    const [first, last] = [view.getUint16(0, true), view.getUint16(2, true)];
    return first === 0 && last === 0 ? undefined : PortRange.from(first, last || 65535);
  },
};

const PENDING: Encoding<string | undefined> = {
  bytes: 4,
  write: () => "it can only be read",
  read(view) {
    const errno = view.getInt32(0, true);
    return errno === 0 ? undefined : errnoCode(errno);
  },
};

const OPTIONS: { readonly [Name in ReadableOptionName]: Option<ReadableOptionValues[Name]> } = {
  reuseAddress: { ...FLAG, level: SOL_SOCKET, number: SO_REUSEADDR },
  reusePort: { ...FLAG, level: SOL_SOCKET, number: SO_REUSEPORT },
  linger: { ...LINGER, level: SOL_SOCKET, number: SO_LINGER },
  v6Only: { ...FLAG, level: IPPROTO_IPV6, number: IPV6_V6ONLY },
  noDelay: { ...FLAG, level: IPPROTO_TCP, number: TCP_NODELAY },
  bindAddressNoPort: { ...FLAG, level: IPPROTO_IP, number: IP_BIND_ADDRESS_NO_PORT },
  localPortRange: { ...RANGE, level: IPPROTO_IP, number: IP_LOCAL_PORT_RANGE },
  receiveErrors: {
    ...FLAG,
    level: IPPROTO_IP,
    number: IP_RECVERR,
    ipv6: { level: IPPROTO_IPV6, number: IPV6_RECVERR },
  },
  keepAlive: { ...FLAG, level: SOL_SOCKET, number: SO_KEEPALIVE },
  sendBufferSize: { ...SIZE, level: SOL_SOCKET, number: SO_SNDBUF },
  receiveBufferSize: { ...SIZE, level: SOL_SOCKET, number: SO_RCVBUF },
  pendingError: { ...PENDING, level: SOL_SOCKET, number: SO_ERROR },
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
  { family }: { readonly family: AddressFamily },
): KernelOption {
  const kernel = numbersOf(name, family);
  const encoding: Encoding<SocketOptionValues[Name]> = OPTIONS[name];
  const rule = encoding.write(new DataView(kernel.value.buffer), value);
  if (rule !== undefined) throw refusal(name, value, rule);
  return kernel;
}

/**
 * Returns the numbers of an option, with room for its value.
 *
 * @param name The option
 * @param family The family of the socket
 * @throws {TypeError} If there is no such option
 */
export function numbersOf(name: ReadableOptionName, family: AddressFamily): KernelOption {
  if (!Object.hasOwn(OPTIONS, name)) {
    throw new TypeError(
      `Cannot use the option ${quoteValue(name)}: the options are ` +
        `${Object.keys(OPTIONS).join(", ")}, got ${quoteValue(name)}`,
    );
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

function refusal(name: string, value: unknown, rule: string): Error {
  const shown = value instanceof PortRange ? `"${value}"` : quoteValue(value);
  const got = typeof value === "object" || typeof value === "function" ? kindOf(value) : value;
  const message = `Cannot set the option "${name}" to ${shown}: ${rule}, got ${got}`;
  return isNumeric(name) && typeof value === "number"
    ? new RangeError(message)
    : new TypeError(message);
}

function isNumeric(name: string): boolean {
  return name === "linger" || name.endsWith("Size");
}
