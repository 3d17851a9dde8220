import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotInstanceOf,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unimplemented,
  unreachable,
} from "@std/assert";

/**
 * The message with which `run` fails. Written without the package's own assertions: what judges
 * them must not lean on them.
 */
function failure(run: () => unknown): string {
  let outcome: { error: unknown } | undefined;
  try {
    run();
  } catch (error) {
    outcome = { error };
  }
  if (!(outcome?.error instanceof AssertionError)) {
    throw new Error(`Expected ${run} to fail, got ${Deno.inspect(outcome)}`);
  }
  return outcome.error.message;
}

function expectSame(actual: string, expected: string): void {
  if (actual === expected) return;
  throw new Error(
    `Expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );
}

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const FAILURES: readonly (readonly [run: () => unknown, message: string])[] = [
  [() => assert(0), ""],
  [() => assert(false, "it is not so"), "it is not so"],
  [() => assertFalse(1), ""],
  [() => assertFalse("a", "it is so"), "it is so"],
  [
    () => assertExists(null),
    'Expected actual: "null" to not be null or undefined.',
  ],
  [
    () => assertExists(undefined, "no port"),
    'Expected actual: "undefined" to not be null or undefined: no port',
  ],
  [() => fail(), "Failed assertion."],
  [() => fail("too late"), "Failed assertion: too late"],
  [() => unreachable(), "Unreachable."],
  [() => unreachable("here"), "Unreachable: here"],
  [() => unimplemented(), "Unimplemented."],
  [() => unimplemented("IPv8"), "Unimplemented: IPv8"],

  [
    () => assertEquals(80, 443),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n-   80\n+   443\n",
  ],
  [
    () => assertEquals("http", "https", "names"),
    "Values are not equal: names\n\n\n    [Diff] Actual / Expected\n\n\n-   http\n+   https\n",
  ],
  [
    () => assertEquals("a\r\nb", "a\nb"),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n-   a\\r\\n\n+   a\\n\n    b\n",
  ],
  [
    () =>
      assertEquals({ name: "http", ports: [80, 8080] }, {
        ports: [80, 8000],
        name: "http",
      }),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n" +
    '    {\n      name: "http",\n      ports: [\n        80,\n-       8080,\n+       8000,\n      ],\n    }\n',
  ],
  [
    () => assertEquals([1, 2, 3, 4], [2, 3, 5, 4]),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n" +
    "    [\n-     1,\n      2,\n      3,\n+     5,\n      4,\n    ]\n",
  ],
  [
    () => assertNotEquals([80], [80]),
    "Expected actual: [\n  80,\n] not to be: [\n  80,\n].",
  ],
  [
    () => assertNotEquals(1, 1, "twice"),
    "Expected actual: 1 not to be: 1: twice",
  ],
  [
    () => assertStrictEquals(0, -0),
    "Values are not strictly equal.\n\n\n    [Diff] Actual / Expected\n\n\n-   0\n+   -0\n",
  ],
  [
    () => assertStrictEquals([], [], "two"),
    "Values have the same structure but are not reference-equal: two\n\n    []\n",
  ],
  [
    () => assertNotStrictEquals(1, 1),
    'Expected "actual" to not be strictly equal to: 1.\n',
  ],

  [() => assertGreater(1, 1), "Expect 1 > 1"],
  [() => assertGreater(NaN, 1), "Expect NaN > 1"],
  [() => assertGreaterOrEqual(0, 1), "Expect 0 >= 1"],
  [() => assertLess(1, 1), "Expect 1 < 1"],
  [() => assertLess(2, 1, "too many"), "too many"],
  [() => assertLessOrEqual("b", "a"), 'Expect "b" <= "a"'],
  [
    () => assertAlmostEquals(1, 2),
    'Expected actual: "1" to be close to "2": delta "1" is greater than "2e-7".',
  ],
  [
    () => assertAlmostEquals(1.5, 1, 0.25, "seconds"),
    'Expected actual: "1.5e+0" to be close to "1": delta "5e-1" is greater than "2.5e-1": seconds',
  ],
  [
    () => assertAlmostEquals(NaN, 1),
    'Expected actual: "NaN" to be close to "1": delta "NaN" is greater than "1e-7".',
  ],

  [
    () => assertMatch("http", /^\d+$/),
    'Expected actual: "http" to match: "/^\\d+$/".',
  ],
  [
    () => assertNotMatch("80", /^\d+$/),
    'Expected actual: "80" to not match: "/^\\d+$/".',
  ],
  [
    () => assertStringIncludes("port 80", "443", "the log"),
    'Expected actual: "port 80" to contain: "443": the log',
  ],
  [
    () => assertArrayIncludes([80, { a: 1 }], [{ a: 1 }, { a: 2 }]),
    'Expected actual: "[\n  80,\n  {\n    a: 1,\n  },\n]" to include: ' +
    '"[\n  {\n    a: 1,\n  },\n  {\n    a: 2,\n  },\n]".\nmissing: [\n  {\n    a: 2,\n  },\n]',
  ],
  [
    () => assertObjectMatch({ port: 80, name: "http" }, { port: 443 }),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n" +
    "    {\n-     port: 80,\n+     port: 443,\n    }\n",
  ],
  [
    () => assertObjectMatch({ port: 80 }, { port: 80, name: "http" }),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n" +
    '    {\n+     name: "http",\n      port: 80,\n    }\n',
  ],
  [
    () => assertObjectMatch({ seen: new Date(0) }, { seen: new Date(1) }),
    "Values are not equal.\n\n\n    [Diff] Actual / Expected\n\n\n" +
    "    {\n-     seen: 1970-01-01T00:00:00.000Z,\n+     seen: 1970-01-01T00:00:00.001Z,\n    }\n",
  ],

  [
    () => assertInstanceOf(80, Number),
    'Expected object to be an instance of "Number" but was "number".',
  ],
  [
    () => assertInstanceOf(null, Date, "no date"),
    'Expected object to be an instance of "Date" but was "null": no date',
  ],
  [
    () => assertInstanceOf(Date, Date),
    'Expected object to be an instance of "Date" but was not an instanced object.',
  ],
  [
    () => assertInstanceOf(new ({ Date: class {} }.Date)(), Date),
    'Expected object to be an instance of "Date".',
  ],
  [
    () => assertNotInstanceOf(new Date(), Date),
    'Expected object to not be an instance of "function".',
  ],
  [() => assertIsError("oops"), 'Expected "error" to be an Error object.'],
  [
    () => assertIsError(new Error("oops"), Error, /^o+$/),
    'Expected error message to include /^o+$/, but got "oops".',
  ],

  [() => assertThrows(() => 80), "Expected function to throw."],
  [
    () => assertThrows(() => 80, "a port"),
    "Expected function to throw: a port",
  ],
  [
    () => assertThrows(() => 80, Error, "80", "a port"),
    "Expected function to throw: a port",
  ],
  [
    () => assertThrows(thrower(new RangeError("65536")), TypeError),
    'Expected error to be instance of "TypeError", but was "RangeError".',
  ],
  [
    () =>
      assertThrows(
        thrower(new RangeError("got 65536")),
        RangeError,
        "got 65537",
        "a port",
      ),
    'Expected error message to include "got 65537", but got "got 65536": a port',
  ],
  [
    () => assertThrows(thrower("text"), Error),
    "A non-Error object was thrown.",
  ],
];

Deno.test("every assertion that does not hold says what it saw", async (t) => {
  for (const [run, message] of FAILURES) {
    await t.step(`${run}`, () => expectSame(failure(run), message));
  }
});

/** Rejections, as promises: what fails, and the message. */
const REJECTIONS: readonly (readonly [run: () => Promise<unknown>, message: string])[] = [
  [
    () => assertRejects(() => Promise.resolve(80)),
    "Expected function to reject.",
  ],
  [
    () => assertRejects(thrower(new Error())),
    "Function throws when expected to reject.",
  ],
  [
    () => assertRejects(() => 80 as unknown as Promise<unknown>, "no promise"),
    "Function throws when expected to reject: no promise",
  ],
  [
    () => assertRejects(() => Promise.reject(80), Error),
    "A non-Error object was rejected.",
  ],
  [
    () =>
      assertRejects(
        () => Promise.reject(new RangeError("80")),
        RangeError,
        "443",
      ),
    'Expected error message to include "443", but got "80".',
  ],
];

Deno.test("assertRejects() says what the promise did instead", async (t) => {
  for (const [run, message] of REJECTIONS) {
    await t.step(`${run}`, async () => {
      const outcome = await run().then(() => undefined, (error) => error);
      expectSame(`${outcome}`, `AssertionError: ${message}`);
    });
  }
});

Deno.test("assertions that hold are silent", () => {
  assert("80");
  assertFalse("");
  assertExists(0);
  assertEquals([80, { a: new Set([1]) }], [80, { a: new Set([1]) }]);
  assertNotEquals("80", "080");
  assertStrictEquals(NaN, NaN);
  assertNotStrictEquals(0, -0);
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1n, 2n);
  assertLessOrEqual(1, 1);
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(1, 2, 1);
  assertAlmostEquals(Infinity, Infinity);
  assertMatch("80", /^\d+$/);
  assertNotMatch("http", /^\d+$/);
  assertStringIncludes("port 80", "80");
  assertArrayIncludes([1, { a: 1 }, NaN], [NaN, { a: 1 }]);
  assertArrayIncludes(new Uint8Array([1, 2]), new Uint8Array([2]));
  assertInstanceOf(new RangeError(), Error);
  assertNotInstanceOf(80, Number);
  assertIsError(new RangeError("65536"), Error, "655");
});

Deno.test("assertObjectMatch() ignores what the expected object does not speak of", () => {
  const ring: Record<string, unknown> = { port: 80, name: "ring" };
  ring.self = ring;
  assertObjectMatch(
    {
      ports: [80, 443],
      tags: new Set(["a", "b"]),
      by: new Map([["a", { x: 1, y: 2 }]]),
      more: 1,
    },
    { ports: [80], tags: new Set(["b"]), by: new Map([["a", { x: 1 }]]) },
  );
  assertObjectMatch(ring, { port: 80 });
  assertObjectMatch(ring, { self: { self: { port: 80 } } });
  assertObjectMatch({ url: new URL("http://a/"), re: /a/g }, {
    url: new URL("http://a:80"),
  });
});

Deno.test("assertThrows() and assertRejects() return what was thrown", async () => {
  const error = new RangeError("got 65536");
  assertStrictEquals(assertThrows(thrower(error), RangeError, "65536"), error);
  assertStrictEquals(assertThrows(thrower(undefined)), undefined);
  assertStrictEquals(
    await assertRejects(() => Promise.reject(error), RangeError),
    error,
  );
  assertStrictEquals(await assertRejects(() => Promise.reject(80), "any"), 80);
});

Deno.test("assertions narrow types", () => {
  // It is the type check of this file that fails if one of these stops to narrow.
  const port = [80, undefined][0];
  assertExists(port);
  port.toFixed();
  const value: unknown = "80";
  assert(typeof value === "string");
  value.padStart(5);
  const thing: unknown = new Date();
  assertInstanceOf(thing, Date);
  thing.getTime();
  const either: Date | string = ["80", new Date()][0]!;
  assertNotInstanceOf(either, Date);
  either.padStart(5);
  const caught: unknown = new RangeError();
  assertIsError(caught, RangeError);
  caught.message.length;
  const answer: unknown = 443;
  assertStrictEquals(answer, 443 as const);
  const exact: 443 = answer;
  assertEquals(exact, 443);
});

Deno.test("AssertionError carries its cause and its name", () => {
  const error = new AssertionError("no", { cause: 80 });
  assertEquals([error.name, error.message, error.cause], [
    "AssertionError",
    "no",
    80,
  ]);
  assertInstanceOf(error, Error);
});
