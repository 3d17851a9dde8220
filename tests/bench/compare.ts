/** Compares ways to do one thing, in one run: rounds are interleaved, medians are compared. */
import { Table } from "../../lib/show/table.ts";

/** One way to do the thing. */
export interface Subject {
  /** What it is called in the table. */
  readonly name: string;
  /** Does it once; a number that it returns is how long that took in ms, measured by itself. */
  run(): unknown;
}

/** What is compared. */
export interface CompareOptions {
  /** The first is the one that the others are compared with. */
  readonly subjects: readonly Subject[];
  /** How many times each is measured; an odd number, so that the median is one of them. */
  readonly rounds: number;
}

/** Returns a table: the median of each in milliseconds, and its ratio to the first. */
export async function compare(title: string, options: CompareOptions): Promise<Table> {
  const { subjects, rounds } = options;
  const times = subjects.map((): number[] => []);
  for (const { run } of subjects) await run();
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of subjects.entries()) {
      const started = performance.now();
      const own = await run();
      times[index]!.push(typeof own === "number" ? own : performance.now() - started);
    }
  }
  const medians = times.map(median);
  return new Table({
    caption: `${title} (${rounds} interleaved rounds)`,
    columns: ["", "median ms", "times the first"],
    rows: subjects.map(({ name }, index) => [
      name,
      Number(medians[index]!.toPrecision(3)),
      Number((medians[index]! / medians[0]!).toPrecision(3)),
    ]),
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
