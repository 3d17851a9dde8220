/**
 * Ranges of ports.
 *
 * @module
 */
import { check, quoteValue, refusal, text } from "../refusal.ts";
import { assertPort, isPort, readPort } from "./port.ts";

/**
 * A run of ports, both ends included. It never changes and is never empty.
 *
 * @example The ports that a server allocates
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const range = PortRange.parse("6000-6003");
 * assertEquals([...range], [6000, 6001, 6002, 6003]);
 * assertEquals(range.size, 4);
 * assert(range.has(6003) && !range.has(6004));
 * assertEquals(String(range.intersection(PortRange.from(6002, 7000))), "6002-6003");
 * ```
 */
export class PortRange implements Iterable<number> {
  /** The lowest port. */
  readonly first: number;
  /** The highest port. */
  readonly last: number;

  private constructor(first: number, last: number) {
    this.first = first;
    this.last = last;
    Object.freeze(this);
  }

  /**
   * Makes a range of its two ends.
   *
   * @param first The lowest port
   * @param last The highest port, which may be the same
   * @throws {TypeError} If one of them is not a number
   * @throws {RangeError} If one of them is no port, or `first` is above `last`
   */
  static from(first: number, last: number): PortRange {
    assertPort(first);
    assertPort(last);
    return PortRange.#ordered(first, last, `Cannot make port range "${first}-${last}"`);
  }

  /**
   * Reads a range: "6000-6999", or one port, "80" or "80-80".
   *
   * Each port is read as {@linkcode parsePort} does; there are no blanks around the hyphen.
   *
   * @param input One port, or two joined by a hyphen
   * @throws {TypeError} If `input` is not a string
   * @throws {SyntaxError} If `input` is anything else
   * @throws {RangeError} If a port is above 65535, or the first is above the last
   */
  static parse(input: string): PortRange {
    const cannot = `Cannot parse port range ${quoteValue(input)}`;
    check(input, text, { cannot, what: "the input" });
    const parts = input.split("-");
    if (parts.length > 2) {
      const rule = "a range is one port or two joined by a hyphen";
      throw refusal(SyntaxError, { cannot, rule, part: `${parts.length - 1} hyphens` });
    }
    const [first, last = first] = parts.map((part) => readPort(part, cannot)) as [number, number?];
    return PortRange.#ordered(first, last, cannot);
  }

  static #ordered(first: number, last: number, cannot: string): PortRange {
    if (first > last) {
      const rule = "the first port is not above the last";
      throw refusal(RangeError, { cannot, rule, part: `${first} above ${last}` });
    }
    return new PortRange(first, last);
  }

  /** How many ports there are, 1 to 65536. */
  get size(): number {
    return this.last - this.first + 1;
  }

  /** Whether `port` is one of them; `false` for a value that is no port. */
  has(port: number): boolean {
    return isPort(port) && this.first <= port && port <= this.last;
  }

  /** Whether the two ranges have a port in common. */
  overlaps(other: PortRange): boolean {
    return this.first <= other.last && other.first <= this.last;
  }

  /** Returns the ports that are in both ranges, or `undefined` if there are none. */
  intersection(other: PortRange): PortRange | undefined {
    return this.overlaps(other)
      ? new PortRange(Math.max(this.first, other.first), Math.min(this.last, other.last))
      : undefined;
  }

  /** Whether the two ranges are the same ports. */
  equals(other: PortRange): boolean {
    return this.first === other.first && this.last === other.last;
  }

  /** Returns every port, from the lowest up. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let port = this.first; port <= this.last; port++) yield port;
  }

  /** Returns "6000-6999", or "80" for one port; {@linkcode PortRange.parse} reads it. */
  toString(): string {
    return this.first === this.last ? `${this.first}` : `${this.first}-${this.last}`;
  }
}
