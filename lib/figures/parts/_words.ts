/** The words and numbers of a figure: checked, counted, wrapped, and safe from plotly. */
import { kindOf, quoteValue } from "../../refusal.ts";

/** What a text is for, and how long it may be. */
export interface WordsOptions {
  /** What it is to do, as in "Cannot title a figure". */
  readonly as: string;
  /** The most characters. */
  readonly most: number;
}

/**
 * Asserts that a text can be seen and fits on a phone.
 *
 * @throws {TypeError} If it is not a string
 * @throws {RangeError} If it is blank or too long
 */
export function assertWords(text: unknown, { as, most }: WordsOptions): asserts text is string {
  const cannot = `Cannot ${as} ${quoteValue(text)}`;
  if (typeof text !== "string") {
    throw new TypeError(`${cannot}: it takes a string, got ${kindOf(text)}`);
  }
  if (text.trim() === "" || text.length > most) {
    const got = text.trim() === "" ? "nothing to read" : `${text.length}`;
    throw new RangeError(`${cannot}: 1 to ${most} characters fit on a phone, got ${got}`);
  }
}

/** Returns a number with its noun: "1 port", "9,000 ports". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a number counts, and how high it may be. */
export interface CountOptions {
  /** What it is to do, as in "Cannot cut a range into bars". */
  readonly as: string;
  /** The highest. */
  readonly most: number;
}

/**
 * Asserts that a value counts something.
 *
 * @throws {TypeError} If it is not a number
 * @throws {RangeError} If it is not a whole number from 1 to the highest
 */
export function assertCount(value: unknown, { as, most }: CountOptions): asserts value is number {
  const refusal = `Cannot ${as} ${quoteValue(value)}: it takes a whole number from 1 to ${most}`;
  if (typeof value !== "number") throw new TypeError(`${refusal}, got ${kindOf(value)}`);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${refusal}, got ${value}`);
  }
}

/** Returns `text` so that plotly, which reads some HTML in labels, shows each of its characters. */
export function plainText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Splits `text` at blanks into lines of at most `length` characters; a longer word stays whole. */
export function wrap(text: string, length: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= length) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
