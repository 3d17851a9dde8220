/**
 * Ranges of ports that have a name: IANA's three, and those from which each system takes ephemeral
 * ports. {@linkcode ephemeralRange} reads the range of this machine.
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
 * System ports are assigned to protocols of the IETF, user ports to applicants after a review, and
 * dynamic ports are never assigned (RFC 6335 sections 6 and 8.1.2; Service Name and Transport Protocol
 * Port Number Registry, https://www.iana.org/assignments/service-names-port-numbers).
 *
 * @example Which range is the ephemeral port 51234 in?
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

/** The ephemeral range of a system, and its source. */
export interface EphemeralDefault {
  /** The system's name: "Linux". */
  readonly system: string;
  /** The ports. */
  readonly range: PortRange;
  /** The document or header that says so. */
  readonly source: string;
}

/** The systems in {@linkcode EPHEMERAL_DEFAULTS}. */
export type EphemeralSystem = "linux" | "windows" | "macos" | "freebsd" | "historic";

/**
 * The range from which each system, as it ships, takes the port of a client that names none.
 *
 * `historic` is every unprivileged port: what an older text means by "1024 to 65535", and what RFC
 * 6056 asks a kernel to choose from, since more ports are harder to guess.
 *
 * @example How many connections to one server does a Linux client have ports for?
 * ```ts
 * import { EPHEMERAL_DEFAULTS } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(EPHEMERAL_DEFAULTS.linux.range.size, 28_232);
 * assertEquals(EPHEMERAL_DEFAULTS.windows.range.size, 16_384);
 * ```
 */
export const EPHEMERAL_DEFAULTS: Readonly<Record<EphemeralSystem, EphemeralDefault>> = Object
  .freeze({
    linux: {
      system: "Linux",
      range: PortRange.from(32768, 60999),
      source: "Linux, ip-sysctl: ip_local_port_range; ip(7)",
    },
    windows: {
      system: "Windows",
      range: PortRange.from(49152, 65535),
      source: "Microsoft: the default dynamic port range for TCP/IP, since Vista and Server 2008",
    },
    macos: {
      system: "macOS",
      range: PortRange.from(49152, 65535),
      source: "XNU, netinet/in.h: IPPORT_HIFIRSTAUTO to IPPORT_HILASTAUTO",
    },
    freebsd: {
      system: "FreeBSD",
      range: PortRange.from(10000, 65535),
      source: "FreeBSD, netinet/in.h: IPPORT_EPHEMERALFIRST to IPPORT_EPHEMERALLAST",
    },
    historic: {
      system: "every unprivileged port",
      range: PortRange.from(1024, 65535),
      source: "RFC 6056 section 3.2; netinet/in.h: IPPORT_RESERVED",
    },
  });
