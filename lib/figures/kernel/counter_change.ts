/**
 * What the kernel has counted in the meantime: a bar for each counter that changed, with what it counts.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, instanceOf, type OptionChecks } from "../../refusal.ts";
import { COUNTERS } from "../../observe/counters/counter_names.ts";
import { CounterDifference } from "../../observe/counters/counter_values.ts";
import { HEADING } from "../parts/_checks.ts";
import { drawFigure, emptyFigure, MUTED, pixelAxis, space, titledAxis } from "../parts/_layout.ts";
import { placeRows, rowBars, rowLabels, verticalLine, wordsHeight } from "../parts/_rows.ts";
import { wrap } from "../parts/_words.ts";

/** How {@linkcode plotCounterChange} draws. */
export interface PlotCounterChangeOptions {
  /** The title; "What the kernel has counted" by default. */
  readonly title?: string;
  /** The text under the title; by default it says what a bar is. */
  readonly subtitle?: string;
}

const SUBTITLE = "Each bar is the change of one counter from the first reading to the second; " +
  "counters that did not change are left out.";
const COLUMNS = ["counter", "change", "what it counts"];

const CANNOT = "Cannot draw the change of counters";
const DIFFERENCE = instanceOf(
  CounterDifference,
  "a CounterDifference, such as after.since(before) gives",
);
const OPTIONS: OptionChecks<PlotCounterChangeOptions> = HEADING;

/** How many letters of a sentence fit into a line on a phone. */
const MEANING_LETTERS = 42;
const BAR_PX = 12;
const GAP_PX = 14;
const AXIS_PX = 38;

/**
 * Draws by how much each counter has changed, TCP's before UDP's, with a sentence on what it counts.
 * The bar of a number that fell, such as that of open connections, goes to the left.
 *
 * If no counter has changed, the figure says so.
 *
 * @param difference What the counters have gained, as `after.since(before)` gives it
 * @throws {TypeError} If it is not a difference, or an option is not known or of the wrong kind
 *
 * @example One connection
 * ```ts
 * import { CounterDifference } from "fourtuple/observe";
 * import { plotCounterChange } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const difference = new CounterDifference(new Map([["ActiveOpens", 1], ["InSegs", 3]]));
 * const figure = plotCounterChange(difference);
 * assertEquals(figure.table.columns, ["counter", "change", "what it counts"]);
 * assertEquals(figure.table.rows.map((row) => row.slice(0, 2)), [["ActiveOpens", 1], ["InSegs", 3]]);
 * ```
 */
export function plotCounterChange(
  difference: CounterDifference,
  options: PlotCounterChangeOptions = {},
): Figure {
  check(difference, DIFFERENCE, { cannot: CANNOT, what: "what it takes" });
  checkOptions(options, OPTIONS, CANNOT);
  const { title = "What the kernel has counted", subtitle = SUBTITLE } = options;
  const counters = [...difference.changed].map(([name, change]) => ({
    name,
    change,
    shown: `${change > 0 ? "+" : "−"}${Math.abs(change).toLocaleString("en")}`,
    lines: wrap(COUNTERS[name].meaning, MEANING_LETTERS),
  }));
  if (counters.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no counter has changed" });
  }
  const changes = counters.map(({ change }) => change);
  const rows = placeRows(counters, {
    words: ({ lines }) => wordsHeight(lines),
    body: BAR_PX,
    gap: GAP_PX,
  });
  return drawFigure({
    heading: { title, subtitle },
    height: rows.end,
    margin: { l: 14, r: 24 },
    axes: {
      xaxis: titledAxis("change (how many more or fewer)", {
        range: [1.04 * Math.min(0, ...changes), 1.04 * Math.max(0, ...changes)],
        nticks: 5,
        tickformat: "~s",
        showgrid: false,
        ticks: "outside",
      }),
      yaxis: pixelAxis(rows.end),
    },
    marks: [
      verticalLine(0, { to: rows.end, color: MUTED }),
      rowBars(rows, {
        length: ({ change }) => change,
        color: MUTED,
        hover: ({ name, shown }) => `${name}: ${shown}`,
      }),
      rowLabels(rows, ({ name, shown, lines }) => ({ name, after: shown, lines })),
    ],
    under: [space(AXIS_PX)],
    table: new Table({
      columns: COLUMNS,
      rows: counters.map(({ name, change }) => [name, change, COUNTERS[name].meaning]),
    }),
  });
}
