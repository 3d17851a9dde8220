/**
 * What ways of talking cost, side by side: connections, ports and packets.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { kindOf, quote, quoteValue } from "../../refusal.ts";
import {
  emptyFigure,
  INK,
  label,
  layoutOf,
  MUTED,
  pixelAxis,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import { assertWords, plainText } from "../parts/_words.ts";
import { type Meaning, PALETTE } from "../parts/palette.ts";

/** What one way of talking has cost; a `ConversationCost` is such a row. */
export interface CostRow {
  /** Its name, at most 28 characters. */
  readonly name: string;
  /** How many connections were opened. */
  readonly connections: number;
  /** How many ports were taken. */
  readonly ports: number;
  /** How many packets were sent. */
  readonly packets: number;
}

/** How {@linkcode plotConversationCosts} draws. */
export interface PlotConversationCostsOptions {
  /** The title, at most 36 characters; "What each way of talking costs" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const COUNTED = ["connections", "ports", "packets"] as const;
const LOOKS: Readonly<Record<typeof COUNTED[number], Meaning>> = {
  connections: "ESTABLISHED",
  ports: "client",
  packets: "udp",
};

const MAX_ROWS = 12;
const MAX_NAME = 28;
const SUBTITLE =
  "For the same work. Each column has a scale of its own, and its number beside the bar.";

/** From the top to the bottom, in px. */
const HEAD_PX = 22;
const NAME_PX = 20;
const BAR_PX = 12;
const ROW_PX = NAME_PX + BAR_PX + 8;
/** Columns are one wide; a bar fills so much of it, and its number has the rest. */
const BAR_SHARE = 0.5;
/** In a column of a phone there is room for such a number. */
const MAX_COUNT = 999_999;

/**
 * Draws a row for each way of talking with three bars in it: how many connections it opened, how
 * many ports it took, how many packets it sent. A column's longest bar is its highest number.
 *
 * No way at all gives a figure that says so.
 *
 * @throws {TypeError} If a name is not a string, or a count not a number
 * @throws {RangeError} If a name is blank, too long or there twice, a count is no whole number from 0
 * to 999,999, or there are more than 12 rows
 *
 * @example A connection for each question, and one for all
 * ```ts
 * import { plotConversationCosts } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotConversationCosts([
 *   { name: "kept open", connections: 1, ports: 1, packets: 408 },
 *   { name: "opened each time", connections: 200, ports: 200, packets: 2000 },
 * ]);
 * assertEquals(figure.table.columns, ["way", "connections", "ports", "packets"]);
 * assertEquals(figure.table.rows[0], ["kept open", 1, 1, 408]);
 * ```
 */
export function plotConversationCosts(
  rows: readonly CostRow[],
  options: PlotConversationCostsOptions = {},
): Figure {
  const { title = "What each way of talking costs", subtitle = SUBTITLE } = options;
  assertRows(rows);
  const columns = ["way", ...COUNTED];
  if (rows.length === 0) {
    return emptyFigure({ title, subtitle }, { columns, text: "no way of talking" });
  }

  const height = HEAD_PX + rows.length * ROW_PX;
  const edge = { xanchor: "left", yanchor: "middle", font: { size: SMALL_PX, color: INK } };
  return new Figure({
    data: COUNTED.map((what, column) => barTrace(rows, what, column)),
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: 14, r: 8, b: 12 },
      parts: {
        barmode: "overlay", // or plotly sets the three bars of a row under each other
        xaxis: { range: [0, COUNTED.length], visible: false, fixedrange: true },
        yaxis: pixelAxis(height),
        shapes: COUNTED.map((_, column) => ({
          type: "line",
          x0: column,
          x1: column,
          y0: HEAD_PX,
          y1: height,
          line: { color: TRACK, width: 1 },
          layer: "below",
        })),
      },
      annotations: [
        ...COUNTED.map((what, column) =>
          label(what, {
            ...edge,
            x: column,
            y: HEAD_PX / 2,
            font: { size: SMALL_PX, color: MUTED },
          })
        ),
        ...rows.flatMap((row, index) => [
          label(`<b>${plainText(row.name)}</b>`, {
            ...edge,
            x: 0,
            y: HEAD_PX + index * ROW_PX + NAME_PX / 2 + 2,
          }),
          ...COUNTED.map((what, column) =>
            label(row[what].toLocaleString("en"), {
              ...edge,
              x: column + barLength(rows, what, row),
              xshift: 5,
              y: barMiddle(index),
            })
          ),
        ]),
      ],
    }),
    table: new Table({
      columns,
      rows: rows.map((row) => [row.name, ...COUNTED.map((what) => row[what])]),
    }),
  });
}

function barTrace(
  rows: readonly CostRow[],
  what: typeof COUNTED[number],
  column: number,
): Trace {
  return {
    type: "bar",
    orientation: "h",
    name: what,
    base: rows.map(() => column),
    x: rows.map((row) => barLength(rows, what, row)),
    y: rows.map((_, index) => barMiddle(index)),
    width: BAR_PX,
    marker: { color: PALETTE[LOOKS[what]].color },
    customdata: rows.map((row) =>
      `${plainText(row.name)}: ${row[what].toLocaleString("en")} ${what}`
    ),
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

function barMiddle(index: number): number {
  return HEAD_PX + index * ROW_PX + NAME_PX + BAR_PX / 2;
}

function barLength(rows: readonly CostRow[], what: typeof COUNTED[number], row: CostRow): number {
  return BAR_SHARE * row[what] / Math.max(1, ...rows.map((each) => each[what]));
}

function assertRows(rows: readonly CostRow[]): void {
  if (rows.length > MAX_ROWS) {
    throw new RangeError(
      `Cannot draw costs: up to ${MAX_ROWS} ways fit on a phone, got ${rows.length}`,
    );
  }
  const names = new Set<string>();
  for (const row of rows) {
    assertWords(row.name, { as: "name a way of talking", most: MAX_NAME });
    if (names.has(row.name)) {
      throw new RangeError(
        `Cannot draw costs: each name stands once, got ${quote(row.name)} twice`,
      );
    }
    names.add(row.name);
    for (const what of COUNTED) {
      const count: unknown = row[what];
      const cannot = `Cannot draw ${quoteValue(count)} ${what} of ${quote(row.name)}`;
      const rule = `it takes a whole number from 0 to ${MAX_COUNT}`;
      if (typeof count !== "number") {
        throw new TypeError(`${cannot}: ${rule}, got ${kindOf(count)}`);
      }
      if (!Number.isInteger(count) || count < 0 || count > MAX_COUNT) {
        throw new RangeError(`${cannot}: ${rule}, got ${count}`);
      }
    }
  }
}
