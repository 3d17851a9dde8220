/**
 * How an error says what it refuses, and the checks that many functions share.
 *
 * Every refusal reads `Cannot <do what> "<input>": <the rule>, got <the part>`, and carries the rule
 * and the part as fields, so that no code has to take a message apart. It is a `SyntaxError` for text
 * that does not parse, a `RangeError` for a number out of bounds, and a `TypeError` for a value of the
 * wrong kind.
 *
 * @module
 */

/** What a refusal is made of. */
export interface RefusalParts {
  /** What cannot be done, and with what: `Cannot parse port "80abc"`. */
  readonly cannot: string;
  /** What is allowed, as a sentence without a full stop: "a port is decimal digits". */
  readonly rule: string;
  /** The part that breaks the rule, as the message shows it: `"abc"`, `70000`, `an array`. */
  readonly part: string;
}

/** An error that carries the rule and the part that breaks it. */
export type Refusal = Error & Pick<RefusalParts, "rule" | "part">;

/** The class of a refusal. */
export type RefusalClass = new (message: string) => Error;

/**
 * Makes the error of a refusal; the caller throws it.
 *
 * @example The rule and the part are fields
 * ```ts
 * import { refusal } from "./refusal.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const error = refusal(RangeError, {
 *   cannot: "Cannot use 70000 as a port",
 *   rule: "a port is at most 65535",
 *   part: "70000",
 * });
 * assertEquals(error.message, "Cannot use 70000 as a port: a port is at most 65535, got 70000");
 * assertEquals([error.rule, error.part], ["a port is at most 65535", "70000"]);
 * ```
 */
export function refusal(Class: RefusalClass, { cannot, rule, part }: RefusalParts): Refusal {
  const error = new Class(`${cannot}: ${rule}, got ${part}`);
  // Not enumerable: Deno prints enumerable fields under the message, which has them already.
  return Object.defineProperties(error, {
    rule: { value: rule },
    part: { value: part },
  }) as Refusal;
}

/** Throws the refusal of a text: the rule that it breaks, and the part that breaks it. */
export type Refuse = (rule: string, part: string) => never;

/** Returns a function that throws `SyntaxError`s about one text, for a parser with many rules. */
export function refuser(cannot: string): Refuse {
  return (rule, part) => {
    throw refusal(SyntaxError, { cannot, rule, part });
  };
}

/** Whether `error` is one that {@linkcode refusal} made. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && "rule" in error && "part" in error;
}

/** What a value has to be. */
export interface Check<Value> {
  /** What is allowed, worded to follow "is": "a whole number from 0 to 9". */
  readonly rule: string;
  /** Set if a number that is not allowed is out of bounds, and so a `RangeError`. */
  readonly isBounded?: boolean;
  /** Is this value allowed? */
  allows(value: unknown): value is Value;
}

/** The largest C `int`, which is also the longest time that `setTimeout()` takes. */
export const MAX_INT = 2 ** 31 - 1;

/** Allows a whole number from `least` to `most`; `-0`, which has a sign, is refused. */
export function wholeNumber(
  { least = 0, most = MAX_INT }: { readonly least?: number; readonly most?: number } = {},
): Check<number> {
  return {
    rule: `a whole number from ${least} to ${most}`,
    isBounded: true,
    allows: (value): value is number =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most &&
      !Object.is(value, -0),
  };
}

/** Allows a time in milliseconds, from `least` to {@linkcode MAX_INT}. */
export function milliseconds({ least = 0 }: { readonly least?: number } = {}): Check<number> {
  return {
    rule: `a number of milliseconds from ${least} to ${MAX_INT}`,
    isBounded: true,
    allows: (value): value is number =>
      typeof value === "number" && value >= least && value <= MAX_INT,
  };
}

/** Allows one of the given strings. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Check<Choice> {
  const quoted = choices.map(quote);
  return {
    rule: quoted.length === 1
      ? quoted[0]!
      : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)!}`,
    allows: (value): value is Choice => (choices as readonly unknown[]).includes(value),
  };
}

/** Allows any string. */
export const text: Check<string> = {
  rule: "a string",
  allows: (value) => typeof value === "string",
};

/** Allows true and false. */
export const flag: Check<boolean> = {
  rule: "true or false",
  allows: (value) => typeof value === "boolean",
};

/** Allows an instance of a class, which `rule` names: "a PortRange". */
export function instanceOf<Value>(
  // Not a constructor type: those of PortRange and Socket are private.
  Class: { readonly prototype: Value; [Symbol.hasInstance](value: unknown): boolean },
  rule: string,
): Check<Value> {
  return { rule, allows: (value): value is Value => value instanceof Class };
}

/** Allows an object that has this field; `rule` names such objects, as in "a network". */
export function objectWith<Value extends object>(
  field: keyof Value & string,
  rule: string,
): Check<Value> {
  return {
    rule,
    allows: (value): value is Value =>
      typeof value === "object" && value !== null && field in value,
  };
}

/** Allows an array; its items are not checked. */
export function list<Item>(): Check<readonly Item[]> {
  return { rule: "an array", allows: (value): value is readonly Item[] => Array.isArray(value) };
}

/** Allows any function: what parameters it takes cannot be checked. */
export function callback<Function extends (...args: never[]) => unknown>(): Check<Function> {
  return {
    rule: "a function",
    allows: (value): value is Function => typeof value === "function",
  };
}

/**
 * Refuses a value that is not allowed.
 *
 * @param what How the message calls the value: "a backlog"
 * @throws {RangeError} If it is a number out of bounds
 * @throws {TypeError} If it is of the wrong kind
 */
export function check<Value>(
  value: unknown,
  allowed: Check<Value>,
  { cannot, what }: { readonly cannot: string; readonly what: string },
): asserts value is Value {
  if (allowed.allows(value)) return;
  const Class = allowed.isBounded && typeof value === "number" ? RangeError : TypeError;
  throw refusal(Class, { cannot, rule: `${what} is ${allowed.rule}`, part: partOf(value) });
}

/** A check for each option of a function. */
export type OptionChecks<Options> = {
  readonly [Name in keyof Options]-?: Check<Exclude<Options[Name], undefined>>;
};

/**
 * Refuses unknown options, since a misspelt option would silently do nothing, and values that are not
 * allowed. An option that is `undefined` counts as left out.
 *
 * @throws {TypeError} If the options are not an object, one is not known, or of the wrong kind
 * @throws {RangeError} If a number is out of bounds
 *
 * @example A misspelt option
 * ```ts
 * import { checkOptions, milliseconds } from "./refusal.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const checks = { timeout: milliseconds() };
 * assertThrows(
 *   () => checkOptions({ timout: 5 } as { timeout?: number }, checks, "Cannot make a socket"),
 *   TypeError,
 *   'Cannot make a socket: its only option is timeout, got "timout"',
 * );
 * ```
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: OptionChecks<Options>,
  cannot: string,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw refusal(TypeError, { cannot, rule: "options are an object", part: partOf(options) });
  }
  for (const name in options) {
    if (!Object.hasOwn(checks, name)) {
      const names = Object.keys(checks);
      const rule = names.length === 1
        ? `its only option is ${names[0]}`
        : `its options are ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
      throw refusal(TypeError, { cannot, rule, part: quote(name) });
    }
    const value = options[name];
    if (value === undefined || checks[name].allows(value)) continue;
    check(value, checks[name], { cannot, what: `the option "${name}"` });
  }
}

const MAX_SHOWN_CHARACTERS = 64;

/** Returns `text` in quotes, shortened if it is long; invisible characters are spelled out. */
export function quote(text: string): string {
  const shown = text.length <= MAX_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
  return JSON.stringify(shown).replace(
    /(?! )[\p{C}\p{Z}]/gu,
    (character) => `\\u{${codePoint(character)}}`,
  );
}

/** Returns the quoted text, followed by its first character's code point unless that is visible ASCII. */
export function quotePart(part: string): string {
  const [first] = part;
  return first === undefined || /[!-~]/.test(first)
    ? quote(part)
    : `${quote(part)} (U+${codePoint(first).padStart(4, "0")})`;
}

/** Returns any value as shown in "Cannot use … as a port". */
export function quoteValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Object.is(value, -0) ? '"-0"' : `"${value}"`;
    case "bigint":
    case "boolean":
    case "undefined":
      return `"${value}"`;
    default:
      return value === null ? '"null"' : kindOf(value);
  }
}

/** Returns the kind of a value in words: "a string", "an array", "null". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Returns what a message shows after "got": a string in quotes, a number, or else the kind. */
export function partOf(value: unknown): string {
  if (typeof value === "string") return quote(value);
  return typeof value === "number" ? (Object.is(value, -0) ? "-0" : `${value}`) : kindOf(value);
}

/** Returns the first field that is not among the known ones, such as a misspelt option. */
export function unknownField(value: object, known: readonly string[]): string | undefined {
  return Object.keys(value).find((field) => !known.includes(field));
}

function codePoint(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase();
}
