/**
 * Which ports a kernel picks: how often each part of a range, and how often odd or even ones.
 *
 * @module
 */
import { Figure, type Layout, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { PortRange } from "../../ports/port_range.ts";
import {
  type Annotation,
  domainOf,
  emptyFigure,
  INK,
  label,
  layoutOf,
  marginFor,
  MUTED,
  SMALL_PX,
  titledAxis,
} from "../parts/_layout.ts";
import { type CountedSeries, countPorts, type PortSeries } from "./_port_counts.ts";
import { assertCount, counted, plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

export type { PortSeries };

/** How {@linkcode plotPortHistogram} draws. */
export interface PlotPortHistogramOptions {
  /** The range that the axis shows; from the lowest port to the highest by default. */
  readonly range?: PortRange;
  /** Into how many bars the range is cut; 24 by default. Each stands for as many ports. */
  readonly bars?: number;
  /** The title, at most 36 characters; "Ports that the kernel picked" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const MAX_BARS = 60;
const SUBTITLE =
  "Above, where in the range they lie. Below, how many are even (full) and odd (hatched).";

/** The parts from the top to the bottom, in px. */
const HEAD_PX = 24;
const PANEL_PX = 96;
const BETWEEN_PX = 14;
const AXIS_PX = 62;
const PARITY_ROW_PX = 46;
const PARITY_BAR_PX = 16;

/**
 * Draws a panel for each series with the ports that it got, over one axis, and under them a bar for
 * each series that tells even from odd ports.
 *
 * No port at all gives a figure that says so.
 *
 * @throws {TypeError} If a port is not a number, or a name not a string
 * @throws {RangeError} If a port is no port or outside of the range, a name or the title is blank or
 * too long for a phone, two names are the same, there are more than 3 series, or bars is no whole
 * number from 1 to 60
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
  const { title = "Ports that the kernel picked", subtitle = SUBTITLE, bars = 24 } = options;
  assertCount(bars, { as: "cut a range into bars", most: MAX_BARS });
  const found = countPorts(series, { range: options.range, bars });
  if (found === undefined) {
    return emptyFigure({ title, subtitle }, { columns: ["ports"], text: "no port" });
  }
  const { range, bins } = found;
  const count = found.series.length;

  const height = panelTop(count) - BETWEEN_PX + AXIS_PX + count * PARITY_ROW_PX;
  const highest = Math.max(1, ...found.series.flatMap(({ counts }) => counts));
  const parity = axisName("y", count + 1);
  return new Figure({
    data: [
      ...found.series.map((one, index) => panelTrace(one, bins, index)),
      ...parityTraces(found.series, parity),
    ],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: marginFor(highest), r: 20, b: 50 },
      parts: {
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
          ...domainOf(height - count * PARITY_ROW_PX, height, height),
          range: [count * PARITY_ROW_PX, 0],
          visible: false,
          fixedrange: true,
          anchor: "x2",
        },
      },
      annotations: found.series.flatMap((one, index) => [
        heading(one.name, counted(one.total, "port"), 1 - panelTop(index) / height),
        heading(
          one.name,
          `${one.even} even, ${one.odd} odd`,
          (count - index) * PARITY_ROW_PX / height,
        ),
      ]),
    }),
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

function panelTrace(one: CountedSeries, bins: readonly PortRange[], index: number): Trace {
  return {
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
  };
}

/** Even ports as a full bar, odd ones as a hatched bar beside it. */
function parityTraces(series: readonly CountedSeries[], yaxis: string): Trace[] {
  const colors = series.map(({ meaning }) => PALETTE[meaning].color);
  const share = (count: number, { total }: CountedSeries) => total === 0 ? 0 : 100 * count / total;
  const bar = {
    type: "bar",
    orientation: "h",
    y: series.map((_, index) => (index + 1) * PARITY_ROW_PX - PARITY_BAR_PX),
    width: PARITY_BAR_PX,
    xaxis: "x2",
    yaxis,
    textposition: "none",
  };
  return [
    {
      ...bar,
      name: "even",
      x: series.map((one) => share(one.even, one)),
      text: series.map(({ even }) => even),
      hovertemplate: "%{text} even<extra></extra>",
      marker: { color: colors, line: { color: colors, width: 1 } },
    },
    {
      ...bar,
      name: "odd",
      x: series.map((one) => share(one.odd, one)),
      text: series.map(({ odd }) => odd),
      hovertemplate: "%{text} odd<extra></extra>",
      marker: {
        color: "#ffffff",
        line: { color: colors, width: 1 },
        pattern: { shape: "/", fgcolor: colors, bgcolor: "#ffffff", size: 7, solidity: 0.35 },
      },
    },
  ];
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

function heading(name: string, text: string, y: number): Annotation {
  return label(`<b>${plainText(name)}</b> <span style="color:${MUTED}">${text}</span>`, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    yref: "paper",
    y,
    yanchor: "top",
    font: { size: SMALL_PX, color: INK },
  });
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
