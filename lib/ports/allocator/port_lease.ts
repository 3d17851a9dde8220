/**
 * A port on loan.
 *
 * @module
 */
import type { PortAllocator } from "./allocator.ts";

/**
 * A port that somebody holds. Releasing it twice, or after the allocator took it back, does
 * nothing, even if the port has a new owner by then.
 *
 * @typeParam Owner Who holds the port
 *
 * @example An old lease cannot take the port from its new owner
 * ```ts
 * import { PortAllocator, PortRange } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000"));
 * const old = ports.allocate("client a");
 * old.release();
 * ports.allocate("client b");
 * old.release();
 * assertEquals(ports.owner(6000), "client b");
 * ```
 */
export class PortLease<Owner = string> implements Disposable {
  /** The port. */
  readonly port: number;
  /** Who holds it. */
  readonly owner: Owner;
  readonly #allocator: PortAllocator<Owner>;

  /** Leases are made by {@linkcode PortAllocator}. */
  constructor(allocator: PortAllocator<Owner>, port: number, owner: Owner) {
    this.#allocator = allocator;
    this.port = port;
    this.owner = owner;
  }

  /** Whether the port is still held under this lease. */
  get active(): boolean {
    return this.#allocator.leaseOf(this.port) === this;
  }

  /** Gives the port back. */
  release(): void {
    if (this.active) this.#allocator.release(this.port);
  }

  /** Gives the port back at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Returns the port as text. */
  toString(): string {
    return `${this.port}`;
  }
}
