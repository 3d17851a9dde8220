/**
 * Allocating the ports of a range, each to one client at a time.
 *
 * This is bookkeeping: nothing here opens a socket. The caller may bring a probe that asks the kernel
 * about a port, so that a real server and a test without a network use the same allocator.
 *
 * @module
 */
import {
  callback,
  check,
  checkOptions,
  instanceOf,
  milliseconds,
  oneOf,
  partOf,
  quote,
  quoteValue,
  refusal,
  wholeNumber,
} from "../../refusal.ts";
import { assertPort } from "../port.ts";
import { PortRange } from "../port_range.ts";
import { type FreePorts, LowestFirst, RandomOrder } from "./_free_ports.ts";
import { Quarantine } from "./_quarantine.ts";
import { PortsExhaustedError, PortUnavailableError } from "./allocator_errors.ts";
import { seededRandom } from "./seeded_random.ts";

/** How a {@linkcode PortAllocator} picks ports. */
export interface PortAllocatorOptions {
  /**
   * "lowest": always the lowest free port, so that a test can predict it. "random": any free port,
   * each equally likely, so that a port that was just released is rarely the next one. "lowest" by
   * default.
   */
  readonly order?: "lowest" | "random";
  /**
   * Where "random" begins, a whole number from 0 to 4294967295: the same seed and the same steps give
   * the same ports. A different one each time by default.
   */
  readonly seed?: number;
  /**
   * Returns whether a port is free outside of this allocator, for example by binding it. A port that
   * the probe refuses stays free here, and the probe is asked about it again the next time. The probe
   * answers at once: a promise is refused. Every port is free by default.
   */
  readonly probe?: (port: number) => boolean;
  /**
   * How long a released port stays out of use, in milliseconds, so that late segments of its last
   * conversation cannot reach the next one. 0 by default. TCP's own quarantine is TIME_WAIT: 60,000
   * on Linux.
   */
  readonly quarantine?: number;
  /** The quarantine's clock, in milliseconds; it must not go back. `performance.now` by default. */
  readonly now?: () => number;
}

const OPTIONS = {
  order: oneOf("lowest", "random"),
  seed: wholeNumber({ most: 2 ** 32 - 1 }),
  probe: callback<(port: number) => boolean>(),
  quarantine: milliseconds(),
  now: callback<() => number>(),
};

/**
 * Allocates the ports of a range: the next one in its order, or one that is requested by number.
 *
 * Each port has one client at a time. Every method takes the same number of steps whether the range
 * is empty or nearly full, plus one call of the probe for each port that the probe refuses and one
 * step for each port whose quarantine is over.
 *
 * A probe's answer is about the past: between the answer and the bind another program can take the
 * port, so the caller must still expect the bind to fail.
 *
 * @typeParam Client What a port is allocated to: a name, a four-tuple, a connection
 *
 * @example Two clients and a range of two
 * ```ts
 * import { PortAllocator, PortRange, PortsExhaustedError } from "fourtuple/ports";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const ports = new PortAllocator<string>(PortRange.parse("6000-6001"));
 * const a = ports.allocate("client a");
 * ports.reserve(6001, "client b");
 * assertEquals(a.port, 6000);
 * assertEquals(ports.clientOf(6001), "client b");
 * assertThrows(() => ports.allocate("client c"), PortsExhaustedError);
 *
 * a.release();
 * {
 *   using lease = ports.allocate("client c");
 *   assertEquals(lease.port, 6000);
 * }
 * assertEquals(ports.clientOf(6000), undefined);
 * ```
 */
export class PortAllocator<Client = string> implements Iterable<PortLease<Client>> {
  /** The ports that can be allocated. */
  readonly range: PortRange;
  readonly #free: FreePorts;
  readonly #quarantine: Quarantine;
  /**
   * By offset from the first port. A map would be as short to write, but V8 copies a large one
   * whenever a key is added and removed again: 60 µs at 65,000 ports instead of 0.05.
   */
  readonly #leases: (PortLease<Client> | undefined)[];
  #allocated = 0;
  readonly #probe: (port: number) => boolean;
  readonly #quarantineMs: number;
  readonly #now: () => number;

  /**
   * Makes an allocator of which every port is free.
   *
   * @throws {TypeError} If `range` is no `PortRange`, or an option is unknown or of the wrong kind
   * @throws {RangeError} If `seed` or `quarantine` is out of bounds
   */
  constructor(range: PortRange, options: PortAllocatorOptions = {}) {
    const shown = range instanceof PortRange ? quote(`${range}`) : quoteValue(range);
    const cannot = `Cannot allocate ports of ${shown}`;
    check(range, instanceOf(PortRange, "a PortRange"), { cannot, what: "the range" });
    checkOptions(options, OPTIONS, cannot);
    const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
    this.range = range;
    this.#free = options.order === "random"
      ? new RandomOrder(range.size, seededRandom(seed))
      : new LowestFirst(range.size);
    this.#quarantine = new Quarantine(range.size);
    this.#leases = new Array(range.size).fill(undefined);
    this.#probe = options.probe ?? (() => true);
    this.#quarantineMs = options.quarantine ?? 0;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Allocates the next free port.
   *
   * @param client What the port is allocated to
   * @throws {PortsExhaustedError} If no port is free, or the probe refuses those that are
   * @throws {TypeError} If the probe returns neither `true` nor `false`
   */
  allocate(client: Client): PortLease<Client> {
    this.#endQuarantines();
    const refused: number[] = [];
    try {
      // A port is taken while it is probed, so that a probe may itself allocate.
      for (;;) {
        const offset = this.#free.takeNext();
        if (offset === undefined) break;
        refused.push(offset);
        if (!this.#isFree(offset)) continue;
        refused.pop();
        return this.#lease(offset, client);
      }
    } finally {
      for (const offset of refused) this.#free.putBack(offset);
    }
    throw new PortsExhaustedError(this.range, {
      allocated: this.#allocated,
      quarantined: this.#quarantine.count,
      refused: refused.length,
    });
  }

  /**
   * Allocates the port that a client requests by number.
   *
   * @param port A port of the range
   * @param client What the port is allocated to
   * @throws {PortUnavailableError} If it is allocated or in quarantine, or the probe refuses it
   * @throws {RangeError} If it is not in the range, or no port
   * @throws {TypeError} If it is not a number, or the probe returns neither `true` nor `false`
   */
  reserve(port: number, client: Client): PortLease<Client> {
    assertPort(port);
    if (!this.range.has(port)) {
      const cannot = `Cannot reserve port "${port}"`;
      throw refusal(RangeError, { cannot, rule: `the range is ${this.range}`, part: `${port}` });
    }
    this.#endQuarantines();
    const offset = port - this.range.first;
    if (this.#quarantine.has(offset)) throw new PortUnavailableError(port, "quarantined");
    // Allocated, or about to be: a probe may ask for the very port that it is asked about.
    if (!this.#free.has(offset)) throw new PortUnavailableError(port, "allocated");
    this.#free.take(offset);
    let isFree = false;
    try {
      isFree = this.#isFree(offset);
    } finally {
      if (!isFree) this.#free.putBack(offset);
    }
    if (!isFree) throw new PortUnavailableError(port, "refused");
    return this.#lease(offset, client);
  }

  /**
   * Releases a port; it is free again after its quarantine.
   *
   * @param port A port
   * @returns Whether it was allocated
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  release(port: number): boolean {
    assertPort(port);
    const offset = port - this.range.first;
    if (this.#leases[offset] === undefined) return false;
    const now = this.#now();
    this.#leases[offset] = undefined;
    this.#allocated--;
    if (this.#quarantineMs === 0) this.#free.putBack(offset);
    else this.#quarantine.add(offset, now + this.#quarantineMs);
    return true;
  }

  /**
   * Returns what a port is allocated to, or `undefined` if it is not allocated.
   *
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  clientOf(port: number): Client | undefined {
    return this.leaseOf(port)?.client;
  }

  /**
   * Returns the lease of a port, or `undefined` if it is not allocated.
   *
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  leaseOf(port: number): PortLease<Client> | undefined {
    assertPort(port);
    return this.#leases[port - this.range.first];
  }

  /** How many ports are allocated. */
  get allocated(): number {
    return this.#allocated;
  }

  /** How many ports are in quarantine after their release. */
  get quarantined(): number {
    this.#endQuarantines();
    return this.#quarantine.count;
  }

  /** How many ports are free here; the probe is not asked. */
  get free(): number {
    this.#endQuarantines();
    return this.#free.count;
  }

  /** Returns every lease, from the lowest port up. */
  *[Symbol.iterator](): IterableIterator<PortLease<Client>> {
    for (const lease of this.#leases) if (lease !== undefined) yield lease;
  }

  #isFree(offset: number): boolean {
    const port = this.range.first + offset;
    const answer: unknown = this.#probe(port);
    if (typeof answer === "boolean") return answer;
    // A promise counts as true, so an async probe would find every port free.
    throw refusal(TypeError, {
      cannot: `Cannot probe port "${port}"`,
      rule: "a probe returns true or false",
      part: partOf(answer),
    });
  }

  #lease(offset: number, client: Client): PortLease<Client> {
    const lease = new PortLease(this, this.range.first + offset, client);
    this.#leases[offset] = lease;
    this.#allocated++;
    return lease;
  }

  #endQuarantines(): void {
    if (this.#quarantine.count === 0) return;
    const now = this.#now();
    for (;;) {
      const offset = this.#quarantine.takeEnded(now);
      if (offset === undefined) return;
      this.#free.putBack(offset);
    }
  }
}

/**
 * A port while it is allocated to a client. Releasing it a second time does nothing, even if the port
 * has a new client by then.
 *
 * @typeParam Client What the port is allocated to
 *
 * @example An old lease cannot release the port of the next client
 * ```ts
 * import { PortAllocator, PortRange } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * const ports = new PortAllocator(PortRange.parse("6000"));
 * const old = ports.allocate("client a");
 * old.release();
 * ports.allocate("client b");
 * old.release();
 * assertEquals(ports.clientOf(6000), "client b");
 * ```
 */
export class PortLease<Client = string> implements Disposable {
  /** The port. */
  readonly port: number;
  /** What it is allocated to. */
  readonly client: Client;
  readonly #allocator: PortAllocator<Client>;

  /** Leases are made by {@linkcode PortAllocator}. */
  constructor(allocator: PortAllocator<Client>, port: number, client: Client) {
    this.#allocator = allocator;
    this.port = port;
    this.client = client;
  }

  /** Whether the port is still allocated under this lease. */
  get active(): boolean {
    return this.#allocator.leaseOf(this.port) === this;
  }

  /** Releases the port. */
  release(): void {
    if (this.active) this.#allocator.release(this.port);
  }

  /** Releases the port at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Returns the port as text. */
  toString(): string {
    return `${this.port}`;
  }
}
