/**
 * Two sets of free places that are as quick nearly full as nearly empty. Kernels scan from a random
 * start until they meet a free port, which is quick while most are free and slow when few are.
 *
 * Places are numbered from 0, so a set knows nothing of ports.
 *
 * @module
 */

/** The places that are free, and a way to pick one. */
export interface FreePlaces {
  /** How many are free. */
  readonly count: number;
  /** Tells whether a place is free. */
  has(place: number): boolean;
  /** Takes the place that is next in the set's order, or `undefined` if none is free. */
  takeNext(): number | undefined;
  /** Takes a place that is free. */
  take(place: number): void;
  /** Gives back a place that is taken. */
  giveBack(place: number): void;
}

/** Where a set keeps its numbers; a test passes one that counts how often it is asked. */
export type Storage = (length: number) => Uint32Array;

const BITS = 32;

/**
 * Gives the lowest free place. A bit for each place says that it is free; in the level above, a bit
 * for each word says that it has a bit set, and so on up to a single word: four levels for all
 * 65,536 ports. Finding, taking and giving back read and write at most one word a level.
 */
export class LowestFirst implements FreePlaces {
  count: number;
  /** From the places up to the single word. */
  readonly #levels: readonly Uint32Array[];

  constructor(size: number, storage: Storage = (length) => new Uint32Array(length)) {
    this.count = size;
    const levels: Uint32Array[] = [];
    let bits = size;
    do {
      const words = storage(Math.ceil(bits / BITS));
      for (let bit = 0; bit < bits; bit++) words[bit >>> 5]! |= 1 << (bit & 31);
      levels.push(words);
      bits = words.length;
    } while (bits > 1);
    this.#levels = levels;
  }

  has(place: number): boolean {
    return (this.#levels[0]![place >>> 5]! & 1 << (place & 31)) !== 0;
  }

  takeNext(): number | undefined {
    if (this.count === 0) return undefined;
    let place = 0;
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      place = place * BITS + lowestBit(this.#levels[level]![place]!);
    }
    this.take(place);
    return place;
  }

  take(place: number): void {
    this.count--;
    for (const level of this.#levels) {
      const word = place >>> 5;
      const left = level[word]! & ~(1 << (place & 31));
      level[word] = left;
      if (left !== 0) return;
      place = word;
    }
  }

  giveBack(place: number): void {
    this.count++;
    for (const level of this.#levels) {
      const word = place >>> 5;
      const before = level[word]!;
      level[word] = before | 1 << (place & 31);
      if (before !== 0) return;
      place = word;
    }
  }
}

/** The number of the lowest bit that is set. */
function lowestBit(word: number): number {
  return BITS - 1 - Math.clz32(word & -word);
}

/**
 * Gives any free place, each as likely as the others. All places stand in one row, the free ones
 * first; taking one swaps it with the last free one, giving it back with the first taken one.
 */
export class AnyOrder implements FreePlaces {
  count: number;
  readonly #row: Uint32Array;
  /** Where in the row each place stands. */
  readonly #position: Uint32Array;
  /** Returns a whole number from 0 to below `limit`. */
  readonly #random: (limit: number) => number;

  constructor(
    size: number,
    random: (limit: number) => number,
    storage: Storage = (length) => new Uint32Array(length),
  ) {
    this.count = size;
    this.#random = random;
    this.#row = storage(size);
    this.#position = storage(size);
    for (let place = 0; place < size; place++) {
      this.#row[place] = place;
      this.#position[place] = place;
    }
  }

  has(place: number): boolean {
    return this.#position[place]! < this.count;
  }

  takeNext(): number | undefined {
    if (this.count === 0) return undefined;
    const place = this.#row[this.#random(this.count)]!;
    this.take(place);
    return place;
  }

  take(place: number): void {
    this.count--;
    this.#move(place, this.count);
  }

  giveBack(place: number): void {
    this.#move(place, this.count);
    this.count++;
  }

  /** Puts `place` at `target` in the row, and what stood there at its old position. */
  #move(place: number, target: number): void {
    const from = this.#position[place]!;
    const other = this.#row[target]!;
    this.#row[from] = other;
    this.#position[other] = from;
    this.#row[target] = place;
    this.#position[place] = target;
  }
}
