/**
 * The ranges from which kernels take a client's port when the client names none.
 *
 * These are what each system ships with; {@linkcode ephemeralRange} reads this machine's own.
 *
 * @module
 */
import { PortRange } from "./port_range.ts";

/** The ephemeral range of a system, and where that is written. */
export interface EphemeralDefault {
  /** The system, as people write it. */
  readonly system: string;
  /** The ports. */
  readonly range: PortRange;
  /** Where the number comes from. */
  readonly source: string;
}

/** The systems whose range {@linkcode EPHEMERAL_DEFAULTS} knows. */
export type EphemeralSystem = "linux" | "windows" | "macos" | "freebsd" | "historic";

/**
 * The ephemeral range that each system ships with.
 *
 * `historic` is every port above the privileged ones: what an older text means by "1024 to 65535",
 * and what RFC 6056 asks a kernel to draw from, since more ports are harder to guess.
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
