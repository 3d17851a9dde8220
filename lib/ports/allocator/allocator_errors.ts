/**
 * Why an allocator cannot give a port.
 *
 * @module
 */
import { quote } from "../../refusal.ts";
import type { PortRange } from "../port_range.ts";

/** Where the ports of an exhausted range are. */
export interface PortsExhaustedCounts {
  /** How many are allocated. */
  readonly allocated: number;
  /** How many are in quarantine after their release. */
  readonly quarantined: number;
  /** How many the probe refused. */
  readonly refused: number;
}

/**
 * Thrown when a {@linkcode PortAllocator} has no port left to allocate.
 *
 * @example Exhausted, and where the ports are
 * ```ts
 * import { PortAllocator, PortRange, PortsExhaustedError } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000-6001"), { probe: (port) => port !== 6001 });
 * ports.allocate("client a");
 * const error = assertThrows(() => ports.allocate("client b"), PortsExhaustedError);
 * assertEquals([error.allocated, error.refused], [1, 1]);
 * ```
 */
export class PortsExhaustedError extends Error implements PortsExhaustedCounts {
  /** Always "PortsExhaustedError". */
  override readonly name = "PortsExhaustedError";
  /** The range that has no free port. */
  readonly range: PortRange;
  /** How many ports are allocated. */
  readonly allocated: number;
  /** How many ports are in quarantine after their release. */
  readonly quarantined: number;
  /** How many ports the probe refused. */
  readonly refused: number;

  /** Makes the error of a range, with what has become of its ports. */
  constructor(range: PortRange, { allocated, quarantined, refused }: PortsExhaustedCounts) {
    super(
      `Cannot allocate a port of ${quote(`${range}`)}: at least one must be free, got ` +
        `${allocated} allocated, ${quarantined} in quarantine and ${refused} refused by the probe`,
    );
    this.range = range;
    this.allocated = allocated;
    this.quarantined = quarantined;
    this.refused = refused;
  }
}

/** Why a port cannot be reserved. */
export type PortUnavailableReason = "allocated" | "quarantined" | "refused";

const REASONS: Readonly<Record<PortUnavailableReason, string>> = {
  allocated: "a port has one client at a time, got one that is allocated",
  quarantined: "a released port is in quarantine for a while, got one that still is",
  refused: "the port must be free on this machine, got a refusal by the probe",
};

/**
 * Thrown when the port that {@linkcode PortAllocator.reserve} is asked for is not available.
 *
 * @example A port that was in use a moment ago
 * ```ts
 * import { PortAllocator, PortRange, PortUnavailableError } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000-6999"), { quarantine: 60_000 });
 * ports.reserve(6001, "client a").release();
 * const error = assertThrows(() => ports.reserve(6001, "client b"), PortUnavailableError);
 * assertEquals(error.reason, "quarantined");
 * ```
 */
export class PortUnavailableError extends Error {
  /** Always "PortUnavailableError". */
  override readonly name = "PortUnavailableError";
  /** The port. */
  readonly port: number;
  /** Why it is not available. */
  readonly reason: PortUnavailableReason;

  /** Makes the error of a port. */
  constructor(port: number, reason: PortUnavailableReason) {
    super(`Cannot reserve port "${port}": ${REASONS[reason]}`);
    this.port = port;
    this.reason = reason;
  }
}
