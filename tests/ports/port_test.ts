import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertPort, classifyPort, isPort, MAX_PORT, parsePort } from "fourtuple";
import { refused } from "../_refused.ts";

const GOOD: readonly (readonly [text: string, port: number])[] = [
  ["0", 0], // port 0 asks the kernel to choose
  ["80", 80],
  ["080", 80], // not octal
  ["0000000000000000000000443", 443],
  ["1023", 1023],
  ["1024", 1024],
  ["65535", 65535],
  ["065535", 65535],
];

/** What is not digits, and the part that is refused. */
const BAD: readonly (readonly [text: string, part: string])[] = [
  ["", '""'],
  ["80abc", '"abc"'],
  ["abc", '"abc"'],
  ["+80", '"+"'],
  ["-80", '"-"'],
  ["-0", '"-"'],
  [" 80", '" " (U+0020)'],
  ["80 ", '" " (U+0020)'],
  ["80\n", '"\\n" (U+000A)'],
  ["\u00a080", '"\\u{A0}" (U+00A0)'],
  ["80\u200b", '"\\u{200B}" (U+200B)'],
  ["0x50", '"x"'],
  ["0b1010000", '"b"'],
  ["0o120", '"o"'],
  ["80.0", '"."'],
  ["8e1", '"e"'],
  ["8_0", '"_"'],
  ["80,443", '","'],
  ["80n", '"n"'],
  ["６０", '"６０" (U+FF16)'], // full-width
  ["٨٠", '"٨٠" (U+0668)'], // Arabic-Indic
  ["𝟖𝟎", '"𝟖𝟎" (U+1D7D6)'], // mathematical bold
  ["8²", '"²" (U+00B2)'],
  ["NaN", '"NaN"'],
  ["Infinity", '"Infinity"'],
  ["http", '"http"'],
  ["\ud800", '"\\ud800" (U+D800)'],
  ['"', '"\\""'],
];

const TOO_HIGH: readonly (readonly [text: string, part: string])[] = [
  ["65536", "65536"],
  ["99999", "99999"],
  // 2 ** 64 + 80 would be 80 in 64 bits, and in 16.
  ["18446744073709551696", "18446744073709551696"],
  ["9".repeat(400), `"${"9".repeat(64)}…"`],
];

Deno.test("parsePort() reads decimal digits", () => {
  for (const [text, port] of GOOD) assertEquals(parsePort(text), port, text);
});

Deno.test("parsePort() refuses every other spelling", () => {
  for (const [text, part] of BAD) {
    const error = refused(() => parsePort(text), SyntaxError);
    assertEquals(error.rule, "a port is one or more decimal digits and nothing else");
    assertEquals(error.part, part);
  }
});

Deno.test("parsePort() refuses what 16 bits do not hold", () => {
  for (const [text, part] of TOO_HIGH) {
    const error = refused(() => parsePort(text), RangeError);
    assertEquals([error.rule, error.part], ["a port is at most 65535", part]);
  }
});

Deno.test("parsePort() refuses what is no string", () => {
  const values = [80, 80n, true, null, undefined, ["80"], {}, Object.create(null), Symbol("80")];
  for (const value of [...values, parsePort]) {
    const error = refused(() => parsePort(value as string), TypeError);
    assertEquals(error.rule, "the input is a string");
  }
});

Deno.test("parsePort() reads back every port that there is", () => {
  for (let port = 0; port <= MAX_PORT; port++) {
    if (parsePort(`${port}`) !== port) assertEquals(parsePort(`${port}`), port);
  }
});

Deno.test("parsePort() accepts a text exactly when it is digits of at most 65535", () => {
  const nearly = fc.string({
    unit: fc.constantFrom(..."0123456789", " ", "-", "+", "e", "x", "٣"),
  });
  fc.assert(fc.property(fc.oneof(nearly, fc.string({ unit: "binary" })), (text) => {
    const legal = /^[0-9]+$/.test(text) && BigInt(text) <= 65535n;
    if (legal) {
      assertEquals(parsePort(text), Number(text));
    } else {
      const error = assertThrows(() => parsePort(text), Error);
      assert(error instanceof SyntaxError || error instanceof RangeError, error.name);
      // One line, of printable characters, and bounded, whatever the input was.
      assert(/^Cannot parse port "[^\p{C}]*$/u.test(error.message), error.message);
      assert(error.message.length < 600);
    }
  }));
});

/** A value, and the class of the error and the part that is refused; no class: it is a port. */
const VALUES: readonly (readonly [value: unknown, type?: ErrorConstructor, part?: string])[] = [
  [0],
  [1],
  [80],
  [65535],
  [80.0],
  [-0, RangeError, "-0"],
  [-1, RangeError, "-1"],
  [65536, RangeError, "65536"],
  [80.5, RangeError, "80.5"],
  [NaN, RangeError, "NaN"],
  [Infinity, RangeError, "Infinity"],
  ["80", TypeError, '"80"'],
  [80n, TypeError, "a bigint"],
  [null, TypeError, "null"],
  [undefined, TypeError, "undefined"],
  [[80], TypeError, "an array"],
  [Object(80), TypeError, "an object"],
];

Deno.test("isPort() and assertPort() agree on every kind of value", () => {
  for (const [value, type, part] of VALUES) {
    assertEquals(isPort(value), type === undefined, Deno.inspect(value));
    if (type === undefined) assertPort(value);
    else assertEquals(refused(() => assertPort(value), type).part, part);
  }
});

Deno.test("classifyPort() changes its answer at 1024 and at 49152 only", () => {
  const changes: [number, string][] = [];
  for (let port = 0; port <= MAX_PORT; port++) {
    if (port === 0 || classifyPort(port) !== classifyPort(port - 1)) {
      changes.push([port, classifyPort(port)]);
    }
  }
  assertEquals(changes, [[0, "well-known"], [1024, "registered"], [49152, "dynamic"]]);
});

Deno.test("classifyPort() refuses what is no port", () => {
  assertEquals(refused(() => classifyPort(65536), RangeError).part, "65536");
  assertEquals(refused(() => classifyPort("80" as unknown as number), TypeError).part, '"80"');
});
