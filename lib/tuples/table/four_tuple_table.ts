/**
 * A table of a million conversations: how a kernel finds the socket of a segment at once.
 *
 * Linux keeps its connected TCP sockets in a hash table whose key is the four-tuple, `ehash`
 * (net/ipv4/inet_hashtables.c); listening sockets stand in another one, which is asked when the
 * first has no answer. The hash has a secret in it (`inet_ehash_secret`): remote address and port
 * are the stranger's choice, and who could compute the hash would choose them so that all of his
 * connections meet in one slot, where each look-up walks past all others. This table hashes by the
 * same function, `jhash()`, with a secret of its own.
 *
 * Unlike the kernel's, which hangs sockets that meet in a slot in a chain and keeps the size that it
 * got at boot, it puts them into the next free slot and grows.
 *
 * @module
 */
import { kindOf, quoteValue } from "../../refusal.ts";
import { FourTuple } from "../four_tuple.ts";
import { IPV4_WORDS, IPV6_WORDS, type PackedTuple, packInto, unpack } from "./packed_tuple.ts";
import { MAX_VALUE, WordTable } from "./_word_table.ts";
import { ZoneNumbers } from "./_zone_numbers.ts";

/** How a {@linkcode FourTupleTable} is made. */
export interface FourTupleTableOptions {
  /**
   * The two 32-bit words of the hash's seed, which give the entries their places and so their
   * order; random ones by default, as they must be where strangers choose the keys.
   */
  readonly seed?: readonly [number, number];
}

/**
 * A table from four-tuples to numbers, such as the places of sockets in an array.
 *
 * It is a map without objects: its entries stand in two typed arrays, one for each address family.
 * An IPv4 entry takes 20 to 40 bytes, as the array is more or less full, and an IPv6 one 55 to 110;
 * while an array grows the old one stands beside it. Nothing is given back by `delete()`, only by
 * `clear()`.
 *
 * A key is a {@linkcode FourTuple}, or its words, see `packTuple()`. The words are the fast way:
 * whoever fills three of them from a segment's header makes no object to look it up. The same array
 * may be filled again for the next, since the table copies what it keeps.
 *
 * Equal keys are what equal texts are elsewhere: a mapped address is not the IPv4 one in it, and two
 * zones are two conversations. Protocols have tables of their own, in the kernel too.
 *
 * @example Who gets this segment?
 * ```ts
 * import { type DemuxSocket, FourTuple, FourTupleTable, parseEndpoint } from "fourtuple/tuples";
 * import { assertEquals } from "@std/assert";
 *
 * const server = parseEndpoint("203.0.113.80:443");
 * const laptop = parseEndpoint("10.0.0.5:51234");
 * const sockets: DemuxSocket[] = [
 *   { protocol: "tcp", state: "LISTEN", local: server },
 *   { protocol: "tcp", state: "ESTABLISHED", local: server, remote: laptop },
 * ];
 * const table = new FourTupleTable();
 * for (const [place, { local, remote }] of sockets.entries()) {
 *   if (remote !== undefined) table.set(FourTuple.from(local, remote), place);
 * }
 * const found = table.get(FourTuple.from(server, laptop));
 * assertEquals(sockets[found!]?.state, "ESTABLISHED");
 * // Another port of the same laptop is another four-tuple: one for the listener.
 * const stranger = FourTuple.from(server, parseEndpoint("10.0.0.5:51235"));
 * assertEquals(table.get(stranger), undefined);
 * ```
 */
export class FourTupleTable implements Iterable<[FourTuple, number]> {
  readonly #seed: readonly [number, number];
  readonly #ipv4Key = new Uint32Array(IPV4_WORDS);
  /** One more than a packed tuple has: for the zones. */
  readonly #ipv6Key = new Uint32Array(IPV6_WORDS + 1);
  #ipv4: WordTable;
  #ipv6: WordTable;
  #zones = new ZoneNumbers();
  /** How many entries have come and gone. */
  #changes = 0;

  /**
   * Makes a table.
   *
   * @param entries What is in it from the start; nothing by default
   * @throws {TypeError} If a key is no four-tuple, or a value or a word of the seed no number
   * @throws {RangeError} If a value or a word of the seed is out of bounds
   */
  constructor(
    entries: Iterable<readonly [FourTuple | PackedTuple, number]> = [],
    options: FourTupleTableOptions = {},
  ) {
    this.#seed = options.seed === undefined ? randomSeed() : checkedSeed(options.seed);
    this.#ipv4 = new WordTable(this.#ipv4Key.length, this.#seed);
    this.#ipv6 = new WordTable(this.#ipv6Key.length, this.#seed);
    for (const [key, value] of entries) this.set(key, value);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /** How many bytes the entries take, with the room that is free for more. */
  get byteLength(): number {
    return this.#ipv4.byteLength + this.#ipv6.byteLength;
  }

  /**
   * Gives a four-tuple a value, in place of the one that it has.
   *
   * @param key A four-tuple or its words
   * @param value A whole number from 0 to 4294967294
   * @throws {TypeError} If `key` is no four-tuple, or `value` no number
   * @throws {RangeError} If `value` is out of bounds, or there are more than 65,534 zones
   */
  set(key: FourTuple | PackedTuple, value: number): this {
    assertWord(value, { cannot: "keep", what: "a value", most: MAX_VALUE });
    if (key instanceof FourTuple) {
      this.#zones.add(key.local.zone);
      this.#zones.add(key.remote.zone);
    }
    const words = this.#wordsOf(key);
    if (this.#tableOf(words).set(words, value)) this.#changes++;
    return this;
  }

  /**
   * Returns the value of a four-tuple, or `undefined` if it is not in the table.
   *
   * @param key A four-tuple or its words
   * @throws {TypeError} If `key` is no four-tuple
   *
   * @example Without an object for each look-up
   * ```ts
   * import { FourTupleTable, parseFourTuple } from "fourtuple/tuples";
   * import { assertEquals } from "@std/assert";
   *
   * const tuple = parseFourTuple("203.0.113.80:443 -> 10.0.0.5:51234");
   * const table = new FourTupleTable([[tuple, 7]]);
   * const words = new Uint32Array(3);
   * words[0] = 0xcb007150;
   * words[1] = 0x0a000005;
   * words[2] = 443 << 16 | 51234;
   * assertEquals(table.get(words), 7);
   * ```
   */
  get(key: FourTuple | PackedTuple): number | undefined {
    const words = this.#wordsOf(key);
    return this.#tableOf(words).get(words);
  }

  /**
   * Tells whether a four-tuple is in the table.
   *
   * @param key A four-tuple or its words
   * @throws {TypeError} If `key` is no four-tuple
   */
  has(key: FourTuple | PackedTuple): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * Takes a four-tuple out of the table; tells whether it was in.
   *
   * @param key A four-tuple or its words
   * @throws {TypeError} If `key` is no four-tuple
   */
  delete(key: FourTuple | PackedTuple): boolean {
    const words = this.#wordsOf(key);
    const deleted = this.#tableOf(words).delete(words);
    if (deleted) this.#changes++;
    return deleted;
  }

  /** Takes out everything, and gives its room back. */
  clear(): void {
    this.#ipv4 = new WordTable(this.#ipv4Key.length, this.#seed);
    this.#ipv6 = new WordTable(this.#ipv6Key.length, this.#seed);
    this.#zones = new ZoneNumbers();
    this.#changes++;
  }

  /**
   * Goes through the entries, IPv4 first. Their order is that of the hashes, another one in each
   * table, unless the seed is given.
   *
   * @throws {Error} If an entry came or went since the first one was asked for
   */
  *entries(): IterableIterator<[FourTuple, number]> {
    const changes = this.#changes;
    for (const table of [this.#ipv4, this.#ipv6]) {
      for (let at = table.occupied(0); at !== -1;) {
        const { key, value, next } = table.entry(at);
        yield [this.#tupleOf(key), value];
        if (this.#changes !== changes) {
          throw new Error(
            "Cannot go on through a FourTupleTable: its entries stay while one goes through them, " +
              `got ${this.#changes - changes} that came or went`,
          );
        }
        at = table.occupied(next);
      }
    }
  }

  /** Goes through the four-tuples, in the order of {@linkcode FourTupleTable.entries}. */
  *keys(): IterableIterator<FourTuple> {
    for (const [tuple] of this.entries()) yield tuple;
  }

  /** Goes through the values, in the order of {@linkcode FourTupleTable.entries}. */
  *values(): IterableIterator<number> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Goes through the entries, see {@linkcode FourTupleTable.entries}. */
  [Symbol.iterator](): IterableIterator<[FourTuple, number]> {
    return this.entries();
  }

  /** Returns a key's words: those of a four-tuple, or of IPv6, are valid until the next key. */
  #wordsOf(key: FourTuple | PackedTuple): Uint32Array {
    if (key instanceof Uint32Array) {
      if (key.length === IPV4_WORDS) return key;
      if (key.length !== IPV6_WORDS) throw badKey(key);
      this.#ipv6Key.set(key);
      this.#ipv6Key[IPV6_WORDS] = 0;
      return this.#ipv6Key;
    }
    if (!(key instanceof FourTuple)) throw badKey(key);
    const { local, remote } = key;
    const words = local.family === "IPv4" ? this.#ipv4Key : this.#ipv6Key;
    packInto(key, words);
    if (words === this.#ipv6Key) words[IPV6_WORDS] = this.#zones.wordOf(local.zone, remote.zone);
    return words;
  }

  #tableOf(words: Uint32Array): WordTable {
    return words.length === IPV4_WORDS ? this.#ipv4 : this.#ipv6;
  }

  #tupleOf(words: Uint32Array): FourTuple {
    return words.length === IPV4_WORDS
      ? unpack(words)
      : unpack(words.subarray(0, IPV6_WORDS), this.#zones.of(words[IPV6_WORDS]!));
  }
}

function randomSeed(): readonly [number, number] {
  const [first, second] = crypto.getRandomValues(new Uint32Array(2));
  return [first!, second!];
}

function checkedSeed(seed: readonly [number, number]): readonly [number, number] {
  const [first, second] = seed;
  for (const word of [first, second]) {
    assertWord(word, {
      cannot: "seed the hash with",
      what: "a word of the seed",
      most: 2 ** 32 - 1,
    });
  }
  return [first, second];
}

function assertWord(
  value: unknown,
  { cannot, what, most }: { cannot: string; what: string; most: number },
): void {
  const isNumber = typeof value === "number";
  if (isNumber && Number.isInteger(value) && value >= 0 && value <= most && !Object.is(value, -0)) {
    return;
  }
  throw new (isNumber ? RangeError : TypeError)(
    `Cannot ${cannot} ${
      quoteValue(value)
    } in a FourTupleTable: ${what} is a whole number from 0 to ` +
      `${most}, got ${isNumber ? quoteValue(value).slice(1, -1) : kindOf(value)}`,
  );
}

function badKey(key: unknown): TypeError {
  return new TypeError(
    "Cannot use a key of a FourTupleTable: it is a FourTuple, or a Uint32Array of " +
      `${IPV4_WORDS} or ${IPV6_WORDS} words, got ${
        key instanceof Uint32Array ? `${key.length} words` : kindOf(key)
      }`,
  );
}
