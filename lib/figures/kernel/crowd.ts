/**
 * What a server's connections cost, against their number.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, type OptionChecks, partOf, refusal } from "../../refusal.ts";
import { HEADING, itemsOf } from "../parts/_checks.ts";
import {
  atLeft,
  domainOf,
  drawFigure,
  emptyFigure,
  marginFor,
  type Mark,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { PALETTE } from "../parts/palette.ts";

/** A server with so many connections; a `Crowd` has such samples. */
export interface CrowdPoint {
  /** How many connections it has. */
  readonly connections: number;
  /** The memory of its process, in bytes. */
  readonly memory: number;
  /** How many descriptors its process has open. */
  readonly descriptors: number;
  /** How long the kernel's table of the connections takes to read, in milliseconds. */
  readonly tableTime: number;
}

/** How {@linkcode plotCrowd} draws. */
export interface PlotCrowdOptions {
  /** The title; "What clients cost a server" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SAMPLES = { cannot: "Cannot draw a crowd", one: "sample" };
const OPTIONS: OptionChecks<PlotCrowdOptions> = HEADING;
const SUBTITLE = "A point is one sample. All three have the same axis below, and begin at 0.";
const PANEL_PX = 96;
/** Between two panels: the name of the lower one. */
const NAME_PX = 30;
const AXIS_PX = 46;

interface Panel {
  readonly name: string;
  /** The format of the axis; plotly's own by default. */
  readonly format?: string;
  readonly hover: string;
  readonly value: (point: CrowdPoint) => number;
}

const PANELS: readonly Panel[] = [
  {
    name: "memory of the server's process (MB)",
    hover: "%{y:.0f} MB",
    value: ({ memory }) => memory / 1e6,
  },
  {
    name: "open descriptors of the server",
    format: ",d",
    hover: "%{y:,d} descriptors",
    value: ({ descriptors }) => descriptors,
  },
  {
    name: "reading the kernel's table (ms)",
    hover: "%{y:.2~f} ms",
    value: ({ tableTime }) => tableTime,
  },
];
const COLUMNS = ["connections", "memory (MB)", "descriptors", "reading the table (ms)"];

/**
 * Draws three panels, one below the other, over the number of connections: the memory of the server's
 * process, its descriptors, and the time to read the kernel's table. If there is no sample, the
 * figure says so.
 *
 * @param samples The samples, in any order
 * @throws {TypeError} If a sample has something that is not a number, or an option is not known or of
 * the wrong kind
 * @throws {RangeError} If a number is negative or not finite
 *
 * @example A descriptor for each connection
 * ```ts
 * import { plotCrowd } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotCrowd([
 *   { connections: 0, memory: 60_000_000, descriptors: 20, tableTime: 0.1 },
 *   { connections: 1000, memory: 64_000_000, descriptors: 1020, tableTime: 2 },
 * ]);
 * assertEquals(figure.table.rows, [[0, 60, 20, 0.1], [1000, 64, 1020, 2]]);
 * ```
 */
export function plotCrowd(
  samples: Iterable<CrowdPoint>,
  options: PlotCrowdOptions = {},
): Figure {
  const points = checked(samples);
  checkOptions(options, OPTIONS, SAMPLES.cannot);
  const { title = "What clients cost a server", subtitle = SUBTITLE } = options;
  if (points.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no sample" });
  }
  const height = PANELS.length * (NAME_PX + PANEL_PX);
  const most = Math.max(1, ...points.map(({ connections }) => connections));
  const highest = PANELS.map(({ value }) => Math.max(...points.map(value)));
  const yAxes = PANELS.map(({ format }, index) => {
    const top = index * (NAME_PX + PANEL_PX) + NAME_PX;
    const axis = titledAxis("", {
      ...domainOf(top, top + PANEL_PX, height),
      range: [0, (highest[index]! || 1) * 1.15],
      nticks: 4,
      rangemode: "tozero",
      ...(format === undefined ? {} : { tickformat: format }),
    });
    return [axisName("yaxis", index), axis] as const;
  });
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(Math.max(...highest)), r: 24 },
    axes: {
      xaxis: titledAxis("connections at the same time", {
        range: [0, most * 1.04],
        nticks: 5,
        tickformat: ",d",
        rangemode: "tozero",
        ticks: "outside",
        anchor: axisName("y", PANELS.length - 1),
      }),
      ...Object.fromEntries(yAxes),
    },
    marks: PANELS.map((panel, index) => panelMark(panel, { index, height, points })),
    under: [space(AXIS_PX)],
    table: new Table({
      columns: COLUMNS,
      rows: points.map(({ connections, memory, descriptors, tableTime }) => [
        connections,
        Math.round(memory / 1e6),
        descriptors,
        Number(tableTime.toPrecision(2)),
      ]),
    }),
  });
}

/** Plotly's first axis has no number. */
function axisName(name: string, index: number): string {
  return index === 0 ? name : `${name}${index + 1}`;
}

function panelMark(
  { name, hover, value }: Panel,
  { index, height, points }: {
    readonly index: number;
    readonly height: number;
    readonly points: readonly CrowdPoint[];
  },
): Mark {
  const top = index * (NAME_PX + PANEL_PX);
  const { color } = PALETTE.server;
  return {
    traces: [{
      type: "scatter",
      mode: "lines+markers",
      name,
      x: points.map(({ connections }) => connections),
      y: points.map(value),
      yaxis: axisName("y", index),
      line: { color, width: 2 },
      marker: { color, size: 6 },
      hovertemplate: `%{x:,d} connections: ${hover}<extra></extra>`,
      cliponaxis: false,
    }],
    annotations: [
      atLeft(name, {
        yref: "paper",
        y: 1 - (top + NAME_PX) / height,
        yanchor: "bottom",
        yshift: 3,
      }),
    ],
  };
}

function checked(samples: Iterable<CrowdPoint>): CrowdPoint[] {
  const points = itemsOf(samples, SAMPLES);
  for (const { connections, memory, descriptors, tableTime } of points) {
    for (const value of [connections, memory, descriptors, tableTime]) {
      if (typeof value === "number" && value >= 0 && value < Infinity) continue;
      throw refusal(typeof value === "number" ? RangeError : TypeError, {
        cannot: SAMPLES.cannot,
        rule: "a sample has numbers from 0 on",
        part: partOf(value),
      });
    }
  }
  return points.sort((one, other) => one.connections - other.connections);
}
