/** The text of a tool as lines and words that know where they stand. */
import { check, quote, refusal, text as anyText } from "../../refusal.ts";
import { typedIn } from "./_typed_lines.ts";

/** The tools whose output is read. */
export type TableTool = "ss" | "netstat" | "lsof";

/** A place in the text; both numbers count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A piece of a line without blanks in it. */
export interface Word extends Place {
  readonly text: string;
}

/** A line that is not blank. */
export interface Line {
  readonly tool: TableTool;
  readonly number: number;
  /** All of it, without its end. */
  readonly text: string;
  readonly words: readonly Word[];
  /** Whether it stands further to the right than the leftmost line of the text. */
  readonly isIndented: boolean;
}

/** No output of a tool has numbers as long as this, and all below are exact. */
const MAX_DIGITS = 15;

/** Escape sequences with which grep and others colour what they print: ECMA-48, CSI. */
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;]*[A-Za-z]/g;

/** What `grep -n`, `cat -n` and a quotation put before a row or the titles. */
const PREFIX =
  /^\s*(?:[>|*]\s+|[0-9]{1,6}[:-]\s*|[0-9]{1,6}\s+)(?=(?:tcp|udp)(?:4|6|46)?\s|(?:Proto|Netid|State|COMMAND)\s)/i;

/** The lines of a text. */
export interface TextLines {
  /** Those that are not blank. */
  readonly lines: readonly Line[];
  /** The commands that a person has typed between them, without the prompts. */
  readonly commands: readonly { readonly line: number; readonly text: string }[];
}

/** Returns the lines of a text, without those that are blank and those that a person typed. */
export function linesOf(text: string, tool: TableTool): TextLines {
  check(text, anyText, { cannot: `Cannot parse the output of "${tool}"`, what: "the output" });
  const commands: { line: number; text: string }[] = [];
  const all = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).map((each, index) => {
    const plain = each.replaceAll(COLOUR, "").replace(
      PREFIX,
      (prefix) => " ".repeat(prefix.length),
    );
    return { number: index + 1, text: plain, indent: plain.search(/\S/) };
  }).filter(({ number, text, indent }) => {
    if (indent === -1 || /^\s*(?:```|~~~)/.test(text)) return false;
    const typed = typedIn(text);
    if (typed !== undefined) commands.push({ line: number, text: typed });
    return typed === undefined;
  });
  const margin = all.reduce((least, { indent }) => Math.min(least, indent), Infinity);
  const lines = all.map(({ number, text, indent }) => ({
    tool,
    number,
    text,
    words: wordsOf(text, number),
    isIndented: indent > margin,
  }));
  return { lines, commands };
}

function wordsOf(text: string, line: number): Word[] {
  return Array.from(
    text.matchAll(/\S+/g),
    ({ 0: text, index }) => ({ text, line, column: index + 1 }),
  );
}

/** Throws the error of a text that does not parse. */
export function refuse(tool: TableTool, at: Place, rule: string, got: string): never {
  const cannot = `Cannot parse the output of "${tool}" at line ${at.line}, column ${at.column}`;
  throw refusal(SyntaxError, { cannot, rule, part: got });
}

/** Refuses a word, or the end of the line where there is none. */
export function refuseWord(line: Line, word: Word | undefined, rule: string): never {
  return word === undefined
    ? refuse(line.tool, endOf(line), rule, "the end of the line")
    : refuse(line.tool, word, rule, quote(word.text));
}

function endOf(line: Line): Place {
  return { line: line.number, column: line.text.length + 1 };
}

/** Reads a number that is decimal digits. `name` is what it is, with its article: "a queue". */
export function numberIn(line: Line, word: Word | undefined, name: string): number {
  if (word === undefined || !/^[0-9]+$/.test(word.text) || word.text.length > MAX_DIGITS) {
    return refuseWord(line, word, `${name} is at most ${MAX_DIGITS} decimal digits`);
  }
  return Number(word.text);
}

/** Returns the rest of a line, from this word on, or from its end on. */
export function restFrom(line: Line, word: Word | undefined): Word {
  const column = word?.column ?? line.text.length + 1;
  return { text: line.text.slice(column - 1).trimEnd(), line: line.number, column };
}

/**
 * Whether a line may be a title or a note, in any language: nothing in it looks like an endpoint.
 */
export function hasNoEndpoint(line: Line): boolean {
  return !line.words.some(({ text }) => /[:.](?:[0-9]+|\*)$/.test(text));
}
