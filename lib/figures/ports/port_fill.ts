/**
 * How the ports of a client fill up: connections over time.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { kindOf, quoteValue } from "../../refusal.ts";
import { keyHeight, keyParts } from "../parts/_key.ts";
import {
  type Annotation,
  emptyFigure,
  INK,
  label,
  layoutOf,
  marginFor,
  MUTED,
  type Shape,
  SMALL_PX,
  titledAxis,
} from "../parts/_layout.ts";
import { assertCount, assertWords, counted, plainText } from "../parts/_words.ts";
import { type Look, PALETTE } from "../parts/palette.ts";

/** How far a run was at a moment; `fillPorts()` gives such samples. */
export interface FillPoint {
  /** Seconds since the run's beginning. */
  readonly seconds: number;
  /** How many connections the run had made. */
  readonly connections: number;
}

/** Connections that were made in one way. */
export interface FillRun {
  /** The way, at most 16 characters. */
  readonly name: string;
  /** How far the run was when; later ones are no lower. */
  readonly samples: readonly FillPoint[];
}

/** How {@linkcode plotPortFill} draws. */
export interface PlotPortFillOptions {
  /** How many ports there are: lines stand at all and at half of them. None by default. */
  readonly ports?: number;
  /** The title, at most 36 characters; "How the ports fill up" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const MAX_RUNS = 4;
const MAX_NAME = 16;
const MAX_PORTS = 65_536;
const SUBTITLE =
  "A steep line: ports are found quickly. Each run goes on where the one before ends.";
const COLUMNS = ["run", "connections", "seconds", "connections/s"] as const;

const PLOT_PX = 260;
/** From the figure's left edge, and from under the plot. */
const KEY_LEFT_PX = 14;
const KEY_TOP_PX = 52;
/** All are clients' connections, so they have one colour. */
const DASHES: readonly Look["dash"][] = ["solid", "dot", "dash", "longdashdot"];

/** A run at its place on the axes. */
interface PlacedRun {
  readonly name: string;
  readonly look: Look;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly seconds: number;
  readonly connections: number;
}

/**
 * Draws the connections that were made over the time that they took, each run behind the one before
 * it, in one colour with a dash of its own.
 *
 * No run, or runs without a sample, give a figure that says so.
 *
 * @throws {TypeError} If a name is not a string, or a number none
 * @throws {RangeError} If a name is blank, too long for a phone or there twice, samples fall, a
 * number is negative, the number of ports is no whole number from 1 to 65,536, or there are more
 * than 4 runs
 *
 * @example Quick at first, then slow
 * ```ts
 * import { plotPortFill } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotPortFill([
 *   { name: "the even ports", samples: [{ seconds: 1, connections: 100 }] },
 *   { name: "the odd ports", samples: [{ seconds: 4, connections: 100 }] },
 * ], { ports: 200 });
 * assertEquals(figure.table.columns, ["run", "connections", "seconds", "connections/s"]);
 * assertEquals(figure.table.rows, [["the even ports", 100, 1, 100], ["the odd ports", 100, 4, 25]]);
 * ```
 */
export function plotPortFill(runs: readonly FillRun[], options: PlotPortFillOptions = {}): Figure {
  const { ports, title = "How the ports fill up", subtitle = SUBTITLE } = options;
  if (ports !== undefined) assertCount(ports, { as: "draw a range of ports", most: MAX_PORTS });
  if (runs.length > 0) assertCount(runs.length, { as: "draw runs, in number", most: MAX_RUNS });
  const placed = place(runs);
  const last = placed.at(-1);
  if (last === undefined) {
    return emptyFigure({ title, subtitle }, { columns: [...COLUMNS], text: "no connection" });
  }
  const seconds = last.x.at(-1)!;
  const highest = Math.max(ports ?? 0, last.y.at(-1)!, 1);
  const entries = placed.map(({ name, look }) => ({ text: plainText(name), look }));
  const guides = ports === undefined ? [] : guidesAt(ports);
  const left = marginFor(highest);
  const key = keyParts(entries, { left: KEY_LEFT_PX - left, top: PLOT_PX + KEY_TOP_PX });
  return new Figure({
    data: placed.map(runTrace),
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: PLOT_PX,
      margin: { l: left, r: 18, b: KEY_TOP_PX + keyHeight(entries) + 14 },
      parts: {
        xaxis: titledAxis("time (s)", {
          range: [0, Math.max(seconds, 0.001) * 1.02],
          nticks: 6,
          rangemode: "tozero",
          ticks: "outside",
        }),
        yaxis: titledAxis("connections", {
          range: [0, highest * 1.1],
          nticks: 6,
          tickformat: ",d",
          rangemode: "tozero",
        }),
        shapes: [...guides.flatMap(({ shape }) => shape), ...key.shapes.map(belowPlot)],
      },
      annotations: [
        ...guides.map(({ text }) => text),
        ...key.annotations.map((each) => ({
          ...each,
          yref: "paper",
          y: 0,
          yshift: PLOT_PX - Number(each.y),
        })),
      ],
    }),
    table: new Table({
      columns: [...COLUMNS],
      rows: placed.map((run) => [
        run.name,
        run.connections,
        Math.round(run.seconds * 1000) / 1000,
        run.seconds === 0 ? undefined : Math.round(run.connections / run.seconds),
      ]),
    }),
  });
}

/** Puts each run behind the one before it. */
function place(runs: readonly FillRun[]): PlacedRun[] {
  const placed: PlacedRun[] = [];
  let [seconds, connections] = [0, 0];
  for (const { name, samples } of runs) {
    assertWords(name, { as: "name a run", most: MAX_NAME });
    if (placed.some((run) => run.name === name)) {
      throw new RangeError(
        `Cannot name a run ${quoteValue(name)}: each has a name of its own, got it twice`,
      );
    }
    assertRising(name, samples);
    const last = samples.at(-1);
    if (last === undefined) continue;
    const [from, above] = [seconds, connections];
    placed.push({
      name,
      look: { ...PALETTE.client, dash: DASHES[placed.length]! },
      x: [from, ...samples.map((sample) => from + sample.seconds)],
      y: [above, ...samples.map((sample) => above + sample.connections)],
      seconds: last.seconds,
      connections: last.connections,
    });
    seconds += last.seconds;
    connections += last.connections;
  }
  return placed;
}

function assertRising(name: string, samples: readonly FillPoint[]): void {
  for (const field of ["seconds", "connections"] as const) {
    let least = 0;
    for (const { [field]: value } of samples) {
      const refusal =
        `Cannot draw the ${field} ${quoteValue(value)} of "${name}": they begin at 0 ` +
        "and do not fall";
      if (typeof value !== "number") throw new TypeError(`${refusal}, got ${kindOf(value)}`);
      if (!(value >= least && value < Infinity)) {
        throw new RangeError(`${refusal}, got ${value} after ${least}`);
      }
      least = value;
    }
  }
}

function runTrace({ name, look, x, y }: PlacedRun): Trace {
  return {
    type: "scatter",
    mode: "lines",
    name,
    x,
    y,
    line: { color: look.color, dash: look.dash, width: 2.5 },
    hovertemplate: `%{y:,d} connections after %{x:.2f} s<extra>${plainText(name)}</extra>`,
  };
}

/** Lines across the plot at all ports and at half of them, with their numbers. */
function guidesAt(ports: number): { shape: Shape; text: Annotation }[] {
  const half = ports / 2;
  return [
    { y: ports, words: `all: ${counted(ports, "port")}` },
    { y: half, words: `half: ${half.toLocaleString("en")}` },
  ].map(({ y, words }) => ({
    shape: {
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: y,
      y1: y,
      layer: "below",
      line: { color: MUTED, width: 1, dash: "dash" },
    },
    text: label(words, {
      xref: "paper",
      x: 0,
      xanchor: "left",
      xshift: 6,
      y,
      yanchor: "bottom",
      font: { size: SMALL_PX, color: INK },
    }),
  }));
}

/** Moves a sample of the key, whose height is in px, under the plot. */
function belowPlot(shape: Shape): Shape {
  const top = PLOT_PX - Number(shape.y0);
  return { ...shape, yref: "paper", ysizemode: "pixel", yanchor: 0, y0: top, y1: top };
}
