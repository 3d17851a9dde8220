import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MAX_PORT, PortRange } from "fourtuple";
import { refused } from "../_refused.ts";

const PORT = fc.oneof(fc.integer({ min: 0, max: MAX_PORT }), fc.constantFrom(0, 1, 65534, 65535));
const RANGE = fc.tuple(PORT, PORT).map(([a, b]) => PortRange.from(Math.min(a, b), Math.max(a, b)));

/** Ranges near each other, so that many touch, overlap or lie inside one another. */
const NEAR = fc.tuple(fc.nat(20), fc.nat(6)).map(([first, more]) =>
  PortRange.from(first, first + more)
);

const GOOD: readonly (readonly [text: string, first: number, last: number, canonical: string])[] = [
  ["6000-6999", 6000, 6999, "6000-6999"],
  ["0-65535", 0, 65535, "0-65535"],
  ["80", 80, 80, "80"],
  ["80-80", 80, 80, "80"],
  ["080-0090", 80, 90, "80-90"],
  ["0", 0, 0, "0"],
  ["65535", 65535, 65535, "65535"],
];

/** What is no range, the class of the error, and the part that is refused. */
const BAD: readonly (readonly [unknown, ErrorConstructor, part: string])[] = [
  ["", SyntaxError, '""'],
  ["-", SyntaxError, '""'],
  ["-80", SyntaxError, '""'],
  ["80-", SyntaxError, '""'],
  ["80-90-100", SyntaxError, "2 hyphens"],
  ["80--90", SyntaxError, "2 hyphens"],
  ["80 - 90", SyntaxError, '" " (U+0020)'],
  ["80–90", SyntaxError, '"–" (U+2013)'],
  ["80:90", SyntaxError, '":"'],
  ["80,90", SyntaxError, '","'],
  ["80-0x5a", SyntaxError, '"x"'],
  ["1-65536", RangeError, "65536"],
  ["6999-6000", RangeError, "6999 above 6000"],
  [80, TypeError, "80"],
  [[80, 90], TypeError, "an array"],
];

Deno.test("PortRange.parse() reads one port or two", () => {
  for (const [text, first, last, canonical] of GOOD) {
    const range = PortRange.parse(text);
    assertEquals([range.first, range.last, `${range}`], [first, last, canonical]);
  }
});

Deno.test("PortRange.parse() refuses everything else", () => {
  for (const [text, type, part] of BAD) {
    const error = refused(() => PortRange.parse(text as string), type);
    assertEquals(error.part, part, error.message);
    // The message quotes the whole text, even if a port inside it is refused.
    assert(typeof text !== "string" || error.message.includes(`"${text}"`), error.message);
  }
});

Deno.test("PortRange.from() refuses ends that are no ports or in the wrong order", () => {
  const cases: [unknown, unknown, ErrorConstructor, part: string][] = [
    [2, 1, RangeError, "2 above 1"],
    [-1, 80, RangeError, "-1"],
    [80, 65536, RangeError, "65536"],
    [80, 80.5, RangeError, "80.5"],
    ["80", 90, TypeError, '"80"'],
    [80, undefined, TypeError, "undefined"],
  ];
  for (const [first, last, type, part] of cases) {
    const make = () => PortRange.from(first as number, last as number);
    assertEquals(refused(make, type).part, part);
  }
});

Deno.test("PortRange never changes", () => {
  const range = PortRange.from(80, 90);
  assertThrows(() => Object.assign(range, { last: 65535 }), TypeError);
  assertEquals(range.size, 11);
});

Deno.test("PortRange.has() is false for what is no port", () => {
  const all = PortRange.from(0, MAX_PORT);
  for (const value of [-1, 65536, 80.5, NaN, -0, "80", null, undefined]) {
    assertEquals(all.has(value as number), false, Deno.inspect(value));
  }
});

Deno.test("PortRange iterates anew each time, and stops where a loop stops", () => {
  const range = PortRange.from(65533, 65535);
  assertEquals([...range, ...range], [65533, 65534, 65535, 65533, 65534, 65535]);
  for (const port of PortRange.from(0, MAX_PORT)) {
    if (port === 3) break;
    assert(port < 3);
  }
});

Deno.test("parse is the inverse of toString, and toString is a key", () => {
  fc.assert(fc.property(RANGE, RANGE, (a, b) => {
    assert(PortRange.parse(`${a}`).equals(a));
    assertEquals(`${a}` === `${b}`, a.equals(b));
  }));
});

Deno.test("has is true exactly for the members, and size counts them", () => {
  fc.assert(fc.property(NEAR, (range) => {
    const members = new Set(range);
    assertEquals(members.size, range.size);
    for (let port = 0; port < 40; port++) assertEquals(range.has(port), members.has(port));
  }));
  fc.assert(fc.property(RANGE, PORT, (range, port) => {
    assertEquals(range.has(port), range.first <= port && port <= range.last);
  }));
});

Deno.test("intersection is what both have, in either order", () => {
  fc.assert(fc.property(NEAR, NEAR, (a, b) => {
    const common = [...a].filter((port) => b.has(port));
    const intersection = a.intersection(b);
    assertEquals([...intersection ?? []], common);
    assertEquals(`${intersection}`, `${b.intersection(a)}`);
    assertEquals(a.overlaps(b), common.length > 0);
    assertEquals(a.overlaps(b), b.overlaps(a));
  }));
});

Deno.test("intersection is associative and idempotent", () => {
  fc.assert(fc.property(NEAR, NEAR, NEAR, (a, b, c) => {
    const left = a.intersection(b)?.intersection(c);
    const bc = b.intersection(c);
    assertEquals(`${left}`, `${bc && a.intersection(bc)}`);
    assert(a.intersection(a)!.equals(a));
  }));
});
