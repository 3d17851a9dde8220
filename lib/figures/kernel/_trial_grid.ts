/** Trials put into a grid: which rows and columns there are, and what came out in each cell. */
import { quote, quoteValue } from "../../refusal.ts";
import { assertCount, assertWords } from "../parts/_words.ts";
import { assertMeaning, type Meaning } from "../parts/palette.ts";

/** Something that was tried, and what came of it. */
export interface Trial {
  /** One thing that was varied, at most 28 characters. */
  readonly row: string;
  /** The other, in a few short words: it stands over a column. */
  readonly column: string;
  /** What came out: the name of one of the outcomes. */
  readonly outcome: string;
}

/** What can come of a trial. */
export interface TrialOutcome {
  /** Its name, at most 40 characters. */
  readonly name: string;
  /** What stands in a cell for it: a sign or a short word; its name by default. */
  readonly mark?: string;
  /** Whose colour it has. */
  readonly meaning: Meaning;
}

/** An outcome with its mark. */
export type MarkedOutcome = Required<TrialOutcome>;

/** A cell that was tried. */
export interface GridCell {
  /** Its row, from 0 at the top. */
  readonly row: number;
  /** Its column, from 0 at the left. */
  readonly column: number;
  /** What came out. */
  readonly outcome: MarkedOutcome;
}

/** Trials by row and column. */
export interface TrialGrid {
  /** The rows' names, in the order in which they were tried. */
  readonly rows: readonly string[];
  /** The columns' names, in the order in which they were tried. */
  readonly columns: readonly string[];
  /** What was tried. */
  readonly cells: readonly GridCell[];
}

const MAX_ROWS = 20;
const MAX_COLUMNS = 6;
const MAX_OUTCOMES = 6;
const MAX_NAME = 40;
const MAX_ROW_NAME = 28;

/** Beside the cells of a phone of 360 px whose page keeps 16 px at either side. */
const PHONE_PX = 308;
/** One of the wider letters of the smallest font. */
const LETTER_PX = 7;
/** The same in capitals or bold. */
const MARK_LETTER_PX = 8;

/** Returns how many letters a line in a column has room for on a phone. */
export function columnLetters(columns: number): number {
  return Math.floor(PHONE_PX / columns / LETTER_PX);
}

/**
 * Splits a column's name into as few lines as a phone allows, of about one length, at blanks and
 * after the points and colons of addresses.
 */
export function columnLines(name: string, columns: number): string[] {
  const letters = columnLetters(columns);
  const tooLong = piecesOf(name).find((piece) => lengthOf(piece) > letters);
  if (tooLong !== undefined) {
    throw new RangeError(
      `Cannot name a column ${quote(name)}: words of up to ${letters} characters fit over one of ` +
        `${columns} on a phone, got ${quote(tooLong.trim())}`,
    );
  }
  let lines = fill(name, letters);
  for (let least = letters - 1; least > 0; least--) {
    const tighter = fill(name, least);
    if (tighter.length > lines.length) break;
    lines = tighter;
  }
  return lines.map((line) => line.trim());
}

/** Puts as many pieces into each line as it has room for. */
function fill(name: string, letters: number): string[] {
  const lines: string[] = [];
  for (const piece of piecesOf(name)) {
    const last = lines.at(-1);
    if (last !== undefined && lengthOf(last + piece) <= letters) {
      lines[lines.length - 1] = last + piece;
    } else {
      lines.push(piece);
    }
  }
  return lines;
}

/** Cut behind blanks, points and colons: "10.", "0.", "0.", "5". */
function piecesOf(name: string): string[] {
  return name.match(/[^ .:]*(?: +|[.:]+)|[^ .:]+/g) ?? [];
}

/** Points and colons are half as wide as letters, and nothing at a line's end. */
function lengthOf(line: string): number {
  const seen = line.trim().replace(/[.:]+$/, "");
  return seen.length - (seen.match(/[.:]/g)?.length ?? 0) / 2;
}

/** Returns the outcomes with their marks. */
export function markedOutcomes(outcomes: readonly TrialOutcome[]): MarkedOutcome[] {
  assertCount(outcomes.length, { as: "tell outcomes apart, in number", most: MAX_OUTCOMES });
  const names = new Set<string>();
  return outcomes.map(({ name, mark = name, meaning }) => {
    assertWords(name, { as: "name an outcome", most: MAX_NAME });
    assertWords(mark, { as: "mark a cell", most: MAX_NAME });
    assertMeaning(meaning);
    if (names.has(name)) {
      throw new RangeError(
        `Cannot name an outcome ${quote(name)}: each has a name of its own, got it twice`,
      );
    }
    names.add(name);
    return { name, mark, meaning };
  });
}

/** Puts trials into a grid; what was not tried is left out. */
export function gridOf(trials: readonly Trial[], outcomes: readonly MarkedOutcome[]): TrialGrid {
  const rows = [...new Set(trials.map(({ row }) => row))];
  const columns = [...new Set(trials.map(({ column }) => column))];
  for (const row of rows) assertWords(row, { as: "name a row", most: MAX_ROW_NAME });
  for (const column of columns) assertWords(column, { as: "name a column", most: MAX_NAME });
  if (trials.length > 0) {
    assertCount(rows.length, { as: "draw rows, in number", most: MAX_ROWS });
    assertCount(columns.length, { as: "draw columns, in number", most: MAX_COLUMNS });
  }
  const tried = new Set<number>();
  const cells = trials.map((trial): GridCell => {
    const [row, column] = [rows.indexOf(trial.row), columns.indexOf(trial.column)];
    const place = row * columns.length + column;
    if (tried.has(place)) {
      throw new RangeError(
        `Cannot draw the trial ${quote(`${trial.row}, ${trial.column}`)}: ` +
          "a cell has one outcome, got it twice",
      );
    }
    tried.add(place);
    return { row, column, outcome: outcomeOf(trial, outcomes) };
  });
  for (const { outcome: { mark } } of cells) assertMark(mark, columns.length);
  return { rows, columns, cells };
}

function outcomeOf({ outcome }: Trial, outcomes: readonly MarkedOutcome[]): MarkedOutcome {
  const found = outcomes.find(({ name }) => name === outcome);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot draw the outcome ${quoteValue(outcome)}: it is one of ` +
      `${outcomes.map(({ name }) => quote(name)).join(", ")}, got another`,
  );
}

function assertMark(mark: string, columns: number): void {
  const letters = Math.floor(PHONE_PX / columns / MARK_LETTER_PX);
  if (mark.length <= letters) return;
  throw new RangeError(
    `Cannot mark a cell ${quote(mark)}: 1 to ${letters} characters fit into one of ${columns} ` +
      `columns on a phone, got ${mark.length}`,
  );
}
