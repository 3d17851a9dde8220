/**
 * The transport protocols that the course is about.
 *
 * @module
 */
import { type Check, check, oneOf, quoteValue } from "../refusal.ts";

/** A transport protocol. Each has ports of its own: 53 of TCP is another port than 53 of UDP. */
export type Protocol = "tcp" | "udp";

/** Both protocols, in the order in which tables list them. */
export const PROTOCOLS: readonly Protocol[] = Object.freeze(["tcp", "udp"]);

/** Allows a protocol, as an option or a field. */
export const protocolName: Check<Protocol> = oneOf("tcp", "udp");

/**
 * Asserts that a value is a protocol: "tcp" or "udp", in small letters.
 *
 * @param value Anything
 * @throws {TypeError} If it is anything else
 *
 * @example Capitals are refused
 * ```ts
 * import { assertProtocol } from "fourtuple/ports";
 * import { assertThrows } from "@std/assert";
 *
 * assertProtocol("tcp");
 * assertThrows(
 *   () => assertProtocol("TCP"),
 *   TypeError,
 *   'Cannot use "TCP" as a protocol: a protocol is "tcp" or "udp", got "TCP"',
 * );
 * ```
 */
export function assertProtocol(value: unknown): asserts value is Protocol {
  const cannot = `Cannot use ${quoteValue(value)} as a protocol`;
  check(value, protocolName, { cannot, what: "a protocol" });
}
