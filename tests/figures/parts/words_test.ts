import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  shorten,
  shortNumber,
  widthOf,
  wrap,
  wrapName,
} from "../../../lib/figures/parts/_words.ts";

const TEXT = fc.string({ unit: "grapheme", maxLength: 60 });
const WIDTH = fc.integer({ min: 2, max: 40 });

Deno.test("shorten() leaves what fits, and cuts the middle out of what does not", () => {
  assertEquals(shorten("listener 1", 28), "listener 1");
  assertEquals(shorten("the one that ends with 7", 9), "the o…ith 7");
  fc.assert(fc.property(TEXT, WIDTH, (text, letters) => {
    const short = shorten(text, letters);
    assert(widthOf(short) <= letters, short);
    if (short !== text) assert(widthOf(text) > letters && short.includes("…"));
  }));
});

Deno.test("wrap() loses nothing but blanks, and has no line that is too wide", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("unbreakable", 5), ["unbre", "akabl", "e"]);
  for (const split of [wrap, wrapName]) {
    fc.assert(fc.property(TEXT, WIDTH, (text, letters) => {
      const lines = split(text, letters);
      assertEquals(lines.join("").replace(/\s/g, ""), text.replace(/\s/g, ""));
      assert(lines.every((line) => widthOf(line) <= letters), lines.join("|"));
    }));
  }
});

Deno.test("shortNumber() has at most seven characters", () => {
  assertEquals([0, 65_536, 999_999].map(shortNumber), ["0", "65,536", "999,999"]);
  assertEquals([1_000_000, 1_234_567, 2_500_000_000].map(shortNumber), ["1M", "1.23M", "2.5B"]);
  assert(shortNumber(Number.MAX_SAFE_INTEGER).length <= 7);
});
