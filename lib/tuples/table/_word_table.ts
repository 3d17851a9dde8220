/**
 * A hash table in one typed array: keys of a fixed number of 32-bit words, each with a number.
 *
 * Open addressing: an entry is in the slot that its hash names or, if that is occupied, in the next
 * free one after it. A slot holds a key's words and then its value plus one, so that a 0 there means
 * an empty slot, and no entry needs a flag.
 *
 * The hash is Jenkins' hash of 32-bit words with a seed: the kernel's `jhash2()` (include/linux/jhash.h),
 * which for three words is the `jhash_3words()` of `inet_ehashfn()` (net/ipv4/inet_hashtables.c). It is
 * from Bob Jenkins' lookup3.c, which is in the public domain, with the second seed word of its
 * `hashword2()`. With 0 for that word it is the kernel's function.
 *
 * @module
 */
/** The highest value that a slot can hold: 0 means an empty slot. */
export const MAX_VALUE = 2 ** 32 - 2;

/** A power of two, so that the low bits of a hash are a slot's number. */
const FIRST_SLOTS = 8;
/** In a fuller table the runs of occupied slots that a look-up walks along grow long. */
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

  /** Sets the value of a key; returns whether the key is new. */
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

  /** Removes a key; returns whether it was there. */
  delete(key: Uint32Array): boolean {
    const stride = this.#width + 1;
    const slots = this.#slots;
    let hole = this.#find(key);
    if (slots[hole + this.#width] === 0) return false;
    // A look-up ends at an empty slot. So an entry further on in this run that is there only because
    // this slot was occupied moves back into it; then no slot has to be marked as deleted.
    for (let at = this.#next(hole); slots[at + this.#width] !== 0; at = this.#next(at)) {
      const distance = (at - this.#home(slots, at) + slots.length) % slots.length;
      const distanceFromHole = (at - hole + slots.length) % slots.length;
      if (distance < distanceFromHole) continue;
      slots.copyWithin(hole, at, at + stride);
      hole = at;
    }
    slots.fill(0, hole, hole + stride);
    this.size--;
    return true;
  }

  /** Returns the index of the first entry from `at` on, or -1; a scan begins at 0. */
  occupied(at: number): number {
    const stride = this.#width + 1;
    for (; at < this.#slots.length; at += stride) {
      if (this.#slots[at + this.#width] !== 0) return at;
    }
    return -1;
  }

  /** Returns a copy of the key at an index, its value, and where the scan goes on. */
  entry(at: number): { key: Uint32Array<ArrayBuffer>; value: number; next: number } {
    const end = at + this.#width;
    return { key: this.#slots.slice(at, end), value: this.#slots[end]! - 1, next: end + 1 };
  }

  /** Returns the index of a key, or of the empty slot where it belongs. */
  #find(key: Uint32Array): number {
    const width = this.#width;
    const slots = this.#slots;
    const [first, second, third] = [key[0]!, key[1]!, key[2]!];
    let at = this.#home(key, 0);
    for (;;) {
      // One branch for three words, so that a processor that predicts it right works ahead.
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

  /** Returns the index of the slot that the hash of the key at `from` names. */
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

/** JHASH_INITVAL. */
const START = 0xdeadbeef;

/** Returns the hash, as a signed 32-bit number, of the words from `from` on. */
export type WordHash = (words: Uint32Array, from: number) => number;

/**
 * Returns the hash of `count` words, at least one, with a seed of two words.
 *
 * Its bits are so well mixed that any of them can number slots. The seed keeps others from choosing
 * keys that share a slot, but it does not stay secret if they see hashes. For numbers that everybody
 * sees (sequence numbers, RFC 6528) the kernel therefore uses SipHash.
 */
export function jhash(count: number, seed: readonly [number, number]): WordHash {
  const start = (START + (count << 2) + seed[0]) | 0;
  const startOfThird = (start + seed[1]) | 0;
  // Three words, an IPv4 tuple, need no loop.
  if (count === 3) {
    return (words, from) =>
      finish(start + words[from]!, start + words[from + 1]!, startOfThird + words[from + 2]!);
  }
  return (words, from) => {
    let [a, b, c] = [start, start, startOfThird];
    let at = from;
    for (const last = from + count - 3; at < last; at += 3) {
      a = (a + words[at]!) | 0;
      b = (b + words[at + 1]!) | 0;
      c = (c + words[at + 2]!) | 0;
      a = (a - c) ^ (c << 4 | c >>> 28);
      c = (c + b) | 0;
      b = (b - a) ^ (a << 6 | a >>> 26);
      a = (a + c) | 0;
      c = (c - b) ^ (b << 8 | b >>> 24);
      b = (b + a) | 0;
      a = (a - c) ^ (c << 16 | c >>> 16);
      c = (c + b) | 0;
      b = (b - a) ^ (a << 19 | a >>> 13);
      a = (a + c) | 0;
      c = (c - b) ^ (b << 4 | b >>> 28);
      b = (b + a) | 0;
    }
    const rest = from + count - at;
    return finish(
      a + words[at]!,
      rest > 1 ? b + words[at + 1]! : b,
      rest > 2 ? c + words[at + 2]! : c,
    );
  };
}

/** The last mixing; each sum may be beyond 32 bits. */
function finish(a: number, b: number, c: number): number {
  a |= 0;
  b |= 0;
  c = (c ^ b) - (b << 14 | b >>> 18) | 0;
  a = (a ^ c) - (c << 11 | c >>> 21) | 0;
  b = (b ^ a) - (a << 25 | a >>> 7) | 0;
  c = (c ^ b) - (b << 16 | b >>> 16) | 0;
  a = (a ^ c) - (c << 4 | c >>> 28) | 0;
  b = (b ^ a) - (a << 14 | a >>> 18) | 0;
  return (c ^ b) - (b << 24 | b >>> 8) | 0;
}
