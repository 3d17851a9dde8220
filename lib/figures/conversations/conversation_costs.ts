/**
 * What ways of talking cost, side by side: connections, ports and packets.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { checkNames, HEADING, itemsOf } from "../parts/_checks.ts";
import {
  drawFigure,
  emptyFigure,
  hiddenAxis,
  label,
  type Mark,
  MUTED,
  pixelAxis,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import { placeRows, rowBars, rowEnds, rowLabels, verticalLine } from "../parts/_rows.ts";
import { shortNumber } from "../parts/_words.ts";
import { type Meaning, PALETTE } from "../parts/palette.ts";

/** What one way of talking has cost; a `ConversationCost` is such a row. */
export interface CostRow {
  /** Its name. */
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
  /** The title; "What each way of talking costs" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const COUNTED = ["connections", "ports", "packets"] as const;
const MEANINGS: Readonly<Record<typeof COUNTED[number], Meaning>> = {
  connections: "ESTABLISHED",
  ports: "client",
  packets: "udp",
};

const COSTS = { cannot: "Cannot draw costs", one: "way of talking" };
const OPTIONS: OptionChecks<PlotConversationCostsOptions> = HEADING;
const COUNT = wholeNumber({ most: Number.MAX_SAFE_INTEGER });
const SUBTITLE =
  "For the same work. Each column has a scale of its own, and its number beside the bar.";

const HEAD_PX = 22;
const BAR_PX = 12;
const GAP_PX = 8;
/** Columns are one wide; the longest bar takes this much of it, and its number has what is left. */
const BAR_SHARE = 0.5;

/**
 * Draws a row for each way of talking with three bars in it: how many connections it opened, how
 * many ports it took, how many packets it sent. A column's longest bar is its highest number.
 *
 * If there is no way of talking, the figure says so. A number of more than six digits is shortened;
 * the table and the hover text have all of it.
 *
 * @param costs The ways of talking, from the top to the bottom
 * @throws {TypeError} If an option is not known or of the wrong kind, or a name is not a text
 * @throws {RangeError} If a name is there twice, or a count is not a whole number
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
  costs: readonly CostRow[],
  options: PlotConversationCostsOptions = {},
): Figure {
  const ways = itemsOf(costs, COSTS);
  checkOptions(options, OPTIONS, COSTS.cannot);
  const { title = "What each way of talking costs", subtitle = SUBTITLE } = options;
  checkNames(ways, COSTS);
  for (const what of COUNTED) {
    for (const way of ways) check(way[what], COUNT, { cannot: COSTS.cannot, what });
  }
  const columns = ["way", ...COUNTED];
  if (ways.length === 0) {
    return emptyFigure({ title, subtitle }, { columns, text: "no way of talking" });
  }

  const rows = placeRows(ways, { top: HEAD_PX, body: BAR_PX, gap: GAP_PX });
  return drawFigure({
    heading: { title, subtitle },
    height: rows.end,
    margin: { l: 14, r: 8 },
    axes: {
      barmode: "overlay", // or plotly sets the three bars of a row under each other
      xaxis: hiddenAxis(0, COUNTED.length),
      yaxis: pixelAxis(rows.end),
    },
    marks: [
      rowLabels(rows, ({ name }) => ({ name })),
      ...COUNTED.flatMap((what, column) => {
        const highest = Math.max(1, ...ways.map((way) => way[what]));
        const length = (way: CostRow) => BAR_SHARE * way[what] / highest;
        return [
          columnHead(what, column),
          verticalLine(column, { from: HEAD_PX, to: rows.end, color: TRACK }),
          rowBars(rows, {
            from: () => column,
            length,
            color: PALETTE[MEANINGS[what]].color,
            hover: (way) => `${way.name}: ${way[what].toLocaleString("en")} ${what}`,
            trace: { name: what },
          }),
          rowEnds(rows, {
            at: (way) => column + length(way),
            text: (way) => shortNumber(way[what]),
          }),
        ];
      }),
    ],
    table: new Table({
      columns,
      rows: ways.map((way) => [way.name, ...COUNTED.map((what) => way[what])]),
    }),
  });
}

function columnHead(text: string, column: number): Mark {
  return {
    annotations: [
      label(text, {
        ...{ x: column, xanchor: "left", y: HEAD_PX / 2, yanchor: "middle" },
        font: { size: SMALL_PX, color: MUTED },
      }),
    ],
  };
}
