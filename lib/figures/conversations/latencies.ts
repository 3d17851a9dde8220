/**
 * How long things took: for each way of doing them a box, and every single time as a point.
 *
 * @module
 */
import { Figure, type Layout, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { kindOf, quote, quoteValue } from "../../refusal.ts";
import { emptyFigure, INK, label, layoutOf, MUTED, SMALL_PX } from "../parts/_layout.ts";
import { pixelAxis, titledAxis } from "../parts/_layout.ts";
import { assertWords, plainText } from "../parts/_words.ts";
import { assertMeaning, type Meaning, PALETTE } from "../parts/palette.ts";

/** The times of one way of doing something. */
export interface LatencySeries {
  /** Its name, at most 28 characters. */
  readonly name: string;
  /** The times, in milliseconds. */
  readonly milliseconds: readonly number[];
  /** Whose colour it has; "client" by default. */
  readonly meaning?: Meaning;
}

/** How {@linkcode plotLatencies} draws. */
export interface PlotLatenciesOptions {
  /**
   * Whether each step of the axis is ten times the one before, so that a hundredth of a millisecond
   * and a second are both to be seen; by default if the longest time is over 20 times the shortest.
   */
  readonly logarithmic?: boolean;
  /** The title, at most 36 characters; "How long each one took" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const MAX_SERIES = 12;
const MAX_NAME = 28;
/** Of more times than this, evenly chosen ones are drawn, the shortest and the longest among them. */
const MAX_POINTS = 300;
/** Such is a clock's step: a shorter time is drawn as this long where the axis has no zero. */
const SHORTEST_MS = 0.001;
const LOGARITHMIC_FROM = 20;

const SUBTITLE =
  "A point is one time. Half of all lie in the box, its line is the median; 90 % lie " +
  "between the whiskers.";

/** From the top to the bottom, in px. */
const NAME_PX = 20;
const BOX_PX = 14;
const POINTS_PX = 16;
const ROW_PX = NAME_PX + BOX_PX + POINTS_PX + 10;
const AXIS_PX = 46;

/**
 * Draws a row for each series, over one axis in milliseconds: a box from the lower to the upper
 * quartile with the median in it, whiskers from the 5th to the 95th of a hundred (of fewer than 20
 * times, from the shortest to the longest), and under it the times themselves, spread in height only so that they do not hide each other.
 *
 * No time at all gives a figure that says so.
 *
 * @throws {TypeError} If a name is not a string, or a time not a number
 * @throws {RangeError} If a name is blank, too long or there twice, a time is negative or not finite,
 * or there are more than 12 series
 *
 * @example Ten times as long
 * ```ts
 * import { plotLatencies } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotLatencies([
 *   { name: "kept open", milliseconds: [0.1, 0.2, 0.3] },
 *   { name: "opened each time", milliseconds: [1, 2, 3] },
 * ]);
 * assertEquals(figure.table.columns.slice(0, 4), ["way", "times", "shortest (ms)", "median (ms)"]);
 * assertEquals(figure.table.rows[1]!.slice(0, 4), ["opened each time", 3, 1, 2]);
 * ```
 */
export function plotLatencies(
  series: readonly LatencySeries[],
  options: PlotLatenciesOptions = {},
): Figure {
  const { title = "How long each one took", subtitle = SUBTITLE } = options;
  assertSeries(series);
  const rows = series.filter(({ milliseconds }) => milliseconds.length > 0).map(summed);
  const columns = [
    "way",
    "times",
    "shortest (ms)",
    "median (ms)",
    "95 % under (ms)",
    "longest (ms)",
  ];
  if (rows.length === 0) return emptyFigure({ title, subtitle }, { columns, text: "no time" });

  const shortest = Math.max(SHORTEST_MS, Math.min(...rows.map(({ lowest }) => lowest)));
  const longest = Math.max(shortest, ...rows.map(({ highest }) => highest));
  const { logarithmic = longest > LOGARITHMIC_FROM * shortest } = options;
  const height = rows.length * ROW_PX;
  const place = (value: number) => logarithmic ? Math.max(SHORTEST_MS, value) : value;
  return new Figure({
    data: rows.flatMap((row, index) => [
      boxTrace(row, { index, place }),
      pointsTrace(row, { index, place }),
    ]),
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: 14, r: 24, b: AXIS_PX },
      parts: {
        xaxis: titledAxis(logarithmic ? "milliseconds (logarithmic)" : "milliseconds", {
          ...(logarithmic ? logAxis(shortest, longest) : { range: [0, longest * 1.04], nticks: 6 }),
          ticks: "outside",
        }),
        yaxis: pixelAxis(height),
      },
      annotations: rows.map((row, index) =>
        label(
          `<b>${plainText(row.name)}</b> <span style="color:${MUTED}">median ${
            short(row.median)
          } ms</span>`,
          {
            xref: "paper",
            x: 0,
            xanchor: "left",
            y: index * ROW_PX + NAME_PX - 3,
            yanchor: "bottom",
            font: { size: SMALL_PX, color: INK },
          },
        )
      ),
    }),
    table: new Table({
      columns,
      rows: rows.map((row) => [
        row.name,
        row.sorted.length,
        ...[row.lowest, row.median, row.late, row.highest].map(rounded),
      ]),
    }),
  });
}

interface Row {
  readonly name: string;
  readonly color: string;
  readonly sorted: readonly number[];
  readonly lowest: number;
  readonly early: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly late: number;
  readonly highest: number;
}

interface Place {
  readonly index: number;
  /** Where on the axis a time stands. */
  readonly place: (milliseconds: number) => number;
}

function summed({ name, milliseconds, meaning = "client" }: LatencySeries): Row {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    name,
    color: PALETTE[meaning].color,
    sorted,
    lowest: sorted[0]!,
    early: ranked(sorted, 0.05),
    lower: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upper: quantile(sorted, 0.75),
    late: ranked(sorted, 0.95),
    highest: sorted.at(-1)!,
  };
}

/** The value below which so much of all lies, on a straight line between its two neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** The first that so many are not above: one that was measured, and no value between two. */
function ranked(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function boxTrace(row: Row, { index, place }: Place): Trace {
  return {
    type: "box",
    orientation: "h",
    name: row.name,
    y: [index * ROW_PX + NAME_PX + BOX_PX / 2],
    q1: [place(row.lower)],
    median: [place(row.median)],
    q3: [place(row.upper)],
    lowerfence: [place(row.early)],
    upperfence: [place(row.late)],
    width: BOX_PX,
    line: { color: row.color, width: 1.5 },
    fillcolor: `${row.color}40`,
    hoverinfo: "skip",
  };
}

function pointsTrace(row: Row, { index, place }: Place): Trace {
  const count = Math.min(MAX_POINTS, row.sorted.length);
  const last = row.sorted.length - 1;
  const times = Array.from(
    { length: count },
    (_, number) => row.sorted[count === 1 ? 0 : Math.round(number * last / (count - 1))]!,
  );
  const top = index * ROW_PX + NAME_PX + BOX_PX + 4;
  return {
    type: "scatter",
    mode: "markers",
    name: `${row.name}, one by one`,
    x: times.map(place),
    // The golden ratio's multiples never come close to each other's places.
    y: times.map((_, number) => top + (number * 0.6180339887) % 1 * POINTS_PX),
    customdata: times.map(short),
    hovertemplate: `${plainText(row.name)}: %{customdata} ms<extra></extra>`,
    marker: { color: row.color, size: 4, opacity: 0.5 },
  };
}

/** Ticks at the powers of ten; where there are few, at their doubles and fivefolds as well. */
function logAxis(shortest: number, longest: number): Layout {
  const room = Math.log10(longest / shortest) * 0.04 + 0.05;
  const range = [Math.log10(shortest) - room, Math.log10(longest) + room] as const;
  const powers = Array.from({ length: 13 }, (_, index) => 10 ** (index - 4));
  const shown = (value: number) => Math.log10(value) >= range[0] && Math.log10(value) <= range[1];
  const tens = powers.filter(shown);
  const tickvals = tens.length > 2
    ? tens
    : powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(shown);
  return { type: "log", range, tickvals, ticktext: tickvals.map(short) };
}

/** A number with two digits that say something: 0.053, 0.5, 12, 340. */
function short(value: number): string {
  return rounded(value).toLocaleString("en", { maximumFractionDigits: 4 });
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}

function assertSeries(series: readonly LatencySeries[]): void {
  if (series.length > MAX_SERIES) {
    throw new RangeError(
      `Cannot draw latencies: up to ${MAX_SERIES} series fit on a phone, got ${series.length}`,
    );
  }
  const names = new Set<string>();
  for (const { name, milliseconds, meaning = "client" } of series) {
    assertWords(name, { as: "name a series", most: MAX_NAME });
    assertMeaning(meaning);
    if (names.has(name)) {
      throw new RangeError(
        `Cannot draw latencies: each name stands once, got ${quote(name)} twice`,
      );
    }
    names.add(name);
    for (const time of milliseconds) assertTime(name, time);
  }
}

function assertTime(name: string, time: unknown): void {
  const cannot = `Cannot draw ${quoteValue(time)} in ${quote(name)}: it takes milliseconds`;
  if (typeof time !== "number") throw new TypeError(`${cannot}, got ${kindOf(time)}`);
  if (!(time >= 0 && time < Infinity)) {
    throw new RangeError(`${cannot} from 0 on, got ${time}`);
  }
}
