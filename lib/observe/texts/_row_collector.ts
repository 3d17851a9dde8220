/** Rows as they are read, and what could not be read. */
import { isRefusal } from "../../refusal.ts";
import type { LeftOutLine } from "../rows/connection.ts";
import { hasNoEndpoint, type Line, refuseWord } from "./_text_lines.ts";
import { type ToolRow, ToolRows } from "./tool_row.ts";

/**
 * Collects the rows of a text, and the lines that are none: a line that cannot be read costs that
 * line, and all of the text only where nothing else could be read.
 */
export class RowCollector {
  readonly #rows: ToolRow[] = [];
  readonly #leftOut: LeftOutLine[] = [];
  #rowError: Error | undefined;
  #strangeError: Error | undefined;
  readonly #preamble: LeftOutLine[] = [];
  #isTitled = false;
  #isTyped = false;
  #hasOthers = false;
  #isRowLast = false;

  /** Whether there is a row, or a line that could have been one, so far. */
  get hasRows(): boolean {
    return this.#rows.length > 0 || this.#hasOthers || this.#rowError !== undefined;
  }

  /** Notes the titles. */
  addTitle(): void {
    this.#isTitled = true;
    this.#isRowLast = false;
  }

  /** Notes that a person has typed a command, which may have printed nothing. */
  addCommand(): void {
    this.#isTyped = true;
  }

  /** Notes a row of another kind, which is passed over. */
  addOther(): void {
    this.#hasOthers = true;
    this.#isRowLast = false;
  }

  /** Adds what `read` makes of a line, or the reason why it makes nothing. */
  addRow(line: Line, read: () => ToolRow): void {
    this.#isRowLast = false;
    try {
      const row = read();
      if (line.mayGoOn) {
        return this.addCutRow(line, "it may go on in the next line");
      }
      this.#rows.push(row);
      this.#isRowLast = true;
    } catch (error) {
      const refused = this.#leaveOut(line, error);
      this.#rowError ??= refused;
    }
  }

  /** Leaves out a row that was understood, but is not trusted. */
  addCutRow(line: Line, reason: string): void {
    this.#hasOthers = true;
    this.#isRowLast = false;
    this.#leftOut.push({ line: line.number, text: line.text, reason });
  }

  /** Adds a line that is nothing that the tool prints. */
  addStrange(line: Line, rule: string): void {
    this.#isRowLast = false;
    try {
      refuseWord(line, line.words[0], rule);
    } catch (error) {
      const refused = this.#leaveOut(line, error);
      if (hasNoEndpoint(line)) this.#strangeError ??= refused;
      else this.#rowError ??= refused;
    }
  }

  /** Notes a line before the first row that may be a note, or titles in another language. */
  addPreamble(line: Line, rule: string): void {
    try {
      refuseWord(line, line.words[0], rule);
    } catch (error) {
      this.#preamble.push(leftOutLine(line, error));
      this.#strangeError ??= error as Error;
    }
  }

  /** Changes the last row by what a later line says of it, if that line can be read. */
  amendLast(line: Line, amend: (row: ToolRow) => ToolRow): void {
    if (!this.#isRowLast) return;
    try {
      this.#rows.push(amend(this.#rows.at(-1)!));
      this.#rows.splice(-2, 1);
    } catch (error) {
      this.#leaveOut(line, error);
    }
  }

  /** Returns the rows, or throws the first refusal if nothing could be read. */
  finish(): ToolRows {
    if (this.#rows.length > 0 || this.#hasOthers) return new ToolRows(this.#rows, this.#leftOut);
    const isEmpty = this.#isTitled || this.#isTyped;
    const error = this.#rowError ?? (isEmpty ? undefined : this.#strangeError);
    if (error !== undefined) throw error;
    // A command without rows and without titles has printed something else: a complaint, or numbers.
    const preamble = this.#isTitled ? [] : this.#preamble;
    return new ToolRows([], [...preamble, ...this.#leftOut]);
  }

  #leaveOut(line: Line, error: unknown): Error {
    this.#leftOut.push(leftOutLine(line, error));
    return error as Error;
  }
}

/** Returns a line with the reason why it could not be read; any other error goes on. */
function leftOutLine({ number, text }: Line, error: unknown): LeftOutLine {
  if (!isRefusal(error)) throw error;
  return { line: number, text, reason: `${error.rule}, got ${error.part}` };
}
