/**
 * Tables that show themselves: as HTML in a notebook, as aligned text elsewhere.
 *
 * @module
 */
import { checkOptions, list, refusal, text } from "../refusal.ts";
import { DISPLAY, type Displayable, escapeHtml, type MimeBundle } from "./display.ts";

/** A title of up to this many characters stays in one line. */
const SHORT_TITLE = 20;

/** The content of one cell of a {@linkcode Table}. */
export type TableCell = string | number | boolean | null | undefined;

/** What a {@linkcode Table} is made of. */
export interface TableOptions {
  /** A title for each column. */
  readonly columns: readonly string[];
  /** The rows, with a cell for each column; `null` and `undefined` are shown as empty cells. */
  readonly rows: readonly (readonly TableCell[])[];
  /** A line above the table; none by default. */
  readonly caption?: string;
}

/**
 * A table with titled columns. Columns of numbers are aligned to the right.
 *
 * @example A table as text
 * ```ts
 * import { Table } from "fourtuple/show";
 * import { assertEquals } from "@std/assert";
 *
 * const table = new Table({ columns: ["port", "name"], rows: [[80, "http"], [443, "https"]] });
 * assertEquals(String(table), "port  name\n  80  http\n 443  https");
 * ```
 */
export class Table implements Displayable {
  /** A title for each column. */
  readonly columns: readonly string[];
  /** The rows, with a cell for each column. */
  readonly rows: readonly (readonly TableCell[])[];
  /** The line above the table, if any. */
  readonly caption: string | undefined;

  /**
   * Makes a table.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind
   * @throws {RangeError} If a row has more or fewer cells than there are columns
   */
  constructor(options: TableOptions) {
    const cannot = "Cannot make a table";
    checkOptions(options, { columns: list(), rows: list(), caption: text }, cannot);
    for (const [index, row] of options.rows.entries()) {
      if (row.length !== options.columns.length) {
        throw refusal(RangeError, {
          cannot,
          rule: `each row has a cell for each of the ${options.columns.length} columns`,
          part: `${row.length} in row ${index}`,
        });
      }
    }
    this.columns = options.columns;
    this.rows = options.rows;
    this.caption = options.caption;
  }

  /** Returns the table as lines of text with aligned columns. */
  toString(): string {
    const lines = [this.columns, ...this.rows].map((row) => row.map(cellText));
    const widths = this.columns.map((_, column) =>
      Math.max(...lines.map((line) => line[column]!.length))
    );
    const aligned = lines.map((line) =>
      line.map((cell, column) =>
        this.#isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
      ).join("  ").trimEnd()
    );
    return [...(this.caption ? [this.caption] : []), ...aligned].join("\n");
  }

  /** Returns the table as HTML that needs no style sheet. */
  toHtml(): string {
    const style = (column: number) =>
      `text-align:${this.#isNumeric(column) ? "right" : "left"};padding:0.2em 0.8em 0.2em 0`;
    // In a narrow column a title would otherwise be broken at every blank.
    const titleStyle = (column: number) =>
      this.columns[column]!.length > SHORT_TITLE
        ? `${style(column)};min-width:9em`
        : `${style(column)};white-space:nowrap`;
    const styles = (tag: string, column: number) =>
      tag === "th" ? titleStyle(column) : style(column);
    const line = (tag: string, row: readonly TableCell[]) =>
      `<tr>${
        row.map((cell, column) =>
          `<${tag} style="${styles(tag, column)}">${escapeHtml(cellText(cell))}</${tag}>`
        ).join("")
      }</tr>`;
    const caption = this.caption === undefined
      ? ""
      : `<caption style="text-align:left">${escapeHtml(this.caption)}</caption>`;
    return `<table class="fourtuple-table">${caption}<thead>${line("th", this.columns)}</thead>` +
      `<tbody>${this.rows.map((row) => line("td", row)).join("")}</tbody></table>`;
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return { "text/html": this.toHtml(), "text/plain": this.toString() };
  }

  /** Whether a column has numbers only, perhaps with gaps. */
  #isNumeric(column: number): boolean {
    const cells = this.rows.map((row) => row[column]).filter((cell) =>
      cell !== undefined && cell !== null
    );
    return cells.length > 0 && cells.every((cell) => typeof cell === "number");
  }
}

/**
 * A value that a notebook shows as a table: a class extends this one and implements `toTable()`.
 *
 * @example A class with a table
 * ```ts
 * import { ShownAsTable, Table } from "fourtuple/show";
 * import { assertEquals } from "@std/assert";
 *
 * class Counted extends ShownAsTable {
 *   override toTable(): Table {
 *     return new Table({ columns: ["ports"], rows: [[65536]] });
 *   }
 * }
 * assertEquals(String(new Counted()), "ports\n65536");
 * ```
 */
export abstract class ShownAsTable implements Displayable {
  /** Returns the value as a table. */
  abstract toTable(): Table;

  /** Returns the table as lines of text. */
  toString(): string {
    return this.toTable().toString();
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return this.toTable()[DISPLAY]();
  }
}

function cellText(cell: TableCell): string {
  return cell === null || cell === undefined ? "" : String(cell);
}
