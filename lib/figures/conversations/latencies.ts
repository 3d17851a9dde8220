/**
 * How long things took: for each way of doing them a box, and every single time as a point.
 *
 * @module
 */
import type { Figure, Layout } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import {
  check,
  checkOptions,
  flag,
  type OptionChecks,
  partOf,
  quote,
  refusal,
} from "../../refusal.ts";
import { checkNames, HEADING, itemsOf, list } from "../parts/_checks.ts";
import {
  drawFigure,
  emptyFigure,
  type Mark,
  pixelAxis,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { placeRows, type Row, rowLabels } from "../parts/_rows.ts";
import { plainText } from "../parts/_words.ts";
import { type Meaning, meaning, PALETTE } from "../parts/palette.ts";

/** The times of one way of doing something. */
export interface LatencySeries {
  /** Its name. */
  readonly name: string;
  /** The times, in milliseconds. */
  readonly milliseconds: readonly number[];
  /** What it stands for, which gives its colour; "client" by default. */
  readonly meaning?: Meaning;
}

/** How {@linkcode plotLatencies} draws. */
export interface PlotLatenciesOptions {
  /**
   * Whether each step of the axis is ten times the one before, so that a hundredth of a millisecond
   * and a second can both be seen; by default if the longest time is over 20 times the shortest.
   */
  readonly logarithmic?: boolean;
  /** The title; "How long each one took" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const LATENCIES = { cannot: "Cannot draw latencies", one: "series" };
const OPTIONS: OptionChecks<PlotLatenciesOptions> = { ...HEADING, logarithmic: flag };
/** Of more times than this, evenly chosen ones are drawn, the shortest and the longest among them. */
const MAX_POINTS = 300;
/** The step of the clock: where the axis has no zero, a shorter time is drawn as long as this. */
const SHORTEST_MS = 0.001;
const LOGARITHMIC_FROM = 20;
/** An axis from here on has ticks at powers of ten alone. */
const WIDE_RATIO = 100;

const SUBTITLE = "A point is one time. Half of all are in the box, its line is the median; ";
const OF_MANY = "90 % are between the whiskers.";
const OF_FEW = "the whiskers reach from the shortest to the longest.";
/** From so many times on, a twentieth of them at either end is a time or more. */
const MANY = 20;

const BOX_PX = 14;
/** The height of the times under a box, which are spread so that they do not hide each other. */
const POINTS_PX = 16;
const BETWEEN_PX = 4;
const AXIS_PX = 40;
/** How many numbers fit side by side on a phone. */
const MAX_TICKS = 5;

/**
 * Draws a row for each series, over one axis in milliseconds: a box from the lower to the upper
 * quartile with the median in it, whiskers from the 5th to the 95th of a hundred (of fewer than 20
 * times, from the shortest to the longest), and under it the times themselves, spread in height only
 * so that they do not hide each other.
 *
 * If there is no time at all, the figure says so.
 *
 * @param series The ways of doing something, from the top to the bottom; those without a time are
 * left out
 * @throws {TypeError} If an option is not known or of the wrong kind, a name is not a text, or a time
 * not a number
 * @throws {RangeError} If a name is there twice, or a time is negative or not finite
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
  const all = checked(series);
  checkOptions(options, OPTIONS, LATENCIES.cannot);
  const summaries = all.filter(({ milliseconds }) => milliseconds.length > 0).map(summaryOf);
  const isFew = summaries.every(({ sorted }) => sorted.length < MANY);
  const { title = "How long each one took", subtitle = SUBTITLE + (isFew ? OF_FEW : OF_MANY) } =
    options;
  const columns = [
    "way",
    "times",
    "shortest (ms)",
    "median (ms)",
    "95 % under (ms)",
    "longest (ms)",
  ];
  if (summaries.length === 0) return emptyFigure({ title, subtitle }, { columns, text: "no time" });

  const shortest = Math.max(SHORTEST_MS, Math.min(...summaries.map(({ lowest }) => lowest)));
  const longest = Math.max(shortest, ...summaries.map(({ highest }) => highest));
  const { logarithmic = longest > LOGARITHMIC_FROM * shortest } = options;
  const place = (value: number) => logarithmic ? Math.max(SHORTEST_MS, value) : value;
  const rows = placeRows(summaries, { body: BOX_PX + BETWEEN_PX + POINTS_PX });
  return drawFigure({
    heading: { title, subtitle },
    height: rows.end,
    margin: { l: 14, r: 24 },
    axes: {
      xaxis: titledAxis(logarithmic ? "milliseconds (logarithmic)" : "milliseconds", {
        ...(logarithmic ? logAxis(shortest, longest) : { range: [0, longest * 1.04], nticks: 6 }),
        ticks: "outside",
      }),
      yaxis: pixelAxis(rows.end),
    },
    marks: [
      ...rows.flatMap((row) => [box(row, place), points(row, place)]),
      rowLabels(rows, ({ name, median }) => ({ name, after: `median ${short(median)} ms` })),
    ],
    under: [space(AXIS_PX)],
    table: new Table({
      columns,
      rows: summaries.map((row) => [
        row.name,
        row.sorted.length,
        ...[row.lowest, row.median, row.late, row.highest].map(rounded),
      ]),
    }),
  });
}

/** The times of a series, sorted, and what is drawn of them. */
interface Summary {
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

/** Returns the place of a time on the axis. */
type Place = (milliseconds: number) => number;

function summaryOf({ name, milliseconds, meaning = "client" }: LatencySeries): Summary {
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

/** The value that a share of all are below, on a straight line between its two neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** The first that a share of all do not exceed: one that was measured, not a value between two. */
function ranked(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function box({ item, body }: Row<Summary>, place: Place): Mark {
  return {
    traces: [{
      type: "box",
      orientation: "h",
      name: item.name,
      y: [body + BOX_PX / 2],
      q1: [place(item.lower)],
      median: [place(item.median)],
      q3: [place(item.upper)],
      lowerfence: [place(item.early)],
      upperfence: [place(item.late)],
      width: BOX_PX,
      line: { color: item.color, width: 1.5 },
      fillcolor: `${item.color}40`,
      hoverinfo: "skip",
    }],
  };
}

function points({ item: { name, color, sorted }, bottom }: Row<Summary>, place: Place): Mark {
  const count = Math.min(MAX_POINTS, sorted.length);
  const last = sorted.length - 1;
  const times = Array.from(
    { length: count },
    (_, number) => sorted[count === 1 ? 0 : Math.round(number * last / (count - 1))]!,
  );
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: `${name}, one by one`,
      x: times.map(place),
      // The golden ratio's multiples never come close to each other's places.
      y: times.map((_, number) => bottom - POINTS_PX + (number * 0.6180339887) % 1 * POINTS_PX),
      customdata: times.map(short),
      hovertemplate: `${plainText(name)}: %{customdata} ms<extra></extra>`,
      marker: { color, size: 4, opacity: 0.5 },
    }],
  };
}

/**
 * Ticks at powers of ten; where there are few, at their doubles and fivefolds as well. The first is
 * where the axis begins.
 */
function logAxis(shortest: number, longest: number): Layout {
  const powers = Array.from({ length: 16 }, (_, index) => 10 ** (index - 5));
  const isWide = longest / shortest >= WIDE_RATIO;
  const steps = isWide ? powers : powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const begin = steps.findLast((value) => value <= shortest * (1 + 1e-9))!;
  const room = Math.log10(longest / begin) * 0.04 + 0.05;
  const range = [Math.log10(begin) - room, Math.log10(longest) + room] as const;
  const within = steps.filter((value) => value >= begin && Math.log10(value) <= range[1]);
  const step = Math.ceil(within.length / MAX_TICKS);
  const tickvals = within.filter((_, index) => index % step === 0);
  return { type: "log", range, tickvals, ticktext: tickvals.map(short), tickangle: 0 };
}

/** A number with two significant digits: 0.053, 0.5, 12, 340. */
function short(value: number): string {
  return rounded(value).toLocaleString("en", { maximumFractionDigits: 4 });
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}

function checked(series: readonly LatencySeries[]): LatencySeries[] {
  const { cannot } = LATENCIES;
  const items = itemsOf(series, LATENCIES);
  checkNames(items, LATENCIES);
  for (const { name, milliseconds, meaning: of = "client" } of items) {
    check(milliseconds, list<readonly number[]>(), { cannot, what: `the times of ${quote(name)}` });
    check(of, meaning, { cannot, what: "a meaning" });
    for (const time of milliseconds) {
      const Class = typeof time === "number" ? RangeError : TypeError;
      if (Class === RangeError && time >= 0 && time < Infinity) continue;
      const rule = "a time is a number of milliseconds from 0 on";
      throw refusal(Class, { cannot: `${cannot} of ${quote(name)}`, rule, part: partOf(time) });
    }
  }
  return items;
}
