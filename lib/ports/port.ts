/**
 * Ports as numbers: reading one, telling whether a value is one, and the class of a port.
 *
 * @module
 */
import { MAX_PORT, readPort } from "./decimal_text.ts";
import { kindOf, quoteValue } from "../refusal.ts";

export { MAX_PORT };

/**
 * The last well-known port, 1023.
 *
 * RFC 6335 section 6: System Ports, 0–1023. On Unix binding one of them wants a privilege, by
 * default; on Linux `net.ipv4.ip_unprivileged_port_start` says from where on it does not (ip(7)).
 */
export const LAST_WELL_KNOWN_PORT = 1023;

/** The last registered port, 49151. RFC 6335 section 6: User Ports, 1024–49151. */
export const LAST_REGISTERED_PORT = 49151;

/** In which of IANA's three ranges a port lies. */
export type PortClass = "well-known" | "registered" | "dynamic";

/**
 * Reads a port from text.
 *
 * Leading zeros are allowed and mean nothing, as in Go and in the URL standard: "080" is 80, not
 * octal. Every other spelling is refused: signs (and "-0"), blanks, hexadecimal, fractions,
 * exponents, underscores, digits that are not ASCII, no digits at all.
 *
 * @param text Decimal digits
 * @returns The port, 0 to 65535
 * @throws {TypeError} If `text` is not a string
 * @throws {SyntaxError} If `text` is anything but decimal digits
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
 *   'Cannot parse port "80abc": a port is decimal digits and nothing else, got "abc"',
 * );
 * assertThrows(() => parsePort("65536"), RangeError, "a port is at most 65535, got 65536");
 * ```
 */
export function parsePort(text: string): number {
  const cannot = `Cannot parse port ${quoteValue(text)}`;
  if (typeof text !== "string") {
    throw new TypeError(`${cannot}: the input is a string, got ${kindOf(text)}`);
  }
  return readPort(text, cannot);
}

/**
 * Tells whether a value is a port: a whole number from 0 to 65535.
 *
 * Never throws. Texts are not ports, nor is `-0`: a port has no sign.
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
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PORT &&
    !Object.is(value, -0);
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
  if (isPort(value)) return;
  const cannot = `Cannot use ${quoteValue(value)} as a port`;
  const rule = `a port is a whole number from 0 to ${MAX_PORT}`;
  if (typeof value !== "number") {
    throw new TypeError(`${cannot}: ${rule}, got ${kindOf(value)}`);
  }
  throw new RangeError(`${cannot}: ${rule}, got ${Object.is(value, -0) ? "-0" : value}`);
}

/**
 * Tells in which of IANA's three ranges a port lies.
 *
 * The class says who may hand the number out, not what is done with it: any program may listen on
 * a dynamic port, and a kernel's ephemeral range may begin among the registered ones.
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
