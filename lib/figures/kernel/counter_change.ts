/**
 * What the kernel has counted meanwhile: a bar for each counter that changed, with what it counts.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { kindOf } from "../../refusal.ts";
import { type CounterName, COUNTERS } from "../../observe/counters/counter_names.ts";
import { CounterDifference } from "../../observe/counters/counter_values.ts";
import {
  type Annotation,
  emptyFigure,
  INK,
  label,
  LABEL_PX,
  layoutOf,
  MUTED,
  pixelAxis,
  SMALL_PX,
  titledAxis,
} from "../parts/_layout.ts";
import { plainText, wrap } from "../parts/_words.ts";

/** How {@linkcode plotCounterChange} draws. */
export interface PlotCounterChangeOptions {
  /** The title, at most 36 characters; "What the kernel has counted" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says what a bar is. */
  readonly subtitle?: string;
}

const SUBTITLE = "Each bar is the change of one counter from the first reading to the second; " +
  "counters that did not change are left out.";
const COLUMNS = ["counter", "change", "what it counts"];

/** From the top to the bottom of a row, in px; a phone has room for so many characters a line. */
const NAME_PX = 20;
const MEANING_LINE_PX = 15;
const MEANING_LENGTH = 50;
const BAR_PX = 12;
const GAP_PX = 14;
const AXIS_PX = 44;

/** A counter that changed, and where it stands. */
interface Row {
  readonly name: CounterName;
  readonly change: number;
  readonly meaning: readonly string[];
  /** The top of the row, in px. */
  readonly top: number;
  /** The middle of the bar, in px. */
  readonly bar: number;
}

/**
 * Draws by how much each counter has changed, TCP's before UDP's, with a sentence on what it counts.
 * A number that fell (of open connections) goes to the left.
 *
 * A difference without a change gives a figure that says so.
 *
 * @throws {TypeError} If it is not given a difference
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
  const { title = "What the kernel has counted", subtitle = SUBTITLE } = options;
  if (!(difference instanceof CounterDifference)) {
    throw new TypeError(
      "Cannot draw what the kernel has counted: it takes a CounterDifference, such as of " +
        `after.since(before), got ${kindOf(difference)}`,
    );
  }
  const { rows, height } = rowsOf(difference.changed);
  if (rows.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no counter has changed" });
  }
  const changes = rows.map(({ change }) => change);
  const [least, most] = [Math.min(0, ...changes), Math.max(0, ...changes)];
  return new Figure({
    data: [{
      type: "bar",
      orientation: "h",
      x: changes,
      y: rows.map(({ bar }) => bar),
      width: BAR_PX,
      marker: { color: MUTED },
      customdata: rows.map(({ name }) => name),
      hovertemplate: "%{customdata}: %{x:+d}<extra></extra>",
    }],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: 14, r: 24, b: AXIS_PX },
      parts: {
        xaxis: titledAxis("change (how many more or fewer)", {
          range: [1.04 * least, 1.04 * most],
          nticks: 5,
          tickformat: "~s",
          showgrid: false,
          ticks: "outside",
        }),
        yaxis: pixelAxis(height),
        shapes: [{
          type: "line",
          x0: 0,
          x1: 0,
          y0: 0,
          y1: height,
          line: { color: MUTED, width: 1 },
          layer: "below",
        }],
      },
      annotations: rows.flatMap(annotationsOf),
    }),
    table: new Table({
      columns: COLUMNS,
      rows: rows.map(({ name, change }) => [name, change, COUNTERS[name].meaning]),
    }),
  });
}

function rowsOf(
  changed: CounterDifference["changed"],
): { rows: readonly Row[]; height: number } {
  const rows: Row[] = [];
  let top = 0;
  for (const [name, change] of changed) {
    const meaning = wrap(COUNTERS[name].meaning, MEANING_LENGTH);
    const words = NAME_PX + meaning.length * MEANING_LINE_PX;
    rows.push({ name, change, meaning, top, bar: top + words + BAR_PX / 2 + 3 });
    top += words + BAR_PX + GAP_PX;
  }
  return { rows, height: top };
}

function annotationsOf({ name, change, meaning, top }: Row): Annotation[] {
  const at = (y: number) => ({ xref: "paper", x: 0, xanchor: "left", y, yanchor: "bottom" });
  const sign = change > 0 ? "+" : "−";
  const number = `${sign}${Math.abs(change).toLocaleString("en")}`;
  return [
    label(`<b>${number}</b> ${name}`, {
      ...at(top + NAME_PX),
      font: { size: LABEL_PX, color: INK },
    }),
    ...meaning.map((line, index) =>
      label(plainText(line), {
        ...at(top + NAME_PX + (index + 1) * MEANING_LINE_PX),
        font: { size: SMALL_PX, color: MUTED },
      })
    ),
  ];
}
