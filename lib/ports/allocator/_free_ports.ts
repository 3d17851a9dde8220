/**
 * Two sets of free ports that are as fast nearly full as nearly empty. A kernel scans from a random
 * start until it meets a free port, which is fast while most ports are free and slow when few are.
 *
 * Ports are given as offsets from the first port of a range, so that arrays can be indexed by them.
 *
 * @module
 */

/** The ports that are free, and a way to pick one. */
export interface FreePorts {
  /** How many are free. */
  readonly count: number;
  /** Whether a port is free. */
  has(offset: number): boolean;
  /** Takes the port that is next in the set's order, or returns `undefined` if none is free. */
  takeNext(): number | undefined;
  /** Takes a port that is free. */
  take(offset: number): void;
  /** Puts back a port that was taken. */
  putBack(offset: number): void;
}

const BITS = 32;

/**
 * Takes the lowest free port first. One bit a port says whether it is free; in the level above, one
 * bit a word says whether that word has a bit set, and so on up to a single word: four levels for
 * 65,536 ports. Every method reads and writes at most one word a level.
 */
export class LowestFirst implements FreePorts {
  count: number;
  /** From the ports up to the single word. */
  readonly #levels: readonly Uint32Array[];

  constructor(size: number) {
    this.count = size;
    const levels: Uint32Array[] = [];
    let bits = size;
    do {
      const words = new Uint32Array(Math.ceil(bits / BITS));
      for (let bit = 0; bit < bits; bit++) words[bit >>> 5]! |= 1 << (bit & 31);
      levels.push(words);
      bits = words.length;
    } while (bits > 1);
    this.#levels = levels;
  }

  has(offset: number): boolean {
    return (this.#levels[0]![offset >>> 5]! & 1 << (offset & 31)) !== 0;
  }

  takeNext(): number | undefined {
    if (this.count === 0) return undefined;
    let offset = 0;
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      offset = offset * BITS + lowestBit(this.#levels[level]![offset]!);
    }
    this.take(offset);
    return offset;
  }

  take(offset: number): void {
    this.count--;
    let bit = offset;
    for (const level of this.#levels) {
      const word = bit >>> 5;
      const left = level[word]! & ~(1 << (bit & 31));
      level[word] = left;
      if (left !== 0) return;
      bit = word;
    }
  }

  putBack(offset: number): void {
    this.count++;
    let bit = offset;
    for (const level of this.#levels) {
      const word = bit >>> 5;
      const before = level[word]!;
      level[word] = before | 1 << (bit & 31);
      if (before !== 0) return;
      bit = word;
    }
  }
}

/** Returns the number of the lowest bit that is set. */
function lowestBit(word: number): number {
  return BITS - 1 - Math.clz32(word & -word);
}

/**
 * Takes any free port, each equally likely. All ports are in one array, the free ones first: taking
 * one swaps it with the last free one, putting it back swaps it with the first taken one.
 */
export class RandomOrder implements FreePorts {
  count: number;
  readonly #ports: Uint32Array;
  /** The index in the array of each port. */
  readonly #indices: Uint32Array;
  /** Returns a whole number from 0 to below `limit`. */
  readonly #random: (limit: number) => number;

  constructor(size: number, random: (limit: number) => number) {
    this.count = size;
    this.#random = random;
    this.#ports = new Uint32Array(size);
    this.#indices = new Uint32Array(size);
    for (let offset = 0; offset < size; offset++) {
      this.#ports[offset] = offset;
      this.#indices[offset] = offset;
    }
  }

  has(offset: number): boolean {
    return this.#indices[offset]! < this.count;
  }

  takeNext(): number | undefined {
    if (this.count === 0) return undefined;
    const offset = this.#ports[this.#random(this.count)]!;
    this.take(offset);
    return offset;
  }

  take(offset: number): void {
    this.count--;
    this.#swap(offset, this.count);
  }

  putBack(offset: number): void {
    this.#swap(offset, this.count);
    this.count++;
  }

  /** Swaps a port with the one at `target` in the array. */
  #swap(offset: number, target: number): void {
    const index = this.#indices[offset]!;
    const other = this.#ports[target]!;
    this.#ports[index] = other;
    this.#indices[other] = index;
    this.#ports[target] = offset;
    this.#indices[offset] = target;
  }
}
