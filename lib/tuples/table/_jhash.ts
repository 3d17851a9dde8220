/**
 * Jenkins' hash of 32-bit words with a seed: the kernel's `jhash2()` (include/linux/jhash.h), which
 * for three words is the `jhash_3words()` of `inet_ehashfn()` (net/ipv4/inet_hashtables.c).
 *
 * From Bob Jenkins' lookup3.c, which is in the public domain; with its second seed word, as
 * `hashword2()` there has it. With 0 for that word it is the kernel's function.
 *
 * @module
 */

/** JHASH_INITVAL. */
const START = 0xdeadbeef;

/** Returns the hash, as a signed 32-bit number, of the words from `from` on. */
export type WordHash = (words: Uint32Array, from: number) => number;

/**
 * Returns the hash of `count` words, at least one, with a seed of two words.
 *
 * Its bits are so well mixed that any of them number slots. The seed keeps strangers from choosing
 * keys that meet in a slot; it does not stay a secret if others see hashes. What the kernel shows to
 * the world (sequence numbers, RFC 6528) it therefore makes with SipHash.
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
