import { assertEquals, assertLess } from "@std/assert";
import { jhash } from "../../../lib/tuples/table/_word_table.ts";

const WORDS = new Uint32Array(Uint8Array.from({ length: 64 }, (_, byte) => byte).buffer);
const hex = (hash: number) => (hash >>> 0).toString(16).padStart(8, "0");

Deno.test("jhash() gives the hashes that are published for it", () => {
  // DPDK, app/test/test_hash_functions.c: bytes 0, 1, 2 …, with seeds 0 and 0xdeadbeef.
  const published: [bytes: number, seed0: string, seedDeadbeef: string][] = [
    [4, "e4cf1d42", "8270ac65"],
    [8, "d4ccb93c", "05fa6668"],
    [16, "5e84eafc", "762df861"],
    [32, "21362cfe", "da088f2f"],
    [40, "1c9fa888", "768087fc"],
    [48, "2f4775ab", "59614cd4"],
    [64, "9ff036cc", "7a94f690"],
  ];
  for (const [bytes, ...hashes] of published) {
    const own = [0, 0xdeadbeef].map((seed) => hex(jhash(bytes / 4, [seed, 0])(WORDS, 0)));
    assertEquals(own, hashes, `${bytes} bytes`);
  }
});

Deno.test("jhash() of three words, which has a way of its own, is that of the long way", () => {
  // Jenkins' lookup3.c says in plain C what the mixing is; here once more, in whole numbers.
  const MOD = 2n ** 32n;
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) % MOD;
  const minus = (x: bigint, y: bigint) => ((x - y) % MOD + MOD) % MOD;
  const expected = (words: readonly number[], [first, second]: readonly [number, number]) => {
    const start = 0xdeadbeefn + 12n + BigInt(first);
    let [a, b, c] = words.map((word) => BigInt(word)) as [bigint, bigint, bigint];
    [a, b, c] = [(a + start) % MOD, (b + start) % MOD, (c + start + BigInt(second)) % MOD];
    c = minus(c ^ b, rotate(b, 14n));
    a = minus(a ^ c, rotate(c, 11n));
    b = minus(b ^ a, rotate(a, 25n));
    c = minus(c ^ b, rotate(b, 16n));
    a = minus(a ^ c, rotate(c, 4n));
    b = minus(b ^ a, rotate(a, 14n));
    c = minus(c ^ b, rotate(b, 24n));
    return Number(c);
  };
  const high = 2 ** 32 - 1;
  for (const words of [[0, 0, 0], [1, 2, 3], [high, high, high], [0x0a000005, 0xcb007150, 1]]) {
    for (const seed of [[0, 0], [0xdeadbeef, 7], [high, high]] as [number, number][]) {
      const own = jhash(3, seed)(Uint32Array.from([9, ...words]), 1);
      assertEquals(hex(own), hex(expected(words, seed)), `${words} with ${seed}`);
    }
  }
});

Deno.test("jhash() scatters with one seed what somebody chose to meet with another", () => {
  const SLOTS = 1024;
  const slot = (seed: readonly [number, number], words: Uint32Array) =>
    jhash(3, seed)(words, 0) & (SLOTS - 1);
  // Remote addresses and ports that a stranger may use against 203.0.113.80:443.
  const chosen = [];
  for (let tries = 0; chosen.length < 256; tries++) {
    const words = Uint32Array.of(0xcb007150, 0x0a000000 + tries, 443 << 16 | tries & 0xffff);
    if (slot([1, 2], words) === 0) chosen.push(words);
  }
  for (const seed of [[3, 2], [1, 3], [2 ** 32 - 1, 0]] as [number, number][]) {
    const counts = new Uint32Array(SLOTS);
    for (const words of chosen) counts[slot(seed, words)]!++;
    // 256 balls into 1024 boxes: even eight in one has a chance of less than one in a million.
    assertLess(Math.max(...counts), 8);
  }
});
