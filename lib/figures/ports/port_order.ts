/**
 * Ports in the order in which a kernel picked them.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks, quote } from "../../refusal.ts";
import { assertPort } from "../../ports/port.ts";
import { checkNames, HEADING, itemsOf, list } from "../parts/_checks.ts";
import { drawFigure, emptyFigure, marginFor } from "../parts/_layout.ts";
import { layPanels, type Panel, POINT_PX } from "../parts/_panels.ts";
import { counted, plainText } from "../parts/_words.ts";
import { type Meaning, meaning, PALETTE } from "../parts/palette.ts";

/** Ports that were picked in one way. */
export interface PortSeries {
  /** How they were picked: "connect". */
  readonly name: string;
  /** The ports, in the order of the calls. */
  readonly ports: Iterable<number>;
  /** What they stand for, which gives the colour; client, server, UDP by default, in this order. */
  readonly meaning?: Meaning;
}

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

/** One for each series. */
const MEANINGS: readonly Meaning[] = ["client", "server", "udp"];
const SERIES = { cannot: "Cannot draw series of ports", one: "series", most: MEANINGS.length };

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
  checkOptions(options, OPTIONS, SERIES.cannot);
  const { title = "Ports in the order of the calls", subtitle = SUBTITLE } = options;
  const drawn = checkSeries(series);
  const calls = Math.max(0, ...drawn.map(({ ports }) => ports.length));
  const columns = ["call", ...drawn.map(({ name }) => name)];
  if (calls === 0) return emptyFigure({ title, subtitle }, { columns, text: "no port" });
  const { height, axes, marks, under } = layPanels(drawn.map(panelOf), ["call", {
    range: [0.5 - ROOM * calls / 2, calls + 0.5 + ROOM * calls / 2],
    tickvals: ticksOf(1, calls, 3),
    tickformat: "d",
  }]);
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(Math.max(...drawn.flatMap(({ ports }) => ports))), r: 20 },
    axes,
    marks,
    under,
    table: new Table({
      columns,
      rows: Array.from(
        { length: calls },
        (_, call) => [call + 1, ...drawn.map(({ ports }) => ports[call])],
      ),
    }),
  });
}

interface CheckedSeries {
  readonly name: string;
  readonly meaning: Meaning;
  readonly ports: readonly number[];
}

function checkSeries(given: readonly PortSeries[]): CheckedSeries[] {
  const { cannot } = SERIES;
  const series = itemsOf(given, SERIES);
  checkNames(series, SERIES);
  return series.map(({ name, ports, meaning: of }, index) => {
    const meant = of ?? MEANINGS[index]!;
    check(meant, meaning, { cannot, what: `the meaning of ${quote(name)}` });
    check(ports, list<Iterable<number>>(), { cannot, what: `the ports of ${quote(name)}` });
    const all = [...ports];
    for (const port of all) assertPort(port);
    return { name, ports: all, meaning: meant };
  });
}

function panelOf({ name, ports, meaning }: CheckedSeries): Panel {
  const { color } = PALETTE[meaning];
  const even = ports.filter(isEven).length;
  const [low, high] = [Math.min(...ports), Math.max(...ports)];
  const room = Math.max(1, (high - low) * ROOM);
  return {
    name,
    after: `${counted(ports.length, "port")}: ${even} even, ${ports.length - even} odd`,
    traces: [{
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
    }],
    yaxis: ["port", {
      range: ports.length === 0 ? [0, 1] : [low - room, high + room],
      tickvals: ports.length === 0 ? [] : ticksOf(low, high, 2),
    }],
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
