/**
 * A table of a million conversations: how a kernel finds the socket of a segment at once.
 *
 * Linux keeps its connected TCP sockets in a hash table whose key is the four-tuple, `ehash`
 * (net/ipv4/inet_hashtables.c); listening sockets are in another one, which is searched when the first
 * has no answer. The hash has a secret in it (`inet_ehash_secret`): the client chooses the remote
 * address and port, and if it could compute the hash, it could make all of its connections share one
 * slot, where each look-up walks past all the others. This table hashes by the same function,
 * `jhash()`, with a secret of its own.
 *
 * The kernel chains the sockets that share a slot, and keeps the size that its table got at boot. This
 * table puts them into the next free slot, and grows.
 *
 * @module
 */
import {
  type Check,
  check,
  checkOptions,
  kindOf,
  quote,
  quoteValue,
  refusal,
  wholeNumber,
} from "../../refusal.ts";
import { FourTuple } from "../four_tuple.ts";
import { IPV4_WORDS, IPV6_WORDS, type PackedTuple, packInto, unpack } from "./packed_tuple.ts";
import { MAX_VALUE, WordTable } from "./_word_table.ts";

/** How a {@linkcode FourTupleTable} is made. */
export interface FourTupleTableOptions {
  /**
   * The two 32-bit words of the hash's seed, on which the order of the entries depends. Random ones
   * by default, as they must be where others choose the keys.
   */
  readonly seed?: readonly [number, number];
}

const VALUE = wholeNumber({ most: MAX_VALUE });
const SEED_WORD = wholeNumber({ most: 2 ** 32 - 1 });
const SEED: Check<readonly [number, number]> = {
  rule: "an array of two words",
  allows: (seed): seed is readonly [number, number] => Array.isArray(seed) && seed.length === 2,
};

/**
 * A table from four-tuples to numbers, such as the indices of sockets in an array.
 *
 * It is a map without objects: its entries are in two typed arrays, one for each address family. An
 * IPv4 entry takes 20 to 40 bytes, depending on how full the array is, and an IPv6 one 55 to 110; while
 * an array grows, the old one is still there. `delete()` frees no memory, `clear()` does.
 *
 * A key is a {@linkcode FourTuple}, or its words, see `packTuple()`. Words are the fast way: a look-up
 * with three words from a segment's header makes no object. The same array may be filled again for the
 * next look-up, since the table copies what it keeps.
 *
 * Keys are equal if their texts are: a mapped address is not the IPv4 one in it, and two zones are two
 * conversations. TCP and UDP need a table each, as in the kernel.
 *
 * @example Which socket gets this segment?
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
 * for (const [index, { local, remote }] of sockets.entries()) {
 *   if (remote !== undefined) table.set(FourTuple.from(local, remote), index);
 * }
 * const found = table.get(FourTuple.from(server, laptop));
 * assertEquals(sockets[found!]?.state, "ESTABLISHED");
 * // Another port of the same laptop is another four-tuple, which only the listener takes.
 * const other = FourTuple.from(server, parseEndpoint("10.0.0.5:51235"));
 * assertEquals(table.get(other), undefined);
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
  /** How often an entry was added or removed. */
  #changes = 0;

  /**
   * Makes a table.
   *
   * @param entries The first entries; none by default
   * @throws {TypeError} If a key is no four-tuple, a value or a word of the seed no number, or an
   *   option unknown
   * @throws {RangeError} If a value or a word of the seed is out of bounds
   */
  constructor(
    entries: Iterable<readonly [FourTuple | PackedTuple, number]> = [],
    options: FourTupleTableOptions = {},
  ) {
    const cannot = "Cannot make a FourTupleTable";
    checkOptions(options, { seed: SEED }, cannot);
    this.#seed = options.seed ?? randomSeed();
    for (const word of this.#seed) check(word, SEED_WORD, { cannot, what: "a word of the seed" });
    this.#ipv4 = new WordTable(this.#ipv4Key.length, this.#seed);
    this.#ipv6 = new WordTable(this.#ipv6Key.length, this.#seed);
    for (const [key, value] of entries) this.set(key, value);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /** How many bytes the entries take, with the space that is reserved for more. */
  get byteLength(): number {
    return this.#ipv4.byteLength + this.#ipv6.byteLength;
  }

  /**
   * Sets the value of a four-tuple.
   *
   * @param key A four-tuple or its words
   * @param value A whole number from 0 to 4294967294
   * @throws {TypeError} If `key` is no four-tuple, or `value` no number
   * @throws {RangeError} If `value` is out of bounds, or there are more than 65,534 zones
   */
  set(key: FourTuple | PackedTuple, value: number): this {
    if (!VALUE.allows(value)) {
      const cannot = `Cannot keep ${quoteValue(value)} in a FourTupleTable`;
      check(value, VALUE, { cannot, what: "a value" });
    }
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
   * @example A look-up that makes no object
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
   * Returns whether a four-tuple is in the table.
   *
   * @param key A four-tuple or its words
   * @throws {TypeError} If `key` is no four-tuple
   */
  has(key: FourTuple | PackedTuple): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * Removes a four-tuple; returns whether it was in the table.
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

  /** Removes every entry, and frees the memory. */
  clear(): void {
    this.#ipv4 = new WordTable(this.#ipv4Key.length, this.#seed);
    this.#ipv6 = new WordTable(this.#ipv6Key.length, this.#seed);
    this.#zones = new ZoneNumbers();
    this.#changes++;
  }

  /**
   * Returns an iterator over the entries, IPv4 first. Their order depends on the hashes, and differs
   * from table to table unless the seed is given.
   *
   * @throws {Error} If an entry was added or removed during the iteration
   */
  *entries(): IterableIterator<[FourTuple, number]> {
    const changes = this.#changes;
    for (const table of [this.#ipv4, this.#ipv6]) {
      for (let at = table.occupied(0); at !== -1;) {
        const { key, value, next } = table.entry(at);
        yield [this.#tupleOf(key), value];
        if (this.#changes !== changes) {
          throw refusal(Error, {
            cannot: "Cannot continue the iteration over a FourTupleTable",
            rule: "no entry is added or removed during an iteration",
            part: `${this.#changes - changes}`,
          });
        }
        at = table.occupied(next);
      }
    }
  }

  /** Returns an iterator over the four-tuples, in the order of {@linkcode FourTupleTable.entries}. */
  *keys(): IterableIterator<FourTuple> {
    for (const [tuple] of this.entries()) yield tuple;
  }

  /** Returns an iterator over the values, in the order of {@linkcode FourTupleTable.entries}. */
  *values(): IterableIterator<number> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Returns an iterator over the entries, see {@linkcode FourTupleTable.entries}. */
  [Symbol.iterator](): IterableIterator<[FourTuple, number]> {
    return this.entries();
  }

  /** Returns a key's words; except for packed IPv4 ones, they are valid until the next call. */
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

function badKey(key: unknown): Error {
  return refusal(TypeError, {
    cannot: "Cannot use a key of a FourTupleTable",
    rule: `a key is a FourTuple, or a Uint32Array of ${IPV4_WORDS} or ${IPV6_WORDS} words`,
    part: key instanceof Uint32Array ? `${key.length} words` : kindOf(key),
  });
}

/** No zone ever gets this number: a look-up with an unknown zone finds nothing. */
const UNKNOWN_ZONE = 0xffff;

/** Numbers the names of zones from 1, 0 being no zone, so that two of them fit into a word of a key. */
export class ZoneNumbers {
  readonly #names: (string | undefined)[] = [undefined];
  readonly #numbers = new Map<string | undefined, number>([[undefined, 0]]);

  /** Gives a zone a number, if it has none. */
  add(zone: string | undefined): void {
    if (this.#numbers.has(zone)) return;
    if (this.#names.length === UNKNOWN_ZONE) {
      throw refusal(RangeError, {
        cannot: `Cannot number zone ${quote(zone!)}`,
        rule: `a FourTupleTable has at most ${UNKNOWN_ZONE - 1} zones`,
        part: "another one",
      });
    }
    this.#numbers.set(zone, this.#names.length);
    this.#names.push(zone);
  }

  /** Returns a word with the numbers of two zones. */
  wordOf(local: string | undefined, remote: string | undefined): number {
    const localNumber = this.#numbers.get(local) ?? UNKNOWN_ZONE;
    return localNumber << 16 | (this.#numbers.get(remote) ?? UNKNOWN_ZONE);
  }

  /** Returns the two zones of a word. */
  of(word: number): { local: string | undefined; remote: string | undefined } {
    return { local: this.#names[word >>> 16], remote: this.#names[word & 0xffff] };
  }
}
