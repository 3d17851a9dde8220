/**
 * How long a reader takes for a notebook, computed from what is in it.
 *
 * @module
 */
import type { Notebook } from "./notebook.ts";
import { passages } from "./passages.ts";

/** What a reader takes for each thing in a notebook, in minutes. */
export const MINUTES_EACH = {
  /** A word of prose: 120 a minute, as technical text is read. */
  words: 1 / 120,
  /** A code cell: to run it and to look at what comes out. */
  cells: 0.5,
  /** A line of code that is not blank. */
  lines: 0.1,
  /** A prediction, which is a paragraph that begins with `**Predict:**`. */
  predictions: 0.75,
  /** A minute that the heading of an exercise names. */
  exercises: 1,
} as const;

/** What there is to read on the timed path of a notebook, and how long it takes. */
export interface ReadingTime extends Readonly<Record<keyof typeof MINUTES_EACH, number>> {
  /** The minutes for all of it, rounded. */
  readonly minutes: number;
}

const EXERCISE = /^Exercise.*\((\d+) minutes?\)/;

/**
 * Returns how long a reader takes for a notebook. Boxes, sections marked "(optional)" and "More practice"
 * take no time, since a reader may leave them out.
 *
 * @example Three hundred words
 * ```ts
 * import { newNotebook } from "./notebook.ts";
 * import { readingTime } from "./reading_time.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = newNotebook([
 *   { cell_type: "markdown", source: "word ".repeat(300) },
 *   { cell_type: "code", source: "6 * 7" },
 *   { cell_type: "markdown", source: "### Exercise: Add (5 minutes)" },
 * ]);
 * const { words, cells, lines, exercises, minutes } = readingTime(notebook);
 * assertEquals([words, cells, lines, exercises, minutes], [305, 1, 1, 5, 8]);
 * ```
 */
export function readingTime(notebook: Notebook): ReadingTime {
  const read = passages(notebook).filter(({ isOptional }) => !isOptional);
  const prose = read.filter(({ kind }) => kind === "prose").map(({ text }) => text);
  const code = read.filter(({ kind }) => kind === "code").map(({ text }) => text);
  const counts = {
    words: sum(prose, (text) => text.match(/\S+/g)?.length ?? 0),
    cells: code.length,
    lines: sum(code, (text) => text.split("\n").filter((line) => line.trim() !== "").length),
    predictions: sum(prose, (text) => text.match(/\*\*Predict/g)?.length ?? 0),
    exercises: sum(prose, exerciseMinutes),
  };
  const kinds = Object.keys(counts) as (keyof typeof counts)[];
  return {
    ...counts,
    minutes: Math.round(sum(kinds, (kind) => counts[kind] * MINUTES_EACH[kind])),
  };
}

function exerciseMinutes(text: string): number {
  const heading = text.match(/^### (.*)/)?.[1];
  return Number(heading?.match(EXERCISE)?.[1] ?? 0);
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
