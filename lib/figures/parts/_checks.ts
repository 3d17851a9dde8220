/** Checks that figures share: texts, lists of things, and names that differ. */
import { type Check, check, partOf, quote, refusal } from "../../refusal.ts";

/** Allows a text that can be seen. */
export const words: Check<string> = {
  rule: "a text that is not blank",
  allows: (value): value is string => typeof value === "string" && value.trim() !== "",
};

/** The options that every figure has. */
export const HEADING = { title: words, subtitle: words };

/** Allows a list: an array, a set, a generator; not a text. */
export function list<List extends Iterable<unknown>>(): Check<List> {
  return {
    rule: "a list",
    allows: (value): value is List =>
      typeof value === "object" && value !== null && Symbol.iterator in value,
  };
}

/** What a message says of a list. */
export interface ListOptions {
  /** What cannot be done: "Cannot draw shares". */
  readonly cannot: string;
  /** How the message calls one of the list: "share". */
  readonly one: string;
  /** How many there may be. */
  readonly most?: number;
}

/**
 * Returns the items of a list of objects.
 *
 * @throws {TypeError} If it is not a list, or one of it not an object
 * @throws {RangeError} If there are too many
 */
export function itemsOf<Item extends object>(
  value: Iterable<Item>,
  { cannot, one, most = Infinity }: ListOptions,
): Item[] {
  check(value, list<Iterable<Item>>(), { cannot, what: "what it takes" });
  const items = [...value];
  for (const item of items as unknown[]) {
    if (typeof item === "object" && item !== null) continue;
    throw refusal(TypeError, { cannot, rule: `a ${one} is an object`, part: partOf(item) });
  }
  if (items.length > most) {
    const rule = `a figure has room for ${most}`;
    throw refusal(RangeError, { cannot, rule, part: `${items.length}` });
  }
  return items;
}

/**
 * Refuses names that are blank or there twice.
 *
 * @throws {TypeError} If a name is blank or not a text
 * @throws {RangeError} If two have the same name
 */
export function checkNames(
  items: readonly { readonly name: string }[],
  { cannot, one }: ListOptions,
): void {
  const names = new Set<string>();
  for (const { name } of items) {
    check(name, words, { cannot, what: `the name of a ${one}` });
    if (names.has(name)) {
      const rule = `each ${one} has a name of its own`;
      throw refusal(RangeError, { cannot, rule, part: `${quote(name)} twice` });
    }
    names.add(name);
  }
}
