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
  /** Whether its last number or word may go on in the next line: a narrow window has broken it. */
  readonly mayGoOn: boolean;
}

/** No output of a tool has numbers as long as this, and all below are exact. */
const MAX_DIGITS = 15;

/** Escape sequences with which grep and others colour what they print: ECMA-48, CSI. */
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;]*[A-Za-z]/g;

/** What web pages and chat programs put between letters, and nobody sees. */
const INVISIBLE = /[\u200B-\u200F\u2060\uFEFF]/g;

/** What web pages write for marks that mean something to them. */
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&quot;": '"', "&#34;": '"', "&gt;": ">", "&#62;": ">", "&lt;": "<", "&amp;": "&" },
  ...{ "&nbsp;": " ", "&#39;": "'" },
};
const ENTITY = /&(?:quot|gt|lt|amp|nbsp|#34|#39|#62);/g;

/** Marks that mean something to Markdown. */
const ESCAPED = /\\([*[\]])/g;

/** A quotation in an e-mail, and one in that. */
const QUOTATION = /^\s*>(?:\s?>)*(?=\s|$)/;

/** What `grep -n`, `cat -n`, a list and a table put before a row or the titles. */
const PREFIX =
  /^\s*(?:[|*•-]\s+|[0-9]{1,6}[:-]\s*|[0-9]{1,6}\s+)(?=(?:tcp|udp)(?:4|6|46)?\s|(?:Proto|Netid|State|COMMAND)\s)/i;

/** What `grep -n` and `cat -n` put before any line. */
const NUMBER = /^(?:([0-9]{1,6}):|\s+([0-9]{1,6})\t)(?=\S)/;

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
  const seen = text.split(/\r\n|\n|\r/).map(withoutMarks);
  const all = withoutNumbers(seen).map(withoutPrefix).map((text, index) => ({
    number: index + 1,
    text,
    indent: text.search(/\S/),
  }))
    .filter(({ number, text, indent }) => {
      if (indent === -1 || /^\s*(?:```|~~~)/.test(text)) return false;
      const typed = typedIn(text);
      if (typed !== undefined) commands.push({ line: number, text: typed });
      return typed === undefined;
    });
  const margin = all.reduce((least, { indent }) => Math.min(least, indent), Infinity);
  const lines = all.map(({ number, text, indent }, index) => {
    const next = all[index + 1];
    return {
      tool,
      number,
      text,
      words: wordsOf(text, number),
      isIndented: indent > margin,
      mayGoOn: next?.number === number + 1 && isBroken(text, next.text.slice(margin)),
    };
  });
  return { lines, commands };
}

/** Returns a line without colours, marks that nobody sees, those of web pages and of a quotation. */
function withoutMarks(line: string): string {
  return line.replaceAll(COLOUR, "").replaceAll(INVISIBLE, "")
    .replaceAll(ENTITY, (entity) => ENTITIES[entity]!).replaceAll(ESCAPED, "$1")
    .replace(QUOTATION, blanks);
}

/** Returns a line without what a list or a table puts around it. */
function withoutPrefix(line: string): string {
  const plain = line.replace(PREFIX, blanks);
  return /^\s*\|/.test(line) ? plain.replace(/\s\|\s*$/, "") : plain;
}

/** Takes the numbers of lines away, if all of them are numbered and go up. */
function withoutNumbers(lines: readonly string[]): readonly string[] {
  const isTyped = (line: string) => line.trim() === "" || typedIn(line) !== undefined;
  const numbers = lines.filter((line) => !isTyped(line)).map((line) => {
    const [, grep, cat] = NUMBER.exec(line) ?? [];
    return Number(grep ?? cat ?? NaN);
  });
  const areNumbered = numbers.every((number, index) => number > (numbers[index - 1] ?? 0));
  return areNumbered && numbers.length > 0
    ? lines.map((line) => line.replace(NUMBER, blanks))
    : lines;
}

function blanks(text: string): string {
  return " ".repeat(text.length);
}

/** No window is narrower. */
const LEAST_WIDTH = 40;

/**
 * Whether a window's edge may have cut a number, a state or an arrow in two, so that what is left is
 * valid: the next line is no row of its own. Where rows begin with numbers, as those of ss in one state,
 * it cannot be told of a number.
 */
function isBroken(line: string, next: string): boolean {
  if (/^(?:->|[_-]WAIT\b)/.test(next)) return true;
  const text = line.trim();
  return text.length >= LEAST_WIDTH && /^[^0-9].*[0-9]$/.test(text) && /^[0-9]/.test(next) &&
    !hasBothEnds(next);
}

/** Whether a line has a row's two ends: it goes on with no other, whatever else it is. */
export function hasBothEnds(text: string): boolean {
  return (text.match(/[:.](?:[0-9]+|\*)(?=\s|$)/g)?.length ?? 0) > 1;
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
