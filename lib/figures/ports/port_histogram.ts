/**
 * Which ports a kernel picks: how often each part of a range, and how often odd or even ones.
 *
 * @module
 */
import type { Figure, Layout } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, instanceOf, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { PortRange } from "../../ports/port_range.ts";
import { HEADING } from "../parts/_checks.ts";
import {
  atLeft,
  domainOf,
  drawFigure,
  emptyFigure,
  marginFor,
  type Mark,
  MUTED,
  muted,
  onHover,
  pixelAxis,
  SMALL_PX,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { placeRows, rowBars, rowLabels, type Rows } from "../parts/_rows.ts";
import { counted, plainText, shorten } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";
import { type CountedSeries, countPorts, type PortSeries } from "./_port_counts.ts";

export type { PortSeries };

/** How {@linkcode plotPortHistogram} draws. */
export interface PlotPortHistogramOptions {
  /** The range that the axis shows; from the lowest port to the highest by default. */
  readonly range?: PortRange;
  /** How many bars there are, 1 to 60, each for the same number of ports; 24 by default. */
  readonly bars?: number;
  /** The title; "Ports that the kernel picked" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const OPTIONS: OptionChecks<PlotPortHistogramOptions> = {
  ...HEADING,
  range: instanceOf(PortRange, "a PortRange"),
  bars: wholeNumber({ least: 1, most: 60 }),
};
const SUBTITLE =
  "Above, where in the range they are. Below, how many are even (full) and odd (hatched).";

/** The parts from the top to the bottom, in px. */
const HEAD_PX = 24;
const PANEL_PX = 96;
const BETWEEN_PX = 14;
const AXIS_PX = 62;
const X_AXIS_PX = 44;
const PARITY_ROW = { words: 22, body: 16, gap: 8 };
const NAME_LETTERS = 16;

/**
 * Draws a panel for each series with the ports that it got, over one axis, and under them a bar for
 * each series that tells even from odd ports.
 *
 * If there is no port, the figure says so.
 *
 * @param series At most 3 ways of picking ports
 * @throws {TypeError} If a port is not a number, a name is not a text, or an option is not known or of
 * the wrong kind
 * @throws {RangeError} If a port is outside of the range, two names are the same, there are more than 3
 * series, or bars is not a whole number from 1 to 60
 *
 * @example A kernel that gives even ports to connect
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { plotPortHistogram } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotPortHistogram(
 *   [{ name: "connect", ports: [40000, 40002, 40950] }, { name: "bind(0)", ports: [40001] }],
 *   { range: PortRange.from(40000, 40999), bars: 2 },
 * );
 * assertEquals(figure.table.columns, ["ports", "connect", "bind(0)"]);
 * assertEquals(figure.table.rows, [
 *   ["40000-40499", 2, 1],
 *   ["40500-40999", 1, 0],
 *   ["even", 3, 0],
 *   ["odd", 0, 1],
 * ]);
 * ```
 */
export function plotPortHistogram(
  series: readonly PortSeries[],
  options: PlotPortHistogramOptions = {},
): Figure {
  checkOptions(options, OPTIONS, "Cannot draw series of ports");
  const { title = "Ports that the kernel picked", subtitle = SUBTITLE, bars = 24 } = options;
  const found = countPorts(series, { range: options.range, bars });
  if (found === undefined) {
    return emptyFigure({ title, subtitle }, { columns: ["ports"], text: "no port" });
  }
  const { range, bins } = found;
  const count = found.series.length;

  const rows = placeRows(found.series, PARITY_ROW);
  const rowsTop = panelTop(count) - BETWEEN_PX + AXIS_PX;
  const height = rowsTop + rows.end;
  const highest = Math.max(1, ...found.series.flatMap(({ counts }) => counts));
  const parity = axisName("y", count + 1);
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(highest), r: 20 },
    axes: {
      bargap: 0,
      barmode: "stack",
      xaxis: titledAxis(`port (a bar: ${counted(bins[0]!.size, "port")})`, {
        range: [range.first - 0.5, range.last + 0.5],
        tickvals: ticksOf(range),
        tickformat: "d",
        ticks: "outside",
        showgrid: false,
        anchor: axisName("y", count),
      }),
      ...panelAxes(count, highest, height),
      xaxis2: titledAxis("share of the ports (%)", {
        range: [0, 100],
        tickvals: [0, 25, 50, 75, 100],
        ticks: "outside",
        showgrid: false,
        anchor: parity,
      }),
      [axisKey("y", count + 1)]: {
        ...domainOf(rowsTop, height, height),
        ...pixelAxis(rows.end),
        anchor: "x2",
      },
    },
    marks: [
      ...found.series.map((one, index) => panel(one, bins, index)),
      ...found.series.map((one, index) => panelHead(one, 1 - panelTop(index) / height)),
      ...parityBars(rows, parity),
      rowLabels(
        rows,
        ({ name, even, odd }) => ({
          name,
          letters: NAME_LETTERS,
          after: `${even} even, ${odd} odd`,
        }),
        { yref: parity },
      ),
    ],
    under: [space(X_AXIS_PX)],
    table: new Table({
      columns: ["ports", ...found.series.map(({ name }) => name)],
      rows: [
        ...bins.map((bin, index) => [
          String(bin),
          ...found.series.map(({ counts }) => counts[index]!),
        ]),
        ["even", ...found.series.map(({ even }) => even)],
        ["odd", ...found.series.map(({ odd }) => odd)],
      ],
    }),
  });
}

function panel(one: CountedSeries, bins: readonly PortRange[], index: number): Mark {
  return {
    traces: [{
      type: "bar",
      name: one.name,
      x: bins.map(({ first, last }) => (first + last) / 2),
      width: bins.map(({ size }) => size),
      y: one.counts,
      text: bins.map(String),
      textposition: "none",
      hovertemplate: `ports %{text}: %{y}<extra>${plainText(one.name)}</extra>`,
      xaxis: "x",
      yaxis: axisName("y", index + 1),
      marker: { color: PALETTE[one.meaning].color, line: { color: "#ffffff", width: 1 } },
    }],
  };
}

/** Even ports as a full bar, odd ones as a hatched bar beside it. */
function parityBars(rows: Rows<CountedSeries>, yaxis: string): Mark[] {
  const colors = rows.map(({ item }) => PALETTE[item.meaning].color);
  const markers = {
    even: { color: colors, line: { color: colors, width: 1 } },
    odd: {
      color: "#ffffff",
      line: { color: colors, width: 1 },
      pattern: { shape: "/", fgcolor: colors, bgcolor: "#ffffff", size: 7, solidity: 0.35 },
    },
  };
  return (["even", "odd"] as const).map((name) =>
    rowBars(rows, {
      length: (one) => one.total === 0 ? 0 : 100 * one[name] / one.total,
      color: "#ffffff",
      hover: (one) => `${one.name}: ${one[name]} ${name}`,
      trace: { name, xaxis: "x2", yaxis, marker: markers[name] },
    })
  );
}

function panelTop(index: number): number {
  return index * (HEAD_PX + PANEL_PX + BETWEEN_PX);
}

/** One axis a panel, all of one scale; `height` is the plot's, in px. */
function panelAxes(count: number, highest: number, height: number): Layout {
  const axes: Record<string, Layout> = {};
  for (let index = 0; index < count; index++) {
    const top = panelTop(index) + HEAD_PX;
    axes[axisKey("y", index + 1)] = titledAxis("ports", {
      ...domainOf(top, top + PANEL_PX, height),
      range: [0, highest * 1.05],
      tickvals: countTicks(highest),
      tickformat: "d",
      zeroline: true,
      zerolinecolor: MUTED,
      anchor: "x",
    });
  }
  return axes;
}

function panelHead({ name, total }: CountedSeries, y: number): Mark {
  const text = `<b>${plainText(shorten(name, NAME_LETTERS))}</b> ${muted(counted(total, "port"))}`;
  const place = { yref: "paper", y, yanchor: "top" };
  return {
    annotations: [
      atLeft(text, { ...place, font: { size: SMALL_PX }, ...onHover(name, NAME_LETTERS) }),
    ],
  };
}

/** Zero and at most three numbers above it, 1, 2 or 5 times a power of ten apart. */
function countTicks(highest: number): number[] {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(highest)) - 1);
  const step = [1, 2, 5, 10, 20, 50].map((factor) => factor * power)
    .find((step) => highest / step < 4)!;
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step);
}

/** Both ends of a range, and a round port near each third. */
function ticksOf({ first, last, size }: PortRange): number[] {
  const round = Math.max(1, 10 ** Math.floor(Math.log10(size / 10)));
  const thirds = [1, 2].map((third) =>
    Math.round((first + (last - first) * third / 3) / round) * round
  );
  return [...new Set([first, ...thirds, last])];
}

function axisName(letter: string, number: number): string {
  return number === 1 ? letter : `${letter}${number}`;
}

function axisKey(letter: string, number: number): string {
  return `${letter}axis${number === 1 ? "" : number}`;
}
