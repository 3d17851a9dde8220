/**
 * Ports in the order in which a kernel picked them.
 *
 * @module
 */
import type { Figure, Layout } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, type OptionChecks } from "../../refusal.ts";
import { HEADING } from "../parts/_checks.ts";
import {
  atLeft,
  domainOf,
  drawFigure,
  emptyFigure,
  marginFor,
  type Mark,
  muted,
  onHover,
  SMALL_PX,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { counted, plainText, shorten } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";
import { type CheckedSeries, checkSeries, type PortSeries } from "./_port_counts.ts";

/** How {@linkcode plotPortOrder} draws. */
export interface PlotPortOrderOptions {
  /** The title; "Ports in the order of the calls" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const OPTIONS: OptionChecks<PlotPortOrderOptions> = HEADING;
const SUBTITLE = "A point is a call. Each panel has its own scale of ports. Full points are even " +
  "ports, open points are odd ports.";

/** The parts from the top to the bottom, in px. */
const HEAD_PX = 24;
const PANEL_PX = 130;
const BETWEEN_PX = 18;
const X_AXIS_PX = 44;
const NAME_LETTERS = 16;
const POINT_PX = 6;
/** So that the first and the last point of a panel are whole. */
const ROOM = 0.08;

/**
 * Draws a panel for each series: its ports upwards, in the order of the calls from left to right.
 * Each panel goes from its lowest port to its highest, so that small steps can be seen beside a series
 * that jumps about.
 *
 * If there is no port, the figure says so.
 *
 * @param series At most 3 ways of picking ports; the ports of each in the order of the calls
 * @throws {TypeError} If a port is not a number, a name is not a text, or an option is not known or of
 * the wrong kind
 * @throws {RangeError} If two names are the same, there are more than 3 series, or a port is out of
 * bounds
 *
 * @example One climbs, the other jumps
 * ```ts
 * import { plotPortOrder } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotPortOrder([
 *   { name: "connect", ports: [40000, 40002, 40006] },
 *   { name: "bind to 0", ports: [50001, 33333] },
 * ]);
 * assertEquals(figure.table.columns, ["call", "connect", "bind to 0"]);
 * assertEquals(figure.table.rows, [[1, 40000, 50001], [2, 40002, 33333], [3, 40006, undefined]]);
 * ```
 */
export function plotPortOrder(
  series: readonly PortSeries[],
  options: PlotPortOrderOptions = {},
): Figure {
  checkOptions(options, OPTIONS, "Cannot draw series of ports");
  const { title = "Ports in the order of the calls", subtitle = SUBTITLE } = options;
  const drawn = checkSeries(series);
  const calls = Math.max(0, ...drawn.map(({ ports }) => ports.length));
  const columns = ["call", ...drawn.map(({ name }) => name)];
  if (calls === 0) return emptyFigure({ title, subtitle }, { columns, text: "no port" });
  const height = panelTop(drawn.length) - BETWEEN_PX;
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(Math.max(...drawn.flatMap(({ ports }) => ports))), r: 20 },
    axes: {
      xaxis: titledAxis("call", {
        range: [0.5 - ROOM * calls / 2, calls + 0.5 + ROOM * calls / 2],
        tickvals: ticksOf(1, calls, 3),
        tickformat: "d",
        ticks: "outside",
        showgrid: false,
        anchor: axisName("y", drawn.length),
      }),
      ...Object.fromEntries(drawn.map((one, index) => panelAxis(one, index, height))),
    },
    marks: [
      ...drawn.map(points),
      ...drawn.map((one, index) => panelHead(one, 1 - panelTop(index) / height)),
    ],
    under: [space(X_AXIS_PX)],
    table: new Table({
      columns,
      rows: Array.from(
        { length: calls },
        (_, call) => [call + 1, ...drawn.map(({ ports }) => ports[call])],
      ),
    }),
  });
}

function points({ name, ports, meaning }: CheckedSeries, index: number): Mark {
  const { color } = PALETTE[meaning];
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name,
      x: ports.map((_, call) => call + 1),
      y: ports,
      marker: {
        symbol: ports.map((port) => isEven(port) ? "circle" : "circle-open"),
        size: POINT_PX,
        color,
        line: { color, width: 1.5 },
      },
      hovertemplate: `call %{x}: port %{y:d}<extra>${plainText(name)}</extra>`,
      xaxis: "x",
      yaxis: axisName("y", index + 1),
      cliponaxis: false,
    }],
  };
}

function panelTop(index: number): number {
  return index * (HEAD_PX + PANEL_PX + BETWEEN_PX);
}

function panelAxis(
  { ports }: CheckedSeries,
  index: number,
  height: number,
): [key: string, axis: Layout] {
  const top = panelTop(index) + HEAD_PX;
  const [low, high] = [Math.min(...ports), Math.max(...ports)];
  const room = Math.max(1, (high - low) * ROOM);
  const axis = titledAxis("port", {
    ...domainOf(top, top + PANEL_PX, height),
    range: ports.length === 0 ? [0, 1] : [low - room, high + room],
    tickvals: ports.length === 0 ? [] : ticksOf(low, high, 2),
    tickformat: "d",
    anchor: "x",
  });
  return [`yaxis${index === 0 ? "" : index + 1}`, axis];
}

function panelHead({ name, ports }: CheckedSeries, y: number): Mark {
  const even = ports.filter(isEven).length;
  const counts = `${counted(ports.length, "port")}: ${even} even, ${ports.length - even} odd`;
  const text = `<b>${plainText(shorten(name, NAME_LETTERS))}</b> ${muted(counts)}`;
  const place = { yref: "paper", y, yanchor: "top" };
  return {
    annotations: [
      atLeft(text, { ...place, font: { size: SMALL_PX }, ...onHover(name, NAME_LETTERS) }),
    ],
  };
}

/** The lowest number, the highest, and the whole ones at equal distances between. */
function ticksOf(low: number, high: number, distances: number): number[] {
  const ticks = Array.from(
    { length: distances + 1 },
    (_, index) => Math.round(low + (high - low) * index / distances),
  );
  return [...new Set(ticks)];
}

function isEven(port: number): boolean {
  return port % 2 === 0;
}

function axisName(letter: string, number: number): string {
  return number === 1 ? letter : `${letter}${number}`;
}
