/**
 * IANA's three ranges of ports.
 *
 * RFC 6335 section 6 and the Service Name and Transport Protocol Port Number Registry,
 * https://www.iana.org/assignments/service-names-port-numbers
 *
 * @module
 */
import { LAST_REGISTERED_PORT, LAST_WELL_KNOWN_PORT, MAX_PORT, type PortClass } from "./port.ts";
import { PortRange } from "./port_range.ts";

/** One of IANA's three ranges, with both of its names. */
export interface IanaRange {
  /** The name that most texts use, the one that {@linkcode classifyPort} returns. */
  readonly name: PortClass;
  /** RFC 6335's name: System Ports, User Ports, Dynamic Ports (which it also calls private). */
  readonly rfc6335: "system" | "user" | "dynamic";
  /** The ports. */
  readonly range: PortRange;
}

/**
 * IANA's three ranges, from the lowest up; together they are all ports.
 *
 * System ports are assigned to protocols of the IETF, user ports to whoever applies and is
 * reviewed, dynamic ports to nobody, ever (RFC 6335 section 8.1.2).
 *
 * @example Which range is the ephemeral port 51234 of?
 * ```ts
 * import { IANA_RANGES } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * const found = IANA_RANGES.find(({ range }) => range.has(51234));
 * assertEquals(`${found?.name} ${found?.range}`, "dynamic 49152-65535");
 * ```
 */
export const IANA_RANGES: readonly IanaRange[] = Object.freeze([
  { name: "well-known", rfc6335: "system", range: PortRange.from(0, LAST_WELL_KNOWN_PORT) },
  {
    name: "registered",
    rfc6335: "user",
    range: PortRange.from(LAST_WELL_KNOWN_PORT + 1, LAST_REGISTERED_PORT),
  },
  {
    name: "dynamic",
    rfc6335: "dynamic",
    range: PortRange.from(LAST_REGISTERED_PORT + 1, MAX_PORT),
  },
]);
