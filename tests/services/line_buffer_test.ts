import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeLine, LineBuffer } from "../../lib/services/_line_buffer.ts";

const ENCODER = new TextEncoder();

/** Feeds bytes as they fit and returns what comes out, up to the first fault. */
function linesOf(bytes: Uint8Array, { limit = 8, piece = bytes.length } = {}): string[] {
  const buffer = new LineBuffer(limit);
  const out: string[] = [];
  for (let at = 0;;) {
    const line = buffer.take();
    if (line === undefined) {
      if (at === bytes.length) return out;
      const part = bytes.subarray(at, at + Math.min(piece, buffer.free.length));
      buffer.free.set(part);
      buffer.fill(part.length);
      at += part.length;
    } else if ("fault" in line) {
      return [...out, `fault: ${line.fault}`];
    } else {
      out.push(line.text);
    }
  }
}

Deno.test("LineBuffer cuts lines, and says what is wrong with one", () => {
  const cases: [what: string, text: string, lines: string[]][] = [
    ["nothing", "", []],
    ["one line", "a\n", ["a"]],
    ["two in one piece", "a\nb\n", ["a", "b"]],
    ["CR LF", "a\r\n", ["a"]],
    ["an empty line", "\n", [""]],
    ["an empty line, CR LF", "\r\n", [""]],
    ["no end yet", "a\nb", ["a"]],
    ["as long as allowed", "12345678\n", ["12345678"]],
    ["as long as allowed, CR LF", "12345678\r\n", ["12345678"]],
    ["one byte more", "123456789\n", ["fault: line"]],
    ["no end, and full", "1234567890", ["fault: line"]],
    ["bytes are counted, not characters", "ééééé\n", ["fault: line"]],
    ["four characters, eight bytes", "éééé\n", ["éééé"]],
    ["CR within a line", "a\rb\n", ["fault: text"]],
    ["an escape sequence for a terminal", "\x1b[2J\n", ["fault: text"]],
    ["a NUL", "\0\n", ["fault: text"]],
    ["a byte order mark is a character", "\ufeffa\n", ["\ufeffa"]],
  ];
  for (const [what, text, lines] of cases) {
    assertEquals(linesOf(ENCODER.encode(text)), lines, what);
  }
  assertEquals(linesOf(new Uint8Array([0xff, 0x0a])), ["fault: text"], "not UTF-8");
  assertEquals(linesOf(new Uint8Array([0xc3, 0x0a])), ["fault: text"], "half a character");
});

Deno.test("LineBuffer gives the same lines however the bytes are cut", () => {
  const text = fc.stringMatching(/^[a-zé \n]{0,60}$/u);
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 10 }), (text, piece) => {
    const bytes = ENCODER.encode(text);
    assertEquals(linesOf(bytes, { limit: 120, piece }), text.split("\n").slice(0, -1));
  }));
});

Deno.test("LineBuffer takes no more memory than one line, its end included", () => {
  const buffer = new LineBuffer(1024);
  assertEquals(buffer.free.length, 1026);
  buffer.fill(1026);
  assertEquals(buffer.free.length, 0);
  assertEquals(buffer.take(), { fault: "line" });
});

Deno.test("encodeLine() ends a line, and refuses what would end it sooner", () => {
  assertEquals(encodeLine("é"), new Uint8Array([0xc3, 0xa9, 0x0a]));
  assertThrows(
    () => encodeLine("a\nb"),
    SyntaxError,
  );
});
