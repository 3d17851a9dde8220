/**
 * What works and what does not: every pair of two things, tried, with what came out in each cell.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks } from "../../refusal.ts";
import { HEADING, list, words } from "../parts/_checks.ts";
import { chipKey, markSize } from "../parts/_key.ts";
import {
  atLeft,
  drawFigure,
  emptyFigure,
  hiddenAxis,
  label,
  type Mark,
  MUTED,
  muted,
  onHover,
  pixelAxis,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import { placeRows, type Row, rowBars, rowLabels } from "../parts/_rows.ts";
import { plainText, shorten, wrap, wrapName } from "../parts/_words.ts";
import { PALETTE, readableOn } from "../parts/palette.ts";
import {
  checkedOutcomes,
  gridOf,
  type GridRow,
  type Trial,
  type TrialOutcome,
} from "./_trial_grid.ts";

export type { Trial, TrialOutcome };

/** How {@linkcode plotTrialMap} draws. */
export interface PlotTrialMapOptions {
  /**
   * All that can come out; the key has those that came out, in this order. By default what the trials
   * of `fourtuple/experiments` return: "connected", "both connected", "shared", "started",
   * "refused", "bind refused", "connect refused", "listen refused", "no answer".
   */
  readonly outcomes?: readonly TrialOutcome[];
  /** What a row is, read together with its name: "listens at". */
  readonly rows: string;
  /** What a column is: "a client calls". */
  readonly columns: string;
  /** The title; "Every pair that was tried" by default. */
  readonly title?: string;
  /** The text under the title; none by default. */
  readonly subtitle?: string;
}

const CANNOT = "Cannot draw trials";
const EXPERIMENTS_OUTCOMES: readonly TrialOutcome[] = [
  { name: "connected", mark: "✓", meaning: "ESTABLISHED" },
  { name: "shared", mark: "✓", meaning: "ESTABLISHED" },
  { name: "started", mark: "✓", meaning: "ESTABLISHED" },
  { name: "both connected", mark: "✓", meaning: "ESTABLISHED" },
  { name: "refused", mark: "✗", meaning: "refused" },
  { name: "connect refused", mark: "connect ✗", meaning: "refused" },
  { name: "bind refused", mark: "bind ✗", meaning: "refused" },
  { name: "listen refused", mark: "listen ✗", meaning: "refused" },
  { name: "no answer", mark: "…", meaning: "free" },
];
const OPTIONS: OptionChecks<PlotTrialMapOptions> = {
  ...HEADING,
  outcomes: list(),
  rows: words,
  columns: words,
};

/** In px. */
const CAPTION_LINE_PX = 16;
const HEAD_LINE_PX = 14;
const NAME_PX = 22;
const CELL_PX = 30;
const GAP_PX = 4;

/** What the page of a phone of 360 px leaves the cells, in px; and the width of a letter there. */
const PHONE_PX = 308;
const HEAD_LETTER_PX = 7;
/** A letter in capitals or bold. */
const MARK_LETTER_PX = 7.2;
/** In letters of usual width. */
const CAPTION_LETTERS = 44;
const ROWS_LETTERS = 14;
const COLUMN_LETTERS = 40;

/**
 * Draws a grid of what was tried: a row for each of one thing, a column for each of the other, and
 * in each cell the mark and the colour of what came out. A pair that was not tried is left open.
 *
 * A row's name is above its cells, so that a phone has room for the columns. A name or a mark that
 * does not fit is wrapped or shortened; the table and the hover text have all of it. If there is no
 * trial, the figure says so.
 *
 * @param trials What was tried, in any order
 * @throws {TypeError} If an option is missing, not known or of the wrong kind, a name is not a text, or
 * an outcome is none of those that can come out
 * @throws {RangeError} If a pair was tried twice, two outcomes have the same name, there is no outcome,
 * or there are more than 6 columns
 *
 * @example Which client reaches which address
 * ```ts
 * import { plotTrialMap } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotTrialMap([
 *   { row: "127.0.0.1", column: "127.0.0.1", outcome: "connected" },
 *   { row: "127.0.0.1", column: "127.0.0.2", outcome: "refused" },
 * ], {
 *   rows: "listens at",
 *   columns: "a client calls",
 * });
 * assertEquals(figure.table.columns, ["listens at", "127.0.0.1", "127.0.0.2"]);
 * assertEquals(figure.table.rows, [["127.0.0.1", "connected", "refused"]]);
 * ```
 */
export function plotTrialMap(trials: readonly Trial[], options: PlotTrialMapOptions): Figure {
  checkOptions(options, OPTIONS, CANNOT);
  const { title = "Every pair that was tried", subtitle, rows: rowsAre, columns: columnsAre } =
    options;
  check(rowsAre, words, { cannot: CANNOT, what: 'the option "rows"' });
  check(columnsAre, words, { cannot: CANNOT, what: 'the option "columns"' });
  const outcomes = checkedOutcomes(options.outcomes ?? EXPERIMENTS_OUTCOMES);
  const grid = gridOf(trials, outcomes);
  const { columns } = grid;
  if (grid.rows.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: [rowsAre, columnsAre], text: "no trial" });
  }

  const letters = Math.floor(PHONE_PX / columns.length / MARK_LETTER_PX);
  const seen = outcomes
    .filter((one) => grid.rows.some(({ cells }) => cells.some(({ outcome }) => outcome === one)))
    .map((outcome) => ({
      outcome,
      color: PALETTE[outcome.meaning].color,
      mark: shorten(outcome.mark, letters),
    }));
  const caption = wrap(columnsAre, CAPTION_LETTERS);
  const heads = columns.map((name) => columnLines(name, columns.length));
  const top = caption.length * CAPTION_LINE_PX + 4 +
    HEAD_LINE_PX * Math.max(...heads.map(({ length }) => length)) + 2;
  const rows = placeRows(grid.rows, { top, words: NAME_PX, body: CELL_PX, gap: GAP_PX });
  return drawFigure({
    heading: { title, subtitle },
    height: rows.end,
    margin: { l: 10, r: 10 },
    axes: {
      barmode: "overlay",
      xaxis: hiddenAxis(0, columns.length),
      yaxis: pixelAxis(rows.end),
    },
    marks: [
      captionMark(caption),
      { annotations: heads.map((lines, index) => columnHead(lines, columns[index]!, index, top)) },
      rowLabels(rows, ({ name }) => ({
        name,
        before: `${muted(plainText(shorten(rowsAre, ROWS_LETTERS)))} `,
      })),
      openCells(rows, columns.length),
      ...seen.map(({ outcome, color, mark }) => {
        const cells = rows.flatMap(({ item: { name, cells }, ...place }) =>
          cells.filter((cell) => cell.outcome === outcome)
            .map(({ column }) => ({ ...place, item: { name, column } }))
        );
        return rowBars(cells, {
          from: ({ column }) => column,
          length: () => 1,
          color,
          hover: ({ name, column }) => `${name}, ${columns[column]!}: ${outcome.name}`,
          trace: {
            name: outcome.name,
            marker: { color, line: { color: "#ffffff", width: 2 } },
            text: cells.map(() => plainText(mark)),
            textposition: "inside",
            insidetextanchor: "middle",
            textangle: 0,
            constraintext: "none",
            textfont: { size: markSize(mark), weight: 600, color: readableOn(color) },
          },
        });
      }),
    ],
    under: [
      chipKey(
        seen.filter(({ mark, outcome: { name } }) => mark !== name)
          .map(({ mark, color, outcome: { name } }) => ({ mark, color, name })),
      ),
    ],
    table: new Table({
      columns: [rowsAre, ...columns],
      rows: grid.rows.map(({ name, cells }) => [
        name,
        ...columns.map((_, index) => cells.find(({ column }) => column === index)?.outcome.name),
      ]),
    }),
  });
}

/** Splits a column's name into lines that fit over one of `columns` columns on a phone. */
export function columnLines(name: string, columns: number): string[] {
  const letters = Math.floor(PHONE_PX / columns / HEAD_LETTER_PX);
  return wrapName(shorten(name, COLUMN_LETTERS), letters);
}

function captionMark(lines: readonly string[]): Mark {
  return {
    annotations: lines.map((line, index) =>
      atLeft(plainText(line), {
        y: index * CAPTION_LINE_PX,
        yanchor: "top",
        font: { size: SMALL_PX, color: MUTED },
      })
    ),
  };
}

function columnHead(lines: readonly string[], name: string, index: number, bottom: number) {
  return label(lines.map(plainText).join("<br>"), {
    x: index + 0.5,
    y: bottom - 2,
    yanchor: "bottom",
    font: { size: SMALL_PX },
    ...onHover(name, COLUMN_LETTERS),
  });
}

/** What was not tried has a border and nothing in it. */
function openCells(rows: readonly Row<GridRow>[], columns: number): Mark {
  return {
    shapes: rows.flatMap(({ item: { cells }, body, bottom }) =>
      Array.from({ length: columns }, (_, column) => column)
        .filter((column) => !cells.some((cell) => cell.column === column))
        .map((column) => ({
          type: "rect",
          x0: column + 0.02,
          x1: column + 0.98,
          y0: body + 2,
          y1: bottom - 2,
          line: { color: TRACK, width: 1 },
        }))
    ),
  };
}
