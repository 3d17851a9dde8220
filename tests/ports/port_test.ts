import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertPort, classifyPort, isPort, MAX_PORT, parsePort } from "fourtuple";

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

const DIGITS = "a port is decimal digits and nothing else, got";

const BAD: readonly (readonly [text: string, message: string])[] = [
  ["", 'Cannot parse port "": a port is one or more decimal digits, got none'],
  ["80abc", `Cannot parse port "80abc": ${DIGITS} "abc"`],
  ["abc", `Cannot parse port "abc": ${DIGITS} "abc"`],
  ["+80", `Cannot parse port "+80": ${DIGITS} "+"`],
  ["-80", `Cannot parse port "-80": ${DIGITS} "-"`],
  ["-0", `Cannot parse port "-0": ${DIGITS} "-"`],
  [" 80", `Cannot parse port " 80": ${DIGITS} " " (U+0020)`],
  ["80 ", `Cannot parse port "80 ": ${DIGITS} " " (U+0020)`],
  ["80\n", `Cannot parse port "80\\n": ${DIGITS} "\\n" (U+000A)`],
  ["\u00a080", `Cannot parse port "\\u{A0}80": ${DIGITS} "\\u{A0}" (U+00A0)`],
  ["80\u200b", `Cannot parse port "80\\u{200B}": ${DIGITS} "\\u{200B}" (U+200B)`],
  ["0x50", `Cannot parse port "0x50": ${DIGITS} "x"`],
  ["0b1010000", `Cannot parse port "0b1010000": ${DIGITS} "b"`],
  ["0o120", `Cannot parse port "0o120": ${DIGITS} "o"`],
  ["80.0", `Cannot parse port "80.0": ${DIGITS} "."`],
  ["8e1", `Cannot parse port "8e1": ${DIGITS} "e"`],
  ["8_0", `Cannot parse port "8_0": ${DIGITS} "_"`],
  ["80,443", `Cannot parse port "80,443": ${DIGITS} ","`],
  ["80n", `Cannot parse port "80n": ${DIGITS} "n"`],
  ["６０", `Cannot parse port "６０": ${DIGITS} "６０" (U+FF16)`], // full-width
  ["٨٠", `Cannot parse port "٨٠": ${DIGITS} "٨٠" (U+0668)`], // Arabic-Indic
  ["𝟖𝟎", `Cannot parse port "𝟖𝟎": ${DIGITS} "𝟖𝟎" (U+1D7D6)`], // mathematical bold
  ["8²", `Cannot parse port "8²": ${DIGITS} "²" (U+00B2)`],
  ["NaN", `Cannot parse port "NaN": ${DIGITS} "NaN"`],
  ["Infinity", `Cannot parse port "Infinity": ${DIGITS} "Infinity"`],
  ["http", `Cannot parse port "http": ${DIGITS} "http"`],
  ["\ud800", `Cannot parse port "\\ud800": ${DIGITS} "\\ud800" (U+D800)`],
  ['"', `Cannot parse port "\\"": ${DIGITS} "\\""`],
];

const TOO_HIGH: readonly (readonly [text: string, message: string])[] = [
  ["65536", 'Cannot parse port "65536": a port is at most 65535, got 65536'],
  ["99999", 'Cannot parse port "99999": a port is at most 65535, got 99999'],
  // 2 ** 64 + 80 would be 80 in 64 bits, and in 16.
  [
    "18446744073709551696",
    'Cannot parse port "18446744073709551696": a port is at most 65535, got 18446744073709551696',
  ],
  ["9".repeat(400), tooLong("9".repeat(64))],
];

function tooLong(shown: string): string {
  return `Cannot parse port "${shown}…": a port is at most 65535, got "${shown}…"`;
}

Deno.test("parsePort() reads decimal digits", () => {
  for (const [text, port] of GOOD) assertEquals(parsePort(text), port, text);
});

Deno.test("parsePort() refuses every other spelling", () => {
  for (const [text, message] of BAD) {
    assertEquals(assertThrows(() => parsePort(text), SyntaxError).message, message);
  }
});

Deno.test("parsePort() refuses what 16 bits do not hold", () => {
  for (const [text, message] of TOO_HIGH) {
    assertEquals(assertThrows(() => parsePort(text), RangeError).message, message);
  }
});

Deno.test("parsePort() refuses what is no text", () => {
  const cases: [unknown, string][] = [
    [80, 'Cannot parse port "80": the input is a string, got a number'],
    [80n, 'Cannot parse port "80": the input is a string, got a bigint'],
    [true, 'Cannot parse port "true": the input is a string, got a boolean'],
    [null, 'Cannot parse port "null": the input is a string, got null'],
    [undefined, 'Cannot parse port "undefined": the input is a string, got undefined'],
    [["80"], "Cannot parse port an array: the input is a string, got an array"],
    [{}, "Cannot parse port an object: the input is a string, got an object"],
    [Object.create(null), "Cannot parse port an object: the input is a string, got an object"],
    [Symbol("80"), "Cannot parse port a symbol: the input is a string, got a symbol"],
    [parsePort, "Cannot parse port a function: the input is a string, got a function"],
  ];
  for (const [input, message] of cases) {
    assertEquals(assertThrows(() => parsePort(input as string), TypeError).message, message);
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

/** A value, and the error's class and message; no class: it is a port. */
const VALUES: readonly (readonly [value: unknown, type?: ErrorConstructor, message?: string])[] = [
  [0],
  [1],
  [80],
  [65535],
  [80.0],
  [-0, RangeError, 'Cannot use "-0" as a port: a port is a whole number from 0 to 65535, got -0'],
  [-1, RangeError, 'Cannot use "-1" as a port: a port is a whole number from 0 to 65535, got -1'],
  [
    65536,
    RangeError,
    'Cannot use "65536" as a port: a port is a whole number from 0 to 65535, got 65536',
  ],
  [
    80.5,
    RangeError,
    'Cannot use "80.5" as a port: a port is a whole number from 0 to 65535, got 80.5',
  ],
  [
    NaN,
    RangeError,
    'Cannot use "NaN" as a port: a port is a whole number from 0 to 65535, got NaN',
  ],
  [
    Infinity,
    RangeError,
    'Cannot use "Infinity" as a port: a port is a whole number from 0 to 65535, got Infinity',
  ],
  [
    "80",
    TypeError,
    'Cannot use "80" as a port: a port is a whole number from 0 to 65535, got a string',
  ],
  [
    80n,
    TypeError,
    'Cannot use "80" as a port: a port is a whole number from 0 to 65535, got a bigint',
  ],
  [
    null,
    TypeError,
    'Cannot use "null" as a port: a port is a whole number from 0 to 65535, got null',
  ],
  [
    undefined,
    TypeError,
    'Cannot use "undefined" as a port: a port is a whole number from 0 to 65535, got undefined',
  ],
  [
    [80],
    TypeError,
    "Cannot use an array as a port: a port is a whole number from 0 to 65535, got an array",
  ],
  [
    Object(80),
    TypeError,
    "Cannot use an object as a port: a port is a whole number from 0 to 65535, got an object",
  ],
];

Deno.test("isPort() and assertPort() agree on every kind of value", () => {
  for (const [value, type, message] of VALUES) {
    assertEquals(isPort(value), type === undefined, Deno.inspect(value));
    if (type === undefined) assertPort(value);
    else assertEquals(assertThrows(() => assertPort(value), type).message, message);
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
  assertThrows(() => classifyPort(65536), RangeError, 'Cannot use "65536" as a port');
  assertThrows(() => classifyPort("80" as unknown as number), TypeError, "got a string");
});
