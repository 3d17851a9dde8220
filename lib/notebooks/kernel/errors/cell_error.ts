/**
 * An error as a learner reads it: what it says, and where, with the lines of the cells.
 *
 * @module
 */
import type { Place } from "../cells/edited_text.ts";
import { type Frame, frameText } from "../inside/stack.ts";
import { type Thrown, titleOf } from "../inside/thrown.ts";

/** An error as Jupyter's messages have it. */
export interface CellError {
  /** The error's name. */
  readonly ename: string;
  /** Its message. */
  readonly evalue: string;
  /** The lines that front ends show. */
  readonly traceback: readonly string[];
}

/** A cell that has been run. */
export interface TracedCell {
  /** The number in the brackets at its side. */
  readonly label: number;
  /** Its text, as its author wrote it. */
  readonly source: string;
  /** Returns the place in the cell of a place that V8 names. */
  placeInCell(place: Place): Place | undefined;
}

/** A place in a cell. */
export interface CellPlace extends Place {
  /** The cell's id. */
  readonly cell: number;
}

/** How many frames of cells are shown with their line. */
const SHOWN_LINES = 4;
/** How many lines an error has at most, before those of its causes. */
const MAX_LINES = 30;
/** A line that is longer is cut around the place. */
const MAX_LINE_CHARACTERS = 100;

/** Returns the error that a thrown value is shown as. */
export function thrownError(thrown: Thrown, cells: ReadonlyMap<number, TracedCell>): CellError {
  if (thrown.name === "") return valueError(thrown);
  return {
    ename: thrown.name,
    evalue: thrown.message,
    traceback: thrownLines(thrown, cells, SHOWN_LINES),
  };
}

/** Returns the places of cells in an error's frames, the innermost first. */
export function cellPlaces(thrown: Thrown, cells: ReadonlyMap<number, TracedCell>): CellPlace[] {
  return thrown.frames.flatMap((frame) => placeOf(frame, cells) ?? []);
}

function valueError({ message }: Thrown): CellError {
  const advice =
    'Only an Error records the line it comes from, and this value is not an Error. Throw one instead: throw new Error("…")';
  return { ename: "Uncaught", evalue: message, traceback: [`Uncaught: ${message}`, advice] };
}

function thrownLines(
  thrown: Thrown,
  cells: ReadonlyMap<number, TracedCell>,
  shown: number,
): string[] {
  const { frames, foreign = [], cause, errors = [], more = 0 } = thrown;
  const lines = titleOf(thrown).split("\n");
  let last = "";
  let repeats = 0;
  const endRepeats = (atLeast: string) => {
    if (repeats > 1) lines.push(`       … ${atLeast}${repeats} times more`);
    repeats = 0;
  };
  let rest = frames.length;
  for (const frame of frames) {
    const place = placeOf(frame, cells);
    const label = frame.cell !== undefined && cells.get(frame.cell)?.label;
    const text = `    at ${frameText(frame, `cell ${label}, line ${place?.line ?? "?"}`)}`;
    if (text !== last && lines.length >= MAX_LINES) break;
    rest--;
    if (text === last) {
      repeats++;
      continue;
    }
    endRepeats("");
    lines.push(last = text);
    const source = place && cells.get(place.cell)?.source;
    if (place && source !== undefined && shown-- > 0) lines.push(...markedLine(source, place));
  }
  endRepeats("at least ");
  if (rest > 0) lines.push(`       … and ${rest} more`);
  lines.push(...foreign);
  for (const part of errors) {
    lines.push(...indented(thrownLines(part, cells, 1), "  • ", "    "));
  }
  if (more > 0) lines.push(`  • and ${more} more errors`);
  if (cause) lines.push(...indented(thrownLines(cause, cells, 1), "Caused by ", ""));
  return lines;
}

/** Returns a line of a cell, its number before it and a caret under the place. */
export function markedLine(source: string, { line, column }: Place): string[] {
  const text = source.split("\n")[line - 1];
  if (text === undefined || text.trim() === "") return [];
  const from = Math.max(
    0,
    Math.min(column - MAX_LINE_CHARACTERS / 2, text.length - MAX_LINE_CHARACTERS),
  );
  const cut = text.slice(from, from + MAX_LINE_CHARACTERS);
  const number = `${line}`.padStart(8);
  // A tab before the caret keeps it under its character.
  const before = text.slice(from, column - 1).replace(/[^\t]/g, " ");
  return [`${number} | ${cut}`, `${" ".repeat(number.length)} | ${before}^`];
}

function placeOf(frame: Frame, cells: ReadonlyMap<number, TracedCell>): CellPlace | undefined {
  if (frame.cell === undefined) return undefined;
  const place = cells.get(frame.cell)?.placeInCell(frame);
  return place && { ...place, cell: frame.cell };
}

function indented(lines: readonly string[], first: string, rest: string): string[] {
  return lines.map((line, index) => `${index === 0 ? first : rest}${line}`);
}
