import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  callback,
  type Check,
  check,
  checkOptions,
  flag,
  instanceOf,
  isRefusal,
  kindOf,
  list,
  MAX_INT,
  milliseconds,
  objectWith,
  oneOf,
  partOf,
  quote,
  quotePart,
  quoteValue,
  type Refusal,
  refusal,
  type Refuse,
  refuser,
  text,
  unknownField,
  wholeNumber,
} from "../lib/refusal.ts";

const CANNOT = "Cannot do it";

Deno.test("refusal() puts what cannot be done, the rule and the part into one message", () => {
  for (const Class of [SyntaxError, RangeError, TypeError]) {
    const error = refusal(Class, { cannot: CANNOT, rule: "a port is digits", part: '"x"' });
    assertInstanceOf(error, Class);
    assertEquals(error.message, 'Cannot do it: a port is digits, got "x"');
    assertEquals([error.rule, error.part], ["a port is digits", '"x"']);
  }
});

Deno.test("refuser() throws a SyntaxError about the text that it was made for", () => {
  const refuse: Refuse = refuser(CANNOT);
  const error = thrown(() => refuse("a port is digits", '"x"'), SyntaxError);
  assertEquals([error.rule, error.part], ["a port is digits", '"x"']);
});

Deno.test("refusal() keeps its fields when the error is caught and rethrown", () => {
  const error = refusal(RangeError, { cannot: CANNOT, rule: "r", part: "p" });
  assert(isRefusal(assertThrows(() => {
    throw error;
  })));
  const copies: unknown[] = [new Error("r, got p"), { rule: "r", part: "p" }, "r", undefined];
  assertEquals(copies.map(isRefusal), [false, false, false, false]);
});

Deno.test("a refusal that Deno prints says its rule and its part once", async () => {
  const error = refusal(RangeError, { cannot: CANNOT, rule: "THE RULE", part: "THE PART" });
  assertEquals(occurrences(Deno.inspect(error), "THE RULE"), 1);
  assertEquals(occurrences(Deno.inspect(error), "THE PART"), 1);

  const url = import.meta.resolve("../lib/refusal.ts");
  const program = `import { refusal } from "${url}";` +
    'throw refusal(RangeError, { cannot: "Cannot do it", rule: "THE RULE", part: "THE PART" });';
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", `data:application/typescript,${encodeURIComponent(program)}`],
    env: { NO_COLOR: "1" },
  }).output();
  // The line of source that Deno quotes has both as well, and is no part of the message.
  const printed = new TextDecoder().decode(stderr).split("\n")
    .filter((line) => !line.includes("throw refusal(")).join("\n");
  assertEquals([occurrences(printed, "THE RULE"), occurrences(printed, "THE PART")], [1, 1]);
});

/** Its constructor is private, as those of PortRange and Socket are. */
class Kept {
  private constructor() {}

  static make(): Kept {
    return new Kept();
  }
}

/** A check, values that it allows, and values that it refuses with the class of the error. */
const CHECKS: readonly {
  readonly name: string;
  readonly check: Check<unknown>;
  readonly rule: string;
  readonly good: readonly unknown[];
  readonly bad: readonly (readonly [unknown, typeof RangeError | typeof TypeError, part: string])[];
}[] = [
  {
    name: "wholeNumber()",
    check: wholeNumber(),
    rule: `a whole number from 0 to ${MAX_INT}`,
    good: [0, 1, MAX_INT],
    bad: [
      [-1, RangeError, "-1"],
      [-0, RangeError, "-0"],
      [0.5, RangeError, "0.5"],
      [NaN, RangeError, "NaN"],
      [Infinity, RangeError, "Infinity"],
      [MAX_INT + 1, RangeError, "2147483648"],
      ["1", TypeError, '"1"'],
      [1n, TypeError, "a bigint"],
      [null, TypeError, "null"],
      [undefined, TypeError, "undefined"],
      [[1], TypeError, "an array"],
    ],
  },
  {
    name: "wholeNumber({ least, most })",
    check: wholeNumber({ least: -2, most: 9 }),
    rule: "a whole number from -2 to 9",
    good: [-2, 0, 9],
    bad: [[-3, RangeError, "-3"], [10, RangeError, "10"], [{}, TypeError, "an object"]],
  },
  {
    name: "milliseconds()",
    check: milliseconds(),
    rule: `a number of milliseconds from 0 to ${MAX_INT}`,
    good: [0, 0.25, 1000, MAX_INT],
    bad: [
      [-1, RangeError, "-1"],
      [NaN, RangeError, "NaN"],
      [Infinity, RangeError, "Infinity"],
      [MAX_INT + 1, RangeError, "2147483648"],
      ["1000", TypeError, '"1000"'],
      [1000n, TypeError, "a bigint"],
    ],
  },
  {
    name: "milliseconds({ least })",
    check: milliseconds({ least: 1 }),
    rule: `a number of milliseconds from 1 to ${MAX_INT}`,
    good: [1, 1.5],
    bad: [[0, RangeError, "0"], [true, TypeError, "a boolean"]],
  },
  {
    name: "oneOf() with one choice",
    check: oneOf("tcp"),
    rule: '"tcp"',
    good: ["tcp"],
    bad: [["udp", TypeError, '"udp"'], [80, TypeError, "80"]],
  },
  {
    name: "oneOf() with three choices",
    check: oneOf("a", "b", "c"),
    rule: '"a", "b" or "c"',
    good: ["a", "b", "c"],
    bad: [["A", TypeError, '"A"'], ["", TypeError, '""'], [undefined, TypeError, "undefined"]],
  },
  {
    name: "text",
    check: text,
    rule: "a string",
    good: ["", "any"],
    bad: [[1, TypeError, "1"], [Object("any"), TypeError, "an object"]],
  },
  {
    name: "flag",
    check: flag,
    rule: "true or false",
    good: [true, false],
    bad: [[0, TypeError, "0"], ["true", TypeError, '"true"'], [null, TypeError, "null"]],
  },
  {
    name: "instanceOf()",
    check: instanceOf(Kept, "a Kept"),
    rule: "a Kept",
    good: [Kept.make()],
    bad: [[{}, TypeError, "an object"], [Kept, TypeError, "a function"]],
  },
  {
    name: "objectWith()",
    check: objectWith<{ size: number }>("size", "a box"),
    rule: "a box",
    good: [{ size: 1 }],
    bad: [[{}, TypeError, "an object"], [null, TypeError, "null"], ["size", TypeError, '"size"']],
  },
  {
    name: "list()",
    check: list(),
    rule: "an array",
    good: [[], [1, "a"]],
    bad: [[{ length: 0 }, TypeError, "an object"], ["ab", TypeError, '"ab"']],
  },
  {
    name: "callback()",
    check: callback(),
    rule: "a function",
    good: [() => 1, Kept.make],
    bad: [[{}, TypeError, "an object"], ["f", TypeError, '"f"']],
  },
];

for (const { name, check: allowed, rule, good, bad } of CHECKS) {
  Deno.test(`${name} allows what it says and refuses the rest, by field and by option`, () => {
    for (const value of good) {
      check(value, allowed, { cannot: CANNOT, what: "it" });
      checkOptions<{ it?: unknown }>({ it: value }, { it: allowed }, CANNOT);
    }
    for (const [value, Class, part] of bad) {
      const error = thrown(() => check(value, allowed, { cannot: CANNOT, what: "it" }), Class);
      assertEquals([error.rule, error.part], [`it is ${rule}`, part]);
      if (value === undefined) continue;
      const ofOption = thrown(
        () => checkOptions<{ it?: unknown }>({ it: value }, { it: allowed }, CANNOT),
        Class,
      );
      assertEquals([ofOption.rule, ofOption.part], [`the option "it" is ${rule}`, part]);
    }
  });
}

interface Options {
  readonly timeout?: number;
  readonly order?: "lowest" | "random";
  readonly isLoud?: boolean;
}

const OPTIONS = { timeout: milliseconds(), order: oneOf("lowest", "random"), isLoud: flag };

Deno.test("checkOptions() counts an option that is undefined as left out", () => {
  for (const options of [{}, { timeout: undefined }, { timeout: 5, order: "random" as const }]) {
    checkOptions<Options>(options as Options, OPTIONS, CANNOT);
  }
});

Deno.test("checkOptions() refuses a misspelt option and names those that there are", () => {
  const misspelt = { timout: 5 } as Options;
  const error = thrown(() => checkOptions<Options>(misspelt, OPTIONS, CANNOT), TypeError);
  assertEquals(error.rule, "its options are timeout, order and isLoud");
  assertEquals(error.part, '"timout"');
  const one = thrown(
    () => checkOptions(misspelt as { timeout?: number }, { timeout: milliseconds() }, CANNOT),
    TypeError,
  );
  assertEquals(one.rule, "its only option is timeout");
});

Deno.test("checkOptions() refuses names that every object inherits", () => {
  for (const name of ["toString", "constructor", "__proto__"]) {
    const options = JSON.parse(`{ "${name}": 1 }`) as Options;
    const error = thrown(() => checkOptions<Options>(options, OPTIONS, CANNOT), TypeError);
    assertEquals(error.part, `"${name}"`);
  }
});

Deno.test("checkOptions() refuses options that are no object", () => {
  const cases: [unknown, string][] = [
    [null, "null"],
    [5, "5"],
    ["timeout", '"timeout"'],
    [[], "an array"],
    [() => 5, "a function"],
  ];
  for (const [options, part] of cases) {
    const error = thrown(() => checkOptions(options as Options, OPTIONS, CANNOT), TypeError);
    assertEquals([error.rule, error.part], ["options are an object", part]);
  }
});

Deno.test("quote() shortens a long text and spells out characters that cannot be seen", () => {
  assertEquals(quote("80 a"), '"80 a"');
  assertEquals(quote('"'), '"\\""');
  assertEquals(quote("a\n\u00a0\u200b"), '"a\\n\\u{A0}\\u{200B}"');
  assertEquals(quote("9".repeat(64)), `"${"9".repeat(64)}"`);
  assertEquals(quote("9".repeat(65)), `"${"9".repeat(64)}…"`);
});

Deno.test("quotePart() adds the code point of what does not look like ASCII", () => {
  assertEquals(["x", "", " ", "６０", "𝟖"].map(quotePart), [
    '"x"',
    '""',
    '" " (U+0020)',
    '"６０" (U+FF16)',
    '"𝟖" (U+1D7D6)',
  ]);
});

Deno.test("quoteValue(), partOf() and kindOf() show any value", () => {
  const noPrototype = Object.create(null);
  const cases: [unknown, quoted: string, part: string, kind: string][] = [
    ["80", '"80"', '"80"', "a string"],
    [80, '"80"', "80", "a number"],
    [-0, '"-0"', "-0", "a number"],
    [NaN, '"NaN"', "NaN", "a number"],
    [80n, '"80"', "a bigint", "a bigint"],
    [true, '"true"', "a boolean", "a boolean"],
    [undefined, '"undefined"', "undefined", "undefined"],
    [null, '"null"', "null", "null"],
    [[80], "an array", "an array", "an array"],
    [noPrototype, "an object", "an object", "an object"],
    [Symbol("80"), "a symbol", "a symbol", "a symbol"],
    [quote, "a function", "a function", "a function"],
  ];
  for (const [value, quoted, part, kind] of cases) {
    assertEquals([quoteValue(value), partOf(value), kindOf(value)], [quoted, part, kind]);
  }
});

Deno.test("unknownField() finds the first field that is not listed", () => {
  assertEquals(unknownField({ a: 1, b: 2, c: 3 }, ["a"]), "b");
  assertEquals(unknownField({ a: 1 }, ["a", "b"]), undefined);
});

function thrown(action: () => unknown, Class: ErrorConstructor): Refusal {
  const error = assertThrows(action, Class);
  assert(isRefusal(error), `no refusal: ${error}`);
  assert(error.message.startsWith(`${CANNOT}: `), error.message);
  return error;
}

function occurrences(all: string, part: string): number {
  return all.split(part).length - 1;
}
