/**
 * Ports as numbers: parsing one, checking that a value is one, and the class of a port.
 *
 * @module
 */
import {
  type Check,
  check,
  quote,
  quotePart,
  quoteValue,
  refusal,
  text,
  wholeNumber,
} from "../refusal.ts";

/**
 * The highest port, 65535: source and destination port have 16 bits each.
 *
 * RFC 9293 section 3.1 (TCP) and RFC 768 (UDP).
 *
 * @example A port is a 16-bit number
 * ```ts
 * import { MAX_PORT } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(MAX_PORT, 2 ** 16 - 1);
 * ```
 */
export const MAX_PORT = 65535;

/**
 * The last well-known port, 1023.
 *
 * RFC 6335 section 6: System Ports, 0–1023. On Unix binding one of them needs a privilege, by
 * default; on Linux `net.ipv4.ip_unprivileged_port_start` is the first one that does not (ip(7)).
 */
export const LAST_WELL_KNOWN_PORT = 1023;

/** The last registered port, 49151. RFC 6335 section 6: User Ports, 1024–49151. */
export const LAST_REGISTERED_PORT = 49151;

/** Allows a port, as an option or a field. */
export const portNumber: Check<number> = wholeNumber({ most: MAX_PORT });

/** In which of IANA's three ranges a port lies. */
export type PortClass = "well-known" | "registered" | "dynamic";

/**
 * Reads a port from text.
 *
 * Leading zeros are allowed and mean nothing, as in Go and in the URL standard: "080" is 80, not
 * octal. Every other spelling is refused: signs (and "-0"), blanks, hexadecimal, fractions,
 * exponents, underscores, digits that are not ASCII, no digits at all.
 *
 * @param input Decimal digits
 * @returns The port, 0 to 65535
 * @throws {TypeError} If `input` is not a string
 * @throws {SyntaxError} If `input` is anything but decimal digits
 * @throws {RangeError} If the number is above 65535
 *
 * @example Read a port, and see one refused
 * ```ts
 * import { parsePort } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parsePort("8080"), 8080);
 * assertEquals(parsePort("080"), 80);
 * assertThrows(
 *   () => parsePort("80abc"),
 *   SyntaxError,
 *   'a port is one or more decimal digits and nothing else, got "abc"',
 * );
 * assertThrows(() => parsePort("65536"), RangeError, "a port is at most 65535, got 65536");
 * ```
 */
export function parsePort(input: string): number {
  const cannot = `Cannot parse port ${quoteValue(input)}`;
  check(input, text, { cannot, what: "the input" });
  return readPort(input, cannot);
}

/**
 * Reads a port from `digits`. `cannot` begins the message of the error, so that the refusal of a port
 * inside a longer text quotes the whole text.
 */
export function readPort(digits: string, cannot: string): number {
  // Number() would also read " 80", "+80", "0x50" and "8e1", and parseInt() "80abc".
  const stray = /[^0-9]+/.exec(digits);
  if (digits === "" || stray !== null) {
    throw refusal(SyntaxError, {
      cannot,
      rule: "a port is one or more decimal digits and nothing else",
      part: stray === null ? quote("") : quotePart(stray[0]),
    });
  }
  const port = Number(digits);
  if (port > MAX_PORT) {
    const part = digits.length <= 20 ? digits : quote(digits);
    throw refusal(RangeError, { cannot, rule: `a port is at most ${MAX_PORT}`, part });
  }
  return port;
}

/**
 * Returns whether a value is a port: a whole number from 0 to 65535.
 *
 * Never throws. Strings are not ports, nor is `-0`: a port has no sign.
 *
 * @param value Anything
 * @returns `true` for a port
 *
 * @example What is a port and what is not
 * ```ts
 * import { isPort } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0, 80, 65535].map(isPort), [true, true, true]);
 * assertEquals([-1, 80.5, 65536, NaN, "80"].map(isPort), [false, false, false, false, false]);
 * ```
 */
export function isPort(value: unknown): value is number {
  return portNumber.allows(value);
}

/**
 * Asserts that a value is a port: a whole number from 0 to 65535.
 *
 * @param value Anything
 * @throws {TypeError} If `value` is not a number
 * @throws {RangeError} If it is a number but no port: `NaN`, 80.5, 65536, -1, -0
 *
 * @example A half port
 * ```ts
 * import { assertPort } from "fourtuple/ports";
 * import { assertThrows } from "@std/assert";
 *
 * assertPort(80);
 * assertThrows(
 *   () => assertPort(80.5),
 *   RangeError,
 *   'Cannot use "80.5" as a port: a port is a whole number from 0 to 65535, got 80.5',
 * );
 * ```
 */
export function assertPort(value: unknown): asserts value is number {
  if (isPort(value)) return; // Most values are ports, and no message has to be made for them.
  check(value, portNumber, { cannot: `Cannot use ${quoteValue(value)} as a port`, what: "a port" });
}

/**
 * Returns in which of IANA's three ranges a port lies.
 *
 * The class says how the number is assigned, not what it is used for: any program may listen on a
 * dynamic port, and a kernel's ephemeral range may begin among the registered ones.
 *
 * @param port A port, 0 to 65535
 * @returns "well-known" (RFC 6335: system), "registered" (user) or "dynamic" (dynamic, private)
 * @throws {TypeError} If `port` is not a number
 * @throws {RangeError} If `port` is no port
 *
 * @example One of each
 * ```ts
 * import { classifyPort } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([443, 3306, 51234].map(classifyPort), ["well-known", "registered", "dynamic"]);
 * ```
 */
export function classifyPort(port: number): PortClass {
  assertPort(port);
  if (port <= LAST_WELL_KNOWN_PORT) return "well-known";
  return port <= LAST_REGISTERED_PORT ? "registered" : "dynamic";
}
