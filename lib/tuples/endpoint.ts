/**
 * One end of a conversation: an address and a port.
 *
 * @module
 */
import { assertPort, parsePort, readPort } from "../ports/port.ts";
import {
  check,
  kindOf,
  partOf,
  quote,
  quoteValue,
  refusal,
  type Refuse,
  refuser,
  text,
} from "../refusal.ts";
import {
  type Address,
  addressBytes,
  type AddressFamily,
  formatBytes,
  mappedIpv4,
  readAddress,
} from "./address.ts";

export type { AddressFamily };

/** An address and a port as Deno has them; `Deno.NetAddr` is one. */
export interface NetAddress {
  /** The address; Deno calls it a host name, but that of a listener or a connection is numeric. */
  readonly hostname: string;
  /** The port, 0 to 65535. */
  readonly port: number;
}

/**
 * An address and a port: what a socket is bound to, or connected to.
 *
 * An endpoint never changes, and equal endpoints have equal texts: IPv6 addresses are written as RFC
 * 5952 says (lower case, the longest run of zeros left out), so `String(endpoint)` is a map key.
 *
 * An IPv4-mapped address (`::ffff:127.0.0.1`, what an IPv6 socket calls an IPv4 client) stays an
 * IPv6 one; {@linkcode Endpoint.unmapped} returns the IPv4 endpoint. Host names are refused: nothing
 * is resolved.
 *
 * @example Equal endpoints have equal texts
 * ```ts
 * import { Endpoint, parseEndpoint } from "fourtuple/tuples";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const server = parseEndpoint("[2001:DB8:0:0:0:0:0:1]:443");
 * assertEquals(String(server), "[2001:db8::1]:443");
 * assertEquals([server.family, server.address, server.port], ["IPv6", "2001:db8::1", 443]);
 * assert(server.equals(Endpoint.from("2001:db8::1", 443)));
 * ```
 */
export class Endpoint {
  /** The address, without brackets and zone: "127.0.0.1", "fe80::1". */
  readonly address: string;
  /** The port, 0 to 65535. 0 means "any": what a socket has before the kernel picks one. */
  readonly port: number;
  /** The version of the Internet Protocol. */
  readonly family: AddressFamily;
  /** The interface to which a link-local address belongs: "eth0" of "fe80::1%eth0" (RFC 4007). */
  readonly zone: string | undefined;

  private constructor(address: Address, port: number) {
    this.address = address.text;
    this.port = port;
    this.family = address.family;
    this.zone = address.zone;
    Object.freeze(this);
  }

  /**
   * Makes an endpoint of an address and a port.
   *
   * Refused are host names, brackets, IPv4 in any form but four decimal parts without leading zeros
   * ("127.1", "0x7f.0.0.1", "010.0.0.1"), an empty zone and a zone of a mapped address. A port in
   * text is read as `parsePort()` reads it.
   *
   * @param address An IPv4 or IPv6 address, the latter with or without a zone
   * @param port 0 to 65535, as a number or as text
   * @throws {TypeError} If `address` is not a string, or `port` neither a number nor a string
   * @throws {SyntaxError} If `address` is no address, or a port in text no number
   * @throws {RangeError} If `port` is no port: 65536, -1, 80.5, NaN
   */
  static from(address: string, port: number | string): Endpoint;
  /**
   * Makes an endpoint of one of Deno's addresses, as in `Endpoint.from(listener.addr)`.
   *
   * @param address An object with `hostname` and `port`, such as a `Deno.NetAddr`
   * @throws {TypeError} If it has no `hostname`, as the address of a Unix socket has none
   * @throws {SyntaxError} If `hostname` is no address
   * @throws {RangeError} If `port` is no port
   */
  static from(address: NetAddress): Endpoint;
  static from(address: string | NetAddress, port?: number | string): Endpoint {
    if (typeof address !== "string") return fromNetAddress(address);
    const read = readAddress(address, refuser(`Cannot make an endpoint of ${quote(address)}`));
    if (typeof port === "string") return new Endpoint(read, parsePort(port));
    assertPort(port);
    return new Endpoint(read, port);
  }

  /**
   * Makes an endpoint of the bytes of an address, as the kernel and the wire have them.
   *
   * @param bytes 4 bytes for IPv4, 16 for IPv6, in network order
   * @param port 0 to 65535
   * @throws {RangeError} If there are neither 4 nor 16 bytes, or `port` is no port
   *
   * @example Bytes of an IPv4 header
   * ```ts
   * import { Endpoint } from "fourtuple/tuples";
   * import { assertEquals } from "@std/assert";
   *
   * const endpoint = Endpoint.fromBytes(new Uint8Array([10, 0, 0, 5]), 51234);
   * assertEquals(String(endpoint), "10.0.0.5:51234");
   * assertEquals(endpoint.toBytes(), new Uint8Array([10, 0, 0, 5]));
   * ```
   */
  static fromBytes(bytes: Uint8Array, port: number): Endpoint {
    if (bytes.length !== 4 && bytes.length !== 16) {
      const cannot = `Cannot make an endpoint of bytes "${bytes}"`;
      throw refusal(RangeError, {
        cannot,
        rule: "an address has 4 or 16 bytes",
        part: `${bytes.length}`,
      });
    }
    assertPort(port);
    const family = bytes.length === 4 ? "IPv4" : "IPv6";
    return new Endpoint({ family, text: formatBytes(bytes), zone: undefined }, port);
  }

  /** Returns the address's 4 or 16 bytes, in network order; the zone is not among them. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return addressBytes(this.address);
  }

  /** Whether the address never leaves this machine: 127.0.0.0/8 (RFC 1122), ::1, or mapped. */
  get isLoopback(): boolean {
    const { address } = this.unmapped();
    return address === "::1" || address.startsWith("127.");
  }

  /** Whether the address means every address of the machine: 0.0.0.0, ::, or mapped. */
  get isWildcard(): boolean {
    const { address } = this.unmapped();
    return address === "::" || address === "0.0.0.0";
  }

  /** Whether address, zone and port are the same; a mapped address is not the IPv4 one in it. */
  equals(other: Endpoint): boolean {
    return this.port === other.port && this.address === other.address && this.zone === other.zone;
  }

  /**
   * Returns the IPv4 endpoint in an IPv4-mapped one, and any other endpoint unchanged.
   *
   * @example What an IPv6 listener calls an IPv4 client
   * ```ts
   * import { parseEndpoint } from "fourtuple/tuples";
   * import { assertEquals } from "@std/assert";
   *
   * const client = parseEndpoint("[::ffff:127.0.0.1]:51234");
   * assertEquals(client.family, "IPv6");
   * assertEquals(String(client.unmapped()), "127.0.0.1:51234");
   * ```
   */
  unmapped(): Endpoint {
    const text = mappedIpv4(this.address);
    return text === undefined
      ? this
      : new Endpoint({ family: "IPv4", text, zone: undefined }, this.port);
  }

  /**
   * Returns the endpoint with the same address and another port.
   *
   * @throws {RangeError} If `port` is not a port
   */
  withPort(port: number): Endpoint {
    assertPort(port);
    return new Endpoint({ family: this.family, text: this.address, zone: this.zone }, port);
  }

  /** Returns "127.0.0.1:80" or "[fe80::1%eth0]:80"; {@linkcode parseEndpoint} reads it. */
  toString(): string {
    return this.family === "IPv4"
      ? `${this.address}:${this.port}`
      : `[${this.address}${this.zone === undefined ? "" : `%${this.zone}`}]:${this.port}`;
  }
}

/**
 * Reads an endpoint from text: "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80".
 *
 * An IPv6 address is in brackets, to keep its colons apart from the one before the port; an IPv4
 * address is not. A missing side, blanks and `*` are refused, and all that {@linkcode Endpoint.from}
 * refuses.
 *
 * @param input An address, a colon, a port
 * @throws {TypeError} If `input` is not a string
 * @throws {SyntaxError} If `input` is no endpoint
 * @throws {RangeError} If the port is above 65535
 *
 * @example Read one, and see one refused
 * ```ts
 * import { parseEndpoint } from "fourtuple/tuples";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseEndpoint("192.168.1.100:8080").port, 8080);
 * assertThrows(
 *   () => parseEndpoint("127.1:80"),
 *   SyntaxError,
 *   'an IPv4 address has four parts separated by dots, got 2 in "127.1"',
 * );
 * ```
 */
export function parseEndpoint(input: string): Endpoint {
  const cannot = `Cannot parse endpoint ${quoteValue(input)}`;
  check(input, text, { cannot, what: "the input" });
  return readEndpoint(input, cannot);
}

/** An endpoint, or one as text ("127.0.0.1:80") or as an object such as a `Deno.NetAddr`. */
export type EndpointLike = Endpoint | NetAddress | string;

/**
 * Returns a value as an endpoint.
 *
 * @throws {TypeError} If it is neither a string nor an object with `hostname` and `port`
 * @throws {SyntaxError} If it is a string, and no endpoint
 * @throws {RangeError} If its port is out of bounds
 */
export function toEndpoint(value: EndpointLike): Endpoint {
  if (value instanceof Endpoint) return value;
  return typeof value === "string" ? parseEndpoint(value) : Endpoint.from(value);
}

function fromNetAddress(address: NetAddress): Endpoint {
  const hostname: unknown = address?.hostname;
  if (typeof hostname !== "string") {
    const isObject = address !== null && typeof address === "object";
    throw refusal(TypeError, {
      cannot: `Cannot make an endpoint of ${quoteValue(address)}`,
      rule:
        'an endpoint is made of an address and a port, or of an object with "hostname" and "port"',
      part: isObject ? `hostname ${partOf(hostname)}` : kindOf(address),
    });
  }
  return Endpoint.from(hostname, address.port);
}

/**
 * Reads "address:port". `cannot` begins the message of the error, so that the refusal of an endpoint
 * inside a longer text quotes the whole text.
 */
export function readEndpoint(input: string, cannot: string): Endpoint {
  const refuse: Refuse = refuser(cannot);
  if (input.startsWith("[")) return readBracketed(input, cannot);
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(input)?.[0];
  if (scheme !== undefined) {
    refuse("an endpoint is an address and a port alone, without the rest of a URL", quote(scheme));
  }
  const colon = input.lastIndexOf(":");
  if (colon === -1) refuse("an endpoint is an address, a colon and a port", quote(input));
  const address = input.slice(0, colon);
  if (address.includes(":")) refuse("an IPv6 address is in brackets", quote(address));
  return readAddressAndPort([address, input.slice(colon + 1)], cannot);
}

function readBracketed(input: string, cannot: string): Endpoint {
  const refuse: Refuse = refuser(cannot);
  const end = input.indexOf("]");
  if (end === -1) refuse("a bracket that opens is closed", quote(input));
  const after = input.slice(end + 1);
  if (!after.startsWith(":")) refuse("a colon and a port follow the bracket", quote(after));
  const endpoint = readAddressAndPort([input.slice(1, end), after.slice(1)], cannot);
  if (endpoint.family === "IPv4") {
    refuse("brackets are for IPv6 addresses", quote(input.slice(0, end + 1)));
  }
  return endpoint;
}

/** Reads an endpoint whose address and port are apart, as {@linkcode readEndpoint} does. */
export function readAddressAndPort(
  [address, port]: readonly [address: string, port: string],
  cannot: string,
): Endpoint {
  readAddress(address, refuser(cannot));
  return Endpoint.from(address, readPort(port, cannot));
}
