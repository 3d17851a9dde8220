/** Trials put into a grid: which rows and columns there are, and what came out in each cell. */
import { check, oneOf, partOf, quote, refusal } from "../../refusal.ts";
import { checkNames, itemsOf, words } from "../parts/_checks.ts";
import { type Meaning, meaning } from "../parts/palette.ts";

/** Something that was tried, and what came of it. */
export interface Trial {
  /** One thing that was varied. */
  readonly row: string;
  /** The other, in a few short words: it is written over a column. */
  readonly column: string;
  /** What came out: the name of one of the outcomes. */
  readonly outcome: string;
}

/** What can come of a trial. */
export interface TrialOutcome {
  /** Its name. */
  readonly name: string;
  /** What is written into a cell for it: a sign or a short word; its name by default. */
  readonly mark?: string;
  /** What it stands for, which gives its colour. */
  readonly meaning: Meaning;
}

/** A cell that was tried. */
export interface GridCell {
  /** Its column, from 0 at the left. */
  readonly column: number;
  /** What came out. */
  readonly outcome: Required<TrialOutcome>;
}

/** The trials of one row. */
export interface GridRow {
  /** The row's name. */
  readonly name: string;
  /** What was tried. */
  readonly cells: readonly GridCell[];
}

/** Trials by row and column, in the order in which each was first tried. */
export interface TrialGrid {
  /** The rows. */
  readonly rows: readonly GridRow[];
  /** The columns' names. */
  readonly columns: readonly string[];
}

const OUTCOMES = { cannot: "Cannot tell outcomes apart", one: "outcome" };
const TRIALS = { cannot: "Cannot draw trials", one: "trial" };
const MAX_COLUMNS = 6;

/** Returns the outcomes with their marks. */
export function checkedOutcomes(outcomes: readonly TrialOutcome[]): Required<TrialOutcome>[] {
  const { cannot } = OUTCOMES;
  const items = itemsOf(outcomes, OUTCOMES);
  if (items.length === 0) {
    throw refusal(RangeError, { cannot, rule: "there is at least one", part: "none" });
  }
  checkNames(items, OUTCOMES);
  return items.map(({ name, mark = name, meaning: of }) => {
    check(mark, words, { cannot, what: `the mark of ${quote(name)}` });
    check(of, meaning, { cannot, what: `the meaning of ${quote(name)}` });
    return { name, mark, meaning: of };
  });
}

/** Puts trials into a grid; what was not tried is left out. */
export function gridOf(
  trials: readonly Trial[],
  outcomes: readonly Required<TrialOutcome>[],
): TrialGrid {
  const { cannot } = TRIALS;
  const items = itemsOf(trials, TRIALS);
  const known = oneOf(...outcomes.map(({ name }) => name));
  for (const { row, column, outcome } of items) {
    check(row, words, { cannot, what: "the name of a row" });
    check(column, words, { cannot, what: "the name of a column" });
    check(outcome, known, { cannot, what: "an outcome" });
  }
  const columns = [...new Set(items.map(({ column }) => column))];
  if (columns.length > MAX_COLUMNS) {
    const rule = `a figure has room for ${MAX_COLUMNS} columns`;
    throw refusal(RangeError, { cannot, rule, part: partOf(columns.length) });
  }
  const rows = [...Map.groupBy(items, ({ row }) => row)].map(([name, tried]) => {
    const cells = tried.map(({ column, outcome }): GridCell => ({
      column: columns.indexOf(column),
      outcome: outcomes.find(({ name }) => name === outcome)!,
    }));
    const twice = tried.find(({ column }, index) =>
      tried.findIndex((other) => other.column === column) !== index
    );
    if (twice !== undefined) {
      const part = `${quote(`${name}, ${twice.column}`)} twice`;
      throw refusal(RangeError, { cannot, rule: "a cell has one outcome", part });
    }
    return { name, cells };
  });
  return { rows, columns };
}
