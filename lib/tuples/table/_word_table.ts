/**
 * A hash table in one typed array: keys of so many 32-bit words, and a number for each.
 *
 * Open addressing: an entry stands in the slot that its hash names or, if others were there before,
 * in the next free one after it. A slot is a key's words and then its value plus one, so that a 0
 * there is an empty slot and no entry needs a mark beside it.
 *
 * @module
 */
import { jhash, type WordHash } from "./_jhash.ts";

/** The highest value that a slot holds beside its mark. */
export const MAX_VALUE = 2 ** 32 - 2;

/** A power of two, so that the low bits of a hash are a slot's number. */
const FIRST_SLOTS = 8;
/** Fuller, and the runs of occupied slots that a look-up walks along grow long. */
const FULLEST = 0.8;

/** A table of keys with `width` words each. */
export class WordTable {
  /** How many entries there are. */
  size = 0;
  readonly #width: number;
  readonly #hash: WordHash;
  #slots: Uint32Array;
  #mask = FIRST_SLOTS - 1;

  constructor(width: number, seed: readonly [number, number]) {
    this.#width = width;
    this.#hash = jhash(width, seed);
    this.#slots = new Uint32Array(FIRST_SLOTS * (width + 1));
  }

  /** How many bytes the slots take, occupied or not. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** Returns the value of a key. */
  get(key: Uint32Array): number | undefined {
    const marked = this.#slots[this.#find(key) + this.#width]!;
    return marked === 0 ? undefined : marked - 1;
  }

  /** Gives a key a value, in place of the one that it has; tells whether the key is new. */
  set(key: Uint32Array, value: number): boolean {
    let at = this.#find(key);
    const isNew = this.#slots[at + this.#width] === 0;
    if (isNew) {
      if (this.size + 1 > FULLEST * (this.#mask + 1)) {
        this.#grow();
        at = this.#find(key);
      }
      for (let word = 0; word < this.#width; word++) this.#slots[at + word] = key[word]!;
      this.size++;
    }
    this.#slots[at + this.#width] = value + 1;
    return isNew;
  }

  /** Takes a key out; tells whether it was in. */
  delete(key: Uint32Array): boolean {
    const stride = this.#width + 1;
    const slots = this.#slots;
    let hole = this.#find(key);
    if (slots[hole + this.#width] === 0) return false;
    // A look-up ends at an empty slot. So what stands further on in this run, and was moved there
    // because this slot was occupied, moves back into it; then no grave has to be marked.
    for (let at = this.#next(hole); slots[at + this.#width] !== 0; at = this.#next(at)) {
      const way = (at - this.#home(slots, at) + slots.length) % slots.length;
      const wayFromHole = (at - hole + slots.length) % slots.length;
      if (way < wayFromHole) continue;
      slots.copyWithin(hole, at, at + stride);
      hole = at;
    }
    slots.fill(0, hole, hole + stride);
    this.size--;
    return true;
  }

  /** Returns where the first entry from `at` on stands, or -1; a scan begins at 0. */
  occupied(at: number): number {
    const stride = this.#width + 1;
    for (; at < this.#slots.length; at += stride) {
      if (this.#slots[at + this.#width] !== 0) return at;
    }
    return -1;
  }

  /** Returns a copy of the key that stands there, its value and where the scan goes on. */
  entry(at: number): { key: Uint32Array<ArrayBuffer>; value: number; next: number } {
    const end = at + this.#width;
    return { key: this.#slots.slice(at, end), value: this.#slots[end]! - 1, next: end + 1 };
  }

  /** Returns where a key stands, or the empty slot where it would. */
  #find(key: Uint32Array): number {
    const width = this.#width;
    const slots = this.#slots;
    const [first, second, third] = [key[0]!, key[1]!, key[2]!];
    let at = this.#home(key, 0);
    for (;;) {
      // One branch for three words: a processor that guesses it right looks on meanwhile.
      const differ = (slots[at]! ^ first) | (slots[at + 1]! ^ second) | (slots[at + 2]! ^ third);
      if (differ === 0 && this.#isRestEqual(key, at)) return at;
      if (slots[at + width] === 0) return at;
      at = this.#next(at);
    }
  }

  #isRestEqual(key: Uint32Array, at: number): boolean {
    let word = 3;
    while (word < this.#width && this.#slots[at + word] === key[word]) word++;
    return word === this.#width;
  }

  /** Returns the slot that the hash of the key at `from` names. */
  #home(words: Uint32Array, from: number): number {
    return (this.#hash(words, from) & this.#mask) * (this.#width + 1);
  }

  #next(at: number): number {
    const next = at + this.#width + 1;
    return next === this.#slots.length ? 0 : next;
  }

  #grow(): void {
    const old = this.#slots;
    const stride = this.#width + 1;
    const slots = new Uint32Array(2 * old.length);
    this.#mask = slots.length / stride - 1;
    this.#slots = slots;
    for (let from = 0; from < old.length; from += stride) {
      if (old[from + this.#width] === 0) continue;
      let at = this.#home(old, from);
      while (slots[at + this.#width] !== 0) at = this.#next(at);
      for (let word = 0; word < stride; word++) slots[at + word] = old[from + word]!;
    }
  }
}
