import type { Storage } from "./_free_ports.ts";

/**
 * Places that rest, each until a time of its own; the times only rise, so the first to come is the
 * first to go. The queue is a ring with room for every place, since a place rests once at a time.
 */
export class RestQueue {
  /** How many rest. */
  count = 0;
  readonly #ring: Uint32Array;
  /** When each place may go, in milliseconds; NaN for one that does not rest. */
  readonly #until: Float64Array;
  #first = 0;

  constructor(size: number, storage: Storage = (length) => new Uint32Array(length)) {
    this.#ring = storage(size);
    this.#until = new Float64Array(size).fill(NaN);
  }

  /** Tells whether a place rests. */
  has(place: number): boolean {
    return !Number.isNaN(this.#until[place]);
  }

  /** Lets a place that does not rest do so until a time. */
  add(place: number, until: number): void {
    this.#ring[(this.#first + this.count) % this.#until.length] = place;
    this.#until[place] = until;
    this.count++;
  }

  /** Takes the place that has rested longest, or `undefined` if it must rest on or none does. */
  takeRested(now: number): number | undefined {
    if (this.count === 0) return undefined;
    const place = this.#ring[this.#first]!;
    if (this.#until[place]! > now) return undefined;
    this.#until[place] = NaN;
    this.#first = (this.#first + 1) % this.#until.length;
    this.count--;
    return place;
  }
}
