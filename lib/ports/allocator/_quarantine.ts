/**
 * Released ports that are not to be allocated again before a time of their own. The times only rise,
 * so the first port in is the first one out. The queue is a ring with a slot for every port of the
 * range. Ports are given as offsets from the first port of the range.
 */
export class Quarantine {
  /** How many ports are in quarantine. */
  count = 0;
  readonly #ring: Uint32Array;
  /** When the quarantine of each port ends, in milliseconds; NaN for a port that is not in it. */
  readonly #ends: Float64Array;
  #first = 0;

  constructor(size: number) {
    this.#ring = new Uint32Array(size);
    this.#ends = new Float64Array(size).fill(NaN);
  }

  /** Whether a port is in quarantine. */
  has(offset: number): boolean {
    return !Number.isNaN(this.#ends[offset]);
  }

  /** Adds a port that is not in quarantine yet. */
  add(offset: number, end: number): void {
    this.#ring[(this.#first + this.count) % this.#ring.length] = offset;
    this.#ends[offset] = end;
    this.count++;
  }

  /** Removes the port that was added first, or returns `undefined` if its time has not come. */
  takeEnded(now: number): number | undefined {
    if (this.count === 0) return undefined;
    const offset = this.#ring[this.#first]!;
    if (this.#ends[offset]! > now) return undefined;
    this.#ends[offset] = NaN;
    this.#first = (this.#first + 1) % this.#ring.length;
    this.count--;
    return offset;
  }
}
