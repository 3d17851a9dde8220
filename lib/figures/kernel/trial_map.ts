/**
 * What works and what does not: every pair of two things, tried, with what came out in each cell.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import {
  type Annotation,
  emptyFigure,
  INK,
  label,
  layoutOf,
  MUTED,
  pixelAxis,
} from "../parts/_layout.ts";
import { type Shape, SMALL_PX, TRACK } from "../parts/_layout.ts";
import { columnLines, gridOf, type MarkedOutcome, markedOutcomes } from "./_trial_grid.ts";
import type { Trial, TrialGrid, TrialOutcome } from "./_trial_grid.ts";
import { assertWords, plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

export type { Trial, TrialOutcome };

/** How {@linkcode plotTrialMap} draws. */
export interface PlotTrialMapOptions {
  /** All that can come out; those that came out stand in the key in this order. At most 6. */
  readonly outcomes: readonly TrialOutcome[];
  /** What a row is, at most 14 characters, read together with its name: "listens at". */
  readonly rows: string;
  /** What a column is, at most 40 characters: "a client calls". */
  readonly columns: string;
  /** The title, at most 36 characters; "Every pair, tried" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; none by default. */
  readonly subtitle?: string;
}

const MAX_ROWS_WORD = 14;
const MAX_COLUMNS_WORD = 40;

/** From the top to the bottom, in px. */
const COLUMNS_WORD_PX = 20;
const LINE_PX = 14;
const NAME_PX = 22;
const CELL_PX = 30;
const ROW_PX = NAME_PX + CELL_PX + 4;
const KEY_GAP_PX = 16;
const KEY_PX = 26;
const CHIP_PX = 20;
/** A mark that is one sign. */
const SIGN_PX = 14;
/** A letter of a mark in the key, and the room around the mark. */
const CHIP_LETTER_PX = 8;
const CHIP_AROUND_PX = 12;

/**
 * Draws a grid of what was tried: a row for each of one thing, a column for each of the other, and
 * in each cell the mark and the colour of what came out. A pair that was not tried is left open.
 *
 * A row's name stands above its cells, so that a phone has room for the columns. No trial at all
 * gives a figure that says so.
 *
 * @throws {TypeError} If a name is not a string
 * @throws {RangeError} If a pair was tried twice, an outcome is none of those that can come out, a
 * name is blank or too long for a phone, or there are more than 20 rows, 6 columns or 6 outcomes
 *
 * @example Who reaches whom
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
 *   outcomes: [
 *     { name: "connected", mark: "✓", meaning: "ESTABLISHED" },
 *     { name: "refused", mark: "✗", meaning: "refused" },
 *   ],
 * });
 * assertEquals(figure.table.columns, ["listens at", "127.0.0.1", "127.0.0.2"]);
 * assertEquals(figure.table.rows, [["127.0.0.1", "connected", "refused"]]);
 * ```
 */
export function plotTrialMap(trials: readonly Trial[], options: PlotTrialMapOptions): Figure {
  const { title = "Every pair, tried", subtitle, rows, columns } = options;
  assertWords(rows, { as: "say what a row is", most: MAX_ROWS_WORD });
  assertWords(columns, { as: "say what a column is", most: MAX_COLUMNS_WORD });
  const outcomes = markedOutcomes(options.outcomes);
  const grid = gridOf(trials, outcomes);
  const heading = { title, subtitle };
  if (trials.length === 0) {
    return emptyFigure(heading, { columns: [rows, columns], text: "no trial" });
  }

  const heads = grid.columns.map((name) => columnLines(name, grid.columns.length));
  const top = COLUMNS_WORD_PX + LINE_PX * Math.max(...heads.map(({ length }) => length)) + 2;
  const bottom = top + grid.rows.length * ROW_PX;
  const seen = outcomes.filter((one) => grid.cells.some(({ outcome }) => outcome === one));
  const keyed = seen.filter(({ mark, name }) => mark !== name);
  const height = bottom + (keyed.length === 0 ? 0 : KEY_GAP_PX + keyed.length * KEY_PX);
  const key = keyParts(keyed, bottom + KEY_GAP_PX);
  return new Figure({
    data: seen.map((outcome) => traceOf(outcome, grid, top)),
    layout: layoutOf({
      heading,
      plotHeight: height,
      margin: { l: 10, r: 10, b: 12 },
      parts: {
        barmode: "overlay",
        xaxis: { range: [0, grid.columns.length], visible: false, fixedrange: true },
        yaxis: pixelAxis(height),
        shapes: [...openCells(grid, top), ...key.shapes],
      },
      annotations: [
        at(`${plainText(columns)}`, { y: 0, yanchor: "top", font: { color: MUTED } }),
        ...heads.map((lines, index) => columnHead(lines, { index, bottom: top - 2 })),
        ...grid.rows.map((name, index) =>
          at(`${plainText(rows)} <b style="color:${INK}">${plainText(name)}</b>`, {
            y: top + index * ROW_PX + NAME_PX - 3,
            yanchor: "bottom",
            font: { color: MUTED },
          })
        ),
        ...key.annotations,
      ],
    }),
    table: new Table({
      columns: [rows, ...grid.columns],
      rows: grid.rows.map((name, row) => [
        name,
        ...grid.columns.map((_, column) =>
          grid.cells.find((cell) => cell.row === row && cell.column === column)?.outcome.name
        ),
      ]),
    }),
  });
}

/** All cells with one outcome. */
function traceOf(outcome: MarkedOutcome, grid: TrialGrid, top: number): Trace {
  const { color } = PALETTE[outcome.meaning];
  const cells = grid.cells.filter((cell) => cell.outcome === outcome);
  return {
    type: "bar",
    orientation: "h",
    name: outcome.name,
    base: cells.map(({ column }) => column),
    x: cells.map(() => 1),
    y: cells.map(({ row }) => middleOf(row, top)),
    width: CELL_PX,
    marker: { color, line: { color: "#ffffff", width: 2 } },
    text: cells.map(() => plainText(outcome.mark)),
    textposition: "inside",
    insidetextanchor: "middle",
    textangle: 0,
    constraintext: "none",
    textfont: { size: markSize(outcome), weight: 600, color: readableOn(color) },
    customdata: cells.map(({ row, column }) => [
      plainText(grid.rows[row]!),
      plainText(grid.columns[column]!),
    ]),
    hovertemplate: `%{customdata[0]}<br>%{customdata[1]}<br>${
      plainText(outcome.name)
    }<extra></extra>`,
  };
}

/** A sign by itself is larger than a word. */
function markSize({ mark }: { readonly mark: string }): number {
  return mark.length > 1 ? SMALL_PX : SIGN_PX;
}

function middleOf(row: number, top: number): number {
  return top + row * ROW_PX + NAME_PX + CELL_PX / 2;
}

/** What was not tried has a border and nothing in it. */
function openCells(grid: TrialGrid, top: number): Shape[] {
  const tried = new Set(grid.cells.map(({ row, column }) => `${row} ${column}`));
  return grid.rows.flatMap((_, row) =>
    grid.columns.flatMap((_, column) =>
      tried.has(`${row} ${column}`) ? [] : [{
        type: "rect",
        x0: column + 0.02,
        x1: column + 0.98,
        y0: middleOf(row, top) - CELL_PX / 2 + 2,
        y1: middleOf(row, top) + CELL_PX / 2 - 2,
        line: { color: TRACK, width: 1 },
      }]
    )
  );
}

function columnHead(
  lines: readonly string[],
  { index, bottom }: { index: number; bottom: number },
): Annotation {
  return label(lines.map(plainText).join("<br>"), {
    x: index + 0.5,
    y: bottom,
    yanchor: "bottom",
    font: { size: SMALL_PX, color: INK },
  });
}

/** A chip with the mark, and what it stands for. */
function keyParts(
  outcomes: readonly MarkedOutcome[],
  top: number,
): { shapes: Shape[]; annotations: Annotation[] } {
  const longest = Math.max(0, ...outcomes.map(({ mark }) => mark.length));
  const width = longest * CHIP_LETTER_PX + CHIP_AROUND_PX;
  const middle = (index: number) => top + (index + 0.5) * KEY_PX;
  return {
    shapes: outcomes.map(({ meaning }, index) => ({
      type: "rect",
      xref: "paper",
      xsizemode: "pixel",
      xanchor: 0,
      x0: 0,
      x1: width,
      y0: middle(index) - CHIP_PX / 2,
      y1: middle(index) + CHIP_PX / 2,
      fillcolor: PALETTE[meaning].color,
      line: { width: 0 },
    })),
    annotations: outcomes.flatMap(({ mark, name, meaning }, index) => [
      at(`<b>${plainText(mark)}</b>`, {
        xanchor: "center",
        xshift: width / 2,
        y: middle(index),
        font: { size: markSize({ mark }), color: readableOn(PALETTE[meaning].color) },
      }),
      at(plainText(name), { xshift: width + 8, y: middle(index) }),
    ]),
  };
}

/** A label from the left edge on. */
function at(text: string, parts: Annotation & { readonly font?: Annotation }): Annotation {
  return label(text, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    yanchor: "middle",
    ...parts,
    font: { size: SMALL_PX, color: INK, ...parts.font },
  });
}

/**
 * Black or white, whichever has the higher contrast; one of the two has at least 4.5:1 on any
 * colour (WCAG 2.2, 1.4.3).
 */
function readableOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}
