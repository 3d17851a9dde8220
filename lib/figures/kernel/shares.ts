/**
 * How something was divided: a bar for each part, beside what chance alone would give it.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { checkNames, HEADING, itemsOf, words } from "../parts/_checks.ts";
import {
  drawFigure,
  emptyFigure,
  type Mark,
  pixelAxis,
  space,
  titledAxis,
  TRACK,
} from "../parts/_layout.ts";
import { placeRows, rowBars, rowLabels, verticalLine } from "../parts/_rows.ts";
import { shorten } from "../parts/_words.ts";
import { type Meaning, meaning, PALETTE } from "../parts/palette.ts";

/** What one of several got. */
export interface Share {
  /** Its name. */
  readonly name: string;
  /** How much it got. */
  readonly count: number;
}

/** How {@linkcode plotShares} draws. */
export interface PlotSharesOptions {
  /** What is counted, in the plural: "connections". */
  readonly unit: string;
  /** What the bars stand for, which gives their colour; "server" by default. */
  readonly meaning?: Meaning;
  /** The title; "Who got how much" by default. */
  readonly title?: string;
  /** The text under the title; by default it says what the band is. */
  readonly subtitle?: string;
}

const SHARES = { cannot: "Cannot draw shares", one: "share" };
const OPTIONS: OptionChecks<PlotSharesOptions> = { ...HEADING, unit: words, meaning };
const COUNT = wholeNumber({ most: Number.MAX_SAFE_INTEGER });
/** 95 of 100 draws are within so many standard deviations. */
const DEVIATIONS = 2;

const SUBTITLE =
  "The line is the equal share. If chance alone decides, with equal odds for all, a " +
  "bar ends within the grey band 19 times out of 20.";

const BAR_PX = 22;
const AXIS_PX = 38;
const UNIT_LETTERS = 28;

/**
 * Draws a bar for each of several that have divided something, the equal share as a line, and around
 * it a band of two standard deviations of the binomial distribution.
 *
 * If there is nothing to divide, the figure says so.
 *
 * @param parts What each of them got, from the top to the bottom
 * @throws {TypeError} If an option is not known or of the wrong kind, or a name is not a text
 * @throws {RangeError} If a name is there twice, or a count is not a whole number
 *
 * @example Four listeners and their clients
 * ```ts
 * import { plotShares } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const counts = [87, 109, 101, 103];
 * const figure = plotShares(counts.map((count, index) => ({ name: `listener ${index}`, count })), {
 *   unit: "connections",
 * });
 * assertEquals(figure.table.columns, ["who", "connections", "share (%)"]);
 * assertEquals(figure.table.rows[0], ["listener 0", 87, 21.8]);
 * assertEquals(figure.table.rows.at(-1), ["equal share", 100, 25]);
 * ```
 */
export function plotShares(parts: readonly Share[], options: PlotSharesOptions): Figure {
  const shares = itemsOf(parts, SHARES);
  checkOptions(options, OPTIONS, SHARES.cannot);
  const { unit, meaning = "server", title = "Who got how much", subtitle = SUBTITLE } = options;
  check(unit, words, { cannot: SHARES.cannot, what: "the unit" });
  checkNames(shares, SHARES);
  for (const { count } of shares) check(count, COUNT, { cannot: SHARES.cannot, what: "a count" });
  const columns = ["who", unit, "share (%)"];
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return emptyFigure({ title, subtitle }, { columns, text: `no ${unit}` });

  const mean = total / shares.length;
  const spread = DEVIATIONS * Math.sqrt(mean * (1 - 1 / shares.length));
  const highest = Math.max(mean + spread, ...shares.map(({ count }) => count));
  const rows = placeRows(shares, { body: BAR_PX });
  return drawFigure({
    heading: { title, subtitle },
    height: rows.end,
    margin: { l: 14, r: 24 },
    axes: {
      xaxis: titledAxis(shorten(unit, UNIT_LETTERS), {
        range: [0, highest * 1.04],
        nticks: 6,
        showgrid: false,
        ticks: "outside",
      }),
      yaxis: pixelAxis(rows.end),
    },
    marks: [
      band(Math.max(0, mean - spread), mean + spread, rows.end),
      rowBars(rows, {
        length: ({ count }) => count,
        color: PALETTE[meaning].color,
        hover: ({ name, count }) => `${name}: ${count.toLocaleString("en")} ${unit}`,
      }),
      verticalLine(mean, { to: rows.end, dash: "dash", layer: "above" }),
      rowLabels(rows, ({ name, count }) => ({ name, after: count.toLocaleString("en") }), {
        // The line of the equal share does not cross a name.
        bgcolor: "rgba(255, 255, 255, 0.9)",
      }),
    ],
    under: [space(AXIS_PX)],
    table: new Table({
      columns,
      rows: [
        ...shares.map(({ name, count }) => [name, count, percent(count / total)]),
        ["equal share", Math.round(mean * 10) / 10, percent(1 / shares.length)],
      ],
    }),
  });
}

function band(x0: number, x1: number, y1: number): Mark {
  const fill = { fillcolor: TRACK, line: { width: 0 }, layer: "below" };
  return { shapes: [{ type: "rect", x0, x1, y0: 0, y1, ...fill }] };
}

/** With one decimal. */
function percent(part: number): number {
  return Math.round(part * 1000) / 10;
}
