import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { assert, assertEquals, assertGreater, assertThrows, equal } from "@std/assert";

class Meter {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get value() {
    return this.#value;
  }
}

class Silent {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  tell() {
    return this.#value;
  }
}

function ring(value: number): unknown {
  const link: { value: number; next?: unknown } = { value };
  link.next = { value: 0, next: link };
  return link;
}

/** What is compared, the two values, and whether they are equal. */
const CASES: [string, unknown, unknown, boolean][] = [
  ["numbers", 1, 2, false],
  ["NaN with itself", NaN, NaN, true],
  ["zeros of either sign", 0, -0, true],
  ["zeros of either sign, nested", [0], [-0], true],
  ["a number with its text", 1, "1", false],
  ["null with undefined", null, undefined, false],
  ["null with an object", null, {}, false],
  ["symbols of one description", Symbol("a"), Symbol("a"), false],
  ["two functions alike", () => 1, () => 1, false],
  ["objects in another order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ["a key that is undefined with none", { a: undefined }, {}, false],
  [
    "a key that is undefined with another",
    { a: undefined },
    { b: undefined },
    false,
  ],
  [
    "keys that are symbols",
    { [Symbol.iterator]: 1 },
    { [Symbol.iterator]: 2 },
    false,
  ],
  ["an object with an array", {}, [], false],
  [
    "an object without prototype with a plain one",
    Object.create(null),
    {},
    true,
  ],
  ["arrays of other lengths", [1], [1, undefined], false],
  ["a hole with undefined", [1, , 3], [1, undefined, 3], false], // deno-lint-ignore no-sparse-arrays
  ["instances of two classes", new Meter(1), new Silent(1), false],
  ["private state behind a getter", new Meter(1), new Meter(2), false],
  ["private state behind a getter, the same", new Meter(1), new Meter(1), true],
  ["private state that only methods tell", new Silent(1), new Silent(2), true],
  ["dates", new Date(1), new Date(2), false],
  ["dates, the same", new Date(1), new Date(1), true],
  ["dates that are none", new Date(NaN), new Date(NaN), true],
  ["regular expressions by their flags", /a/, /a/g, false],
  ["URLs", new URL("http://a:80/"), new URL("http://a:81/"), false],
  [
    "URLs with a default port",
    new URL("http://a:80/"),
    new URL("http://a/"),
    true,
  ],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
  ["bytes of other lengths", new Uint8Array(1), new Uint8Array(2), false],
  ["elements of another width", new Uint8Array(1), new Uint16Array(1), false],
  ["floats", new Float64Array([NaN, 0]), new Float64Array([NaN, -0]), true],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([2]).buffer, false],
  [
    "maps in another order",
    new Map([[1, 1], [2, 2]]),
    new Map([[2, 2], [1, 1]]),
    true,
  ],
  ["maps by value", new Map([[1, 1]]), new Map([[1, 2]]), false],
  ["maps by key", new Map([[1, undefined]]), new Map([[2, undefined]]), false],
  ["maps by size", new Map([[1, 1]]), new Map(), false],
  [
    "maps whose keys are objects",
    new Map([[{ a: 1 }, 1]]),
    new Map([[{ a: 1 }, 1]]),
    true,
  ],
  [
    "maps whose keys are objects that differ",
    new Map([[{ a: 1 }, 1]]),
    new Map([[{}, 1]]),
    false,
  ],
  [
    "sets of objects in another order",
    new Set([{ a: 1 }, {}]),
    new Set([{}, { a: 1 }]),
    true,
  ],
  [
    "sets that repeat an equal object",
    new Set([{}, {}]),
    new Set([{}, { a: 1 }]),
    false,
  ],
  ["a set with a map", new Set(), new Map(), false],
  ["rings", ring(1), ring(1), true],
  ["rings that differ", ring(1), ring(2), false],
  [
    "weak references to equal things",
    new WeakRef({ a: 1 }),
    new WeakRef({ a: 1 }),
    true,
  ],
];

Deno.test("equal() compares each kind of value as the published package does", async (t) => {
  for (const [what, a, b, expected] of CASES) {
    await t.step(what, () => {
      assert(equal(a, b) === expected, `${what}: expected ${expected}`);
      assert(
        equal(b, a) === expected,
        `${what}, swapped: expected ${expected}`,
      );
      assert(
        equal({ in: [a] }, { in: [b] }) === expected,
        `${what}, nested: expected ${expected}`,
      );
    });
  }
});

Deno.test("equal() refuses what nobody can look into", () => {
  assertThrows(
    () => equal(new WeakMap(), new WeakMap()),
    TypeError,
    "Cannot compare WeakMap instances",
  );
  assertThrows(
    () => equal(new WeakSet(), new WeakSet()),
    TypeError,
    "Cannot compare WeakSet instances",
  );
});

/** Few values and keys, so that two draws are often equal. */
const PLAIN = fc.anything({
  key: fc.constantFrom("a", "b"),
  values: [fc.constantFrom(0, 1, "a", undefined, null, NaN)],
  maxKeys: 2,
  maxDepth: 1,
  withMap: true,
  withSet: true,
});

Deno.test("equal() agrees with node on plain data", () => {
  let alike = 0;
  fc.assert(
    fc.property(PLAIN, PLAIN, (a, b) => {
      const expected = isDeepStrictEqual(a, b);
      assertEquals(equal(a, b), expected);
      assert(equal(a, structuredClone(a)));
      if (expected) alike++;
    }),
    { numRuns: 2_000 },
  );
  assertGreater(alike, 10);
});
