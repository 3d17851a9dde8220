/** Compares ways to do one thing, in one run: rounds are interleaved, medians are compared. */
import { Table } from "../../lib/show/table.ts";

/** One way to do the thing. */
export interface Subject {
  /** What it is called in the table. */
  readonly name: string;
  /** Does it once; a number that it returns is how long that took in ms, measured by itself. */
  run(): unknown;
}

/** A way that this machine does not have. */
export interface MissingSubject {
  /** What it is called in the table. */
  readonly name: string;
  /** What is missing: "npm", for example. */
  readonly missing: string;
}

/** What is compared. */
export interface CompareOptions {
  /** The first that is there is the one that the others are compared with. */
  readonly subjects: readonly (Subject | MissingSubject)[];
  /** How many times each is measured; an odd number, so that the median is one of them. */
  readonly rounds: number;
}

/** Reports that a comparison cannot be made, since a program is missing without which it has no sense. */
export class MissingProgramError extends Error {
  override readonly name = "MissingProgramError";
}

/** The middle of some measurements and how far they spread. */
export interface Spread {
  readonly median: number;
  /** A quarter of the measurements is below. */
  readonly low: number;
  /** A quarter of the measurements is above. */
  readonly high: number;
}

/**
 * Returns a table: the median of each in milliseconds, and the median of its ratios to the first in
 * the same round, both with their quartiles.
 */
export async function compare(title: string, options: CompareOptions): Promise<Table> {
  const { subjects, rounds } = options;
  const present = subjects.filter((subject) => "run" in subject);
  const times = new Map(present.map(({ name }) => [name, [] as number[]]));
  for (const { run } of present) await run();
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of present) {
      const started = performance.now();
      const own = await run();
      times.get(name)!.push(typeof own === "number" ? own : performance.now() - started);
    }
  }
  const first = times.get(present[0]!.name)!;
  return new Table({
    caption: `${title} (${rounds} interleaved rounds; the quartiles beside each median)`,
    columns: ["", "median ms", "quartiles", "times the first", "quartiles "],
    rows: subjects.map((subject) => {
      if ("missing" in subject) return [subject.name, `missing: ${subject.missing}`, "", "", ""];
      const own = times.get(subject.name)!;
      const time = spreadOf(own);
      const ratio = spreadOf(own.map((each, round) => each / first[round]!));
      return [
        subject.name,
        Number(time.median.toPrecision(3)),
        quartiles(time),
        Number(ratio.median.toPrecision(3)),
        own === first ? "" : quartiles(ratio),
      ];
    }),
  });
}

/** Returns the median and the quartiles of measurements. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part + 0.5)]!;
  return { median: sorted[Math.floor(sorted.length / 2)]!, low: at(0.25), high: at(0.75) };
}

/** Returns quartiles as a table shows them: "1.2–1.4", to three digits unless said otherwise. */
export function quartiles(
  { low, high }: Spread,
  format = (value: number) => String(Number(value.toPrecision(3))),
): string {
  return `${format(low)}–${format(high)}`;
}
