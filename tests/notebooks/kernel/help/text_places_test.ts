import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  codePointOffset,
  offsetAt,
  positionAt,
  utf16Offset,
} from "../../../../lib/notebooks/kernel/help/_text_places.ts";

Deno.test("utf16Offset() and codePointOffset() count an emoji as two and as one", () => {
  const text = "a🙂b👩‍🚀c";
  for (
    const [codePoints, utf16] of [[0, 0], [1, 1], [2, 3], [3, 4], [4, 6], [5, 7], [6, 9], [7, 10]]
  ) {
    assertEquals(utf16Offset(text, codePoints!), utf16);
    assertEquals(codePointOffset(text, utf16!), codePoints);
  }
  assertEquals(utf16Offset(text, 100), text.length);
  assertEquals(codePointOffset(text, 100), 7);
});

Deno.test("utf16Offset() is what slicing a list of code points gives, for every text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, codePoints) => {
    const expected = [...text].slice(0, codePoints).join("").length;
    assertEquals(utf16Offset(text, codePoints), expected);
    assertEquals(codePointOffset(text, expected), Math.min(codePoints, [...text].length));
  }));
});

Deno.test("positionAt() counts lines and UTF-16 units, and offsetAt() goes back", () => {
  const text = "ab\n🙂c\r\n\rd";
  for (
    const [offset, line, character] of [
      [0, 0, 0],
      [2, 0, 2],
      [3, 1, 0],
      [5, 1, 2],
      [6, 1, 3],
      [
        8,
        2,
        0,
      ],
      [9, 3, 0],
      [10, 3, 1],
    ]
  ) {
    assertEquals(positionAt(text, offset!), { line: line!, character: character! });
    assertEquals(offsetAt(text, { line: line!, character: character! }), offset);
  }
  assertEquals(offsetAt(text, { line: 9, character: 9 }), text.length);
});
