/**
 * Handing out the ports of a range, one owner each.
 *
 * This is bookkeeping: nothing here opens a socket. What the kernel thinks of a port is asked
 * through a probe that the caller brings, so that a real server and a test without a network use
 * the same allocator.
 *
 * @module
 */
import { AnyOrder, type FreePlaces, LowestFirst } from "./_free_ports.ts";
import { seededRandom } from "./_random.ts";
import { kindOf, partOf, quoteValue } from "../../refusal.ts";
import { RestQueue } from "./_quarantine.ts";
import { PortsExhaustedError, PortUnavailableError } from "./allocator_errors.ts";
import { assertPort } from "../port.ts";
import { PortLease } from "./port_lease.ts";
import { PortRange } from "../port_range.ts";

/** How a {@linkcode PortAllocator} picks. */
export interface PortAllocatorOptions {
  /**
   * "lowest": always the lowest free port, so that a test can foresee it. "random": any free port,
   * each as likely as the others, so that a port just given back rarely comes again at once.
   * "lowest" by default.
   */
  readonly order?: "lowest" | "random";
  /**
   * Where "random" begins, a whole number from 0 to 4294967295: the same seed and the same steps
   * give the same ports. Another one each time by default.
   */
  readonly seed?: number;
  /**
   * Tells whether a port is free outside of the allocator's books, say by binding it. A port that
   * it refuses stays free in the books and is asked about again next time. It answers at once: a
   * promise is refused. Every port is free by default.
   */
  readonly probe?: (port: number) => boolean;
  /**
   * How long a port rests after its release, in milliseconds: late segments of the old conversation
   * must not meet a new one. 0 by default. TCP's own rest is TIME_WAIT, 60,000 on Linux.
   */
  readonly quarantine?: number;
  /** The quarantine's clock, in milliseconds; it must not go back. `performance.now` by default. */
  readonly now?: () => number;
}

/**
 * Hands out the ports of a range: the next one in its order, or one that is asked for by number.
 *
 * Each port has one owner at a time. All that it does takes the same number of steps whether the
 * range is empty or all but full, plus one call of the probe for each port that the probe refuses
 * and, with a quarantine, one step for each port whose rest is over.
 * A probe's answer is about the past: between the question and the bind another program can take
 * the port, so the bind must still be ready to fail.
 *
 * @typeParam Owner Who holds a port: a name, a four-tuple, a connection
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
 * assertEquals(ports.owner(6001), "client b");
 * assertThrows(() => ports.allocate("client c"), PortsExhaustedError);
 *
 * a.release();
 * {
 *   using lease = ports.allocate("client c");
 *   assertEquals(lease.port, 6000);
 * }
 * assertEquals(ports.owner(6000), undefined);
 * ```
 */
export class PortAllocator<Owner = string> implements Iterable<PortLease<Owner>> {
  /** The ports that are handed out. */
  readonly range: PortRange;
  readonly #free: FreePlaces;
  /**
   * By place, a port's distance from the first. A map would be as short to write, but V8 copies a
   * large one whenever a key is added to it and removed again: 60 µs at 65,000 ports, not 0.05.
   */
  readonly #leases: (PortLease<Owner> | undefined)[];
  #held = 0;
  readonly #resting: RestQueue;
  readonly #probe: (port: number) => boolean;
  readonly #quarantine: number;
  readonly #now: () => number;

  /**
   * Makes an allocator of which every port is free.
   *
   * @throws {TypeError} If `range` or an option is of the wrong kind, or `order` neither of the two
   * @throws {RangeError} If `seed` or `quarantine` is out of its bounds
   */
  constructor(range: PortRange, options: PortAllocatorOptions = {}) {
    if (!(range instanceof PortRange)) {
      throw new TypeError(
        `Cannot allocate ports of ${quoteValue(range)}: the ports are a PortRange, ` +
          `got ${kindOf(range)}`,
      );
    }
    const { order = "lowest", seed, probe = () => true, quarantine = 0 } = options;
    assertBounds("a quarantine", quarantine, Number.MAX_SAFE_INTEGER);
    if (order === "lowest") {
      this.#free = new LowestFirst(range.size);
    } else if (order === "random") {
      const start = seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
      assertBounds("a seed", start, 2 ** 32 - 1);
      this.#free = new AnyOrder(range.size, seededRandom(start));
    } else {
      throw new TypeError(
        `Cannot use ${quoteValue(order)} as an order: an order is "lowest" or "random", ` +
          `got ${partOf(order)}`,
      );
    }
    this.range = range;
    this.#leases = new Array(range.size).fill(undefined);
    this.#resting = new RestQueue(range.size);
    this.#probe = probe;
    this.#quarantine = quarantine;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many ports somebody holds. */
  get held(): number {
    return this.#held;
  }

  /** How many ports rest after their release. */
  get resting(): number {
    this.#wake();
    return this.#resting.count;
  }

  /** How many ports are free, by the books; the probe is not asked. */
  get free(): number {
    this.#wake();
    return this.#free.count;
  }

  /**
   * Leases the next free port.
   *
   * @param owner Who shall hold it
   * @throws {PortsExhaustedError} If no port is free, or the probe refuses those that are
   * @throws {TypeError} If the probe answers neither `true` nor `false`
   */
  allocate(owner: Owner): PortLease<Owner> {
    this.#wake();
    const refused: number[] = [];
    try {
      // A place is taken while its port is probed, so that a probe may itself allocate.
      for (;;) {
        const place = this.#free.takeNext();
        if (place === undefined) break;
        refused.push(place);
        if (!this.#isFree(place)) continue;
        refused.pop();
        return this.#lease(place, owner);
      }
    } finally {
      for (const place of refused) this.#free.giveBack(place);
    }
    throw new PortsExhaustedError(this.range, {
      held: this.#held,
      resting: this.#resting.count,
      refused: refused.length,
    });
  }

  /**
   * Leases one port, by its number.
   *
   * @param port A port of the range
   * @param owner Who shall hold it
   * @throws {PortUnavailableError} If somebody holds it, it rests, or the probe refuses it
   * @throws {RangeError} If it is not in the range, or no port
   * @throws {TypeError} If it is not a number, or the probe answers neither `true` nor `false`
   */
  reserve(port: number, owner: Owner): PortLease<Owner> {
    assertPort(port);
    if (!this.range.has(port)) {
      throw new RangeError(
        `Cannot reserve port "${port}": the ports to be had are ${this.range}, got ${port}`,
      );
    }
    this.#wake();
    const place = port - this.range.first;
    if (this.#resting.has(place)) throw new PortUnavailableError(port, "resting");
    // Held, or about to be: a probe that is under way may ask for the port that it is about.
    if (!this.#free.has(place)) throw new PortUnavailableError(port, "held");
    this.#free.take(place);
    let available = false;
    try {
      available = this.#isFree(place);
    } finally {
      if (!available) this.#free.giveBack(place);
    }
    if (!available) throw new PortUnavailableError(port, "refused");
    return this.#lease(place, owner);
  }

  /**
   * Takes a port back; it is free again after its quarantine.
   *
   * @param port A port
   * @returns Whether somebody held it
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  release(port: number): boolean {
    assertPort(port);
    const place = port - this.range.first;
    if (this.#leases[place] === undefined) return false;
    const now = this.#now();
    this.#leases[place] = undefined;
    this.#held--;
    if (this.#quarantine === 0) this.#free.giveBack(place);
    else this.#resting.add(place, now + this.#quarantine);
    return true;
  }

  /**
   * Returns who holds a port, or `undefined` if nobody does.
   *
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  owner(port: number): Owner | undefined {
    return this.leaseOf(port)?.owner;
  }

  /**
   * Returns the lease of a port, or `undefined` if nobody holds it.
   *
   * @throws {RangeError} If `port` is no port
   * @throws {TypeError} If `port` is not a number
   */
  leaseOf(port: number): PortLease<Owner> | undefined {
    assertPort(port);
    return this.#leases[port - this.range.first];
  }

  /** Returns every lease, from the lowest port up. */
  *[Symbol.iterator](): IterableIterator<PortLease<Owner>> {
    for (const lease of this.#leases) if (lease !== undefined) yield lease;
  }

  #isFree(place: number): boolean {
    const port = this.range.first + place;
    const answer: unknown = this.#probe(port);
    if (typeof answer === "boolean") return answer;
    // A probe that is an async function would find every port free: a promise is no "false".
    throw new TypeError(
      `Cannot probe port "${port}": a probe answers true or false, got ${kindOf(answer)}`,
    );
  }

  #lease(place: number, owner: Owner): PortLease<Owner> {
    const lease = new PortLease(this, this.range.first + place, owner);
    this.#leases[place] = lease;
    this.#held++;
    return lease;
  }

  /** Frees the ports that have rested. */
  #wake(): void {
    if (this.#resting.count === 0) return;
    const now = this.#now();
    for (;;) {
      const place = this.#resting.takeRested(now);
      if (place === undefined) return;
      this.#free.giveBack(place);
    }
  }
}

function assertBounds(what: string, value: unknown, most: number): void {
  const rule = `${what} is a whole number from 0 to ${most}`;
  const cannot = `Cannot use ${quoteValue(value)} as ${what}`;
  if (typeof value !== "number") throw new TypeError(`${cannot}: ${rule}, got ${kindOf(value)}`);
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${cannot}: ${rule}, got ${value}`);
  }
}
