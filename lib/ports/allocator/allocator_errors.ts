/**
 * Why an allocator has no port to give.
 *
 * @module
 */
import { quote } from "../../refusal.ts";
import type { PortRange } from "../port_range.ts";

/** Where the ports of an exhausted range are. */
export interface PortsExhaustedCounts {
  /** How many somebody holds. */
  readonly held: number;
  /** How many rest after their release. */
  readonly resting: number;
  /** How many the probe refused. */
  readonly refused: number;
}

/**
 * Thrown when a {@linkcode PortAllocator} has no port to give.
 *
 * @example Exhausted, and where the ports are
 * ```ts
 * import { PortAllocator, PortRange, PortsExhaustedError } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000-6001"), { probe: (port) => port !== 6001 });
 * ports.allocate("client a");
 * const error = assertThrows(() => ports.allocate("client b"), PortsExhaustedError);
 * assertEquals([error.held, error.refused], [1, 1]);
 * ```
 */
export class PortsExhaustedError extends Error implements PortsExhaustedCounts {
  /** Always "PortsExhaustedError". */
  override readonly name = "PortsExhaustedError";
  /** The range that has nothing left. */
  readonly range: PortRange;
  /** How many ports somebody holds. */
  readonly held: number;
  /** How many ports rest after their release. */
  readonly resting: number;
  /** How many ports the probe refused. */
  readonly refused: number;

  /** Tells where the ports of `range` are. */
  constructor(range: PortRange, { held, resting, refused }: PortsExhaustedCounts) {
    super(
      `Cannot allocate a port of ${quote(`${range}`)}: at least one must be free, got ${held} ` +
        `held, ${resting} resting and ${refused} refused by the probe`,
    );
    this.range = range;
    this.held = held;
    this.resting = resting;
    this.refused = refused;
  }
}

/** Why a port cannot be reserved. */
export type PortUnavailableReason = "held" | "resting" | "refused";

const REASONS: Readonly<Record<PortUnavailableReason, string>> = {
  held: "a port has one owner at a time, got one that somebody holds",
  resting: "a port rests after its release, got one that still does",
  refused: "the port must be free on this machine, got a refusal by the probe",
};

/**
 * Thrown when the port that {@linkcode PortAllocator.reserve} is asked for is not to be had.
 *
 * @example A number that just was in use
 * ```ts
 * import { PortAllocator, PortRange, PortUnavailableError } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000-6999"), { quarantine: 60_000 });
 * ports.reserve(6001, "client a").release();
 * const error = assertThrows(() => ports.reserve(6001, "client b"), PortUnavailableError);
 * assertEquals(error.reason, "resting");
 * ```
 */
export class PortUnavailableError extends Error {
  /** Always "PortUnavailableError". */
  override readonly name = "PortUnavailableError";
  /** The port. */
  readonly port: number;
  /** Why. */
  readonly reason: PortUnavailableReason;

  /** Tells why `port` is not to be had. */
  constructor(port: number, reason: PortUnavailableReason) {
    super(`Cannot reserve port "${port}": ${REASONS[reason]}`);
    this.port = port;
    this.reason = reason;
  }
}
