/**
 * How the ports of a client fill up: connections over time.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import {
  check,
  checkOptions,
  type OptionChecks,
  partOf,
  quote,
  refusal,
  wholeNumber,
} from "../../refusal.ts";
import { checkNames, HEADING, itemsOf, list } from "../parts/_checks.ts";
import { lineKey } from "../parts/_key.ts";
import {
  atLeft,
  drawFigure,
  emptyFigure,
  marginFor,
  type Mark,
  MUTED,
  SMALL_PX,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { counted, plainText } from "../parts/_words.ts";
import { type MarkStyle, PALETTE } from "../parts/palette.ts";

/** How far a run was at a moment; `fillPorts()` gives such samples. */
export interface FillPoint {
  /** Seconds since the run's beginning. */
  readonly seconds: number;
  /** How many connections the run had made. */
  readonly connections: number;
}

/** Connections that were made in one way. */
export interface FillRun {
  /** The way. */
  readonly name: string;
  /** How far the run was when; later ones are no lower. */
  readonly samples: readonly FillPoint[];
}

/** How {@linkcode plotPortFill} draws. */
export interface PlotPortFillOptions {
  /** How many ports there are: lines show all and half of them. No lines by default. */
  readonly ports?: number;
  /** The title; "How the ports fill up" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const RUNS = { cannot: "Cannot draw runs", one: "run", most: 4 };
const OPTIONS: OptionChecks<PlotPortFillOptions> = {
  ...HEADING,
  ports: wholeNumber({ least: 1, most: 65_536 }),
};
const SUBTITLE =
  "A steep line: ports are found quickly. Each run begins where the one before ends.";
const COLUMNS = ["run", "connections", "seconds", "connections/s"] as const;

const PLOT_PX = 260;
const AXIS_PX = 46;
/** All are clients' connections, so they have one colour. */
const DASHES: readonly MarkStyle["dash"][] = ["solid", "dot", "dash", "longdashdot"];

/** A run at its place on the axes. */
interface PlacedRun {
  readonly name: string;
  readonly style: MarkStyle;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly seconds: number;
  readonly connections: number;
}

/**
 * Draws the connections that were made over the time that they took, each run after the one before
 * it, in one colour with a dash of its own.
 *
 * If there is no run, or no run has a sample, the figure says so.
 *
 * @param runs At most 4, in the order in which they were made
 * @throws {TypeError} If a name is not a text, a number is not one, or an option is not known or of the
 * wrong kind
 * @throws {RangeError} If a name is there twice, samples fall, a number is negative, the number of
 * ports is not a whole number from 1 to 65,536, or there are more than 4 runs
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
  const placed = place(runs);
  checkOptions(options, OPTIONS, RUNS.cannot);
  const { ports, title = "How the ports fill up", subtitle = SUBTITLE } = options;
  const last = placed.at(-1);
  if (last === undefined) {
    return emptyFigure({ title, subtitle }, { columns: [...COLUMNS], text: "no connection" });
  }
  const seconds = last.x.at(-1)!;
  const highest = Math.max(ports ?? 0, last.y.at(-1)!, 1);
  return drawFigure({
    heading: { title, subtitle },
    height: PLOT_PX,
    margin: { l: marginFor(highest), r: 18 },
    axes: {
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
    },
    marks: [
      ...(ports === undefined ? [] : [
        guide(ports, `all: ${counted(ports, "port")}`),
        guide(ports / 2, `half: ${(ports / 2).toLocaleString("en")}`),
      ]),
      ...placed.map(runLine),
    ],
    under: [
      space(AXIS_PX),
      lineKey(placed.map(({ name, style }) => ({ text: name, style }))),
    ],
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

/** Puts each run after the one before it. */
function place(given: readonly FillRun[]): PlacedRun[] {
  const runs = itemsOf(given, RUNS);
  checkNames(runs, RUNS);
  const placed: PlacedRun[] = [];
  let [seconds, connections] = [0, 0];
  for (const { name, samples } of runs) {
    check(samples, list<readonly FillPoint[]>(), {
      cannot: RUNS.cannot,
      what: `the samples of ${quote(name)}`,
    });
    checkRising(name, samples);
    const last = samples.at(-1);
    if (last === undefined) continue;
    const [from, above] = [seconds, connections];
    placed.push({
      name,
      style: { ...PALETTE.client, dash: DASHES[placed.length]! },
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

function checkRising(name: string, samples: readonly FillPoint[]): void {
  for (const field of ["seconds", "connections"] as const) {
    let least = 0;
    for (const { [field]: value } of samples) {
      if (typeof value === "number" && value >= least && value < Infinity) {
        least = value;
        continue;
      }
      throw refusal(typeof value === "number" ? RangeError : TypeError, {
        cannot: `Cannot draw the run ${quote(name)}`,
        rule: `its ${field} are numbers that begin at 0 and do not fall`,
        part: `${partOf(value)} after ${least}`,
      });
    }
  }
}

function runLine({ name, style, x, y }: PlacedRun): Mark {
  return {
    traces: [{
      type: "scatter",
      mode: "lines",
      name,
      x,
      y,
      line: { color: style.color, dash: style.dash, width: 2.5 },
      hovertemplate: `%{y:,d} connections after %{x:.2f} s<extra>${plainText(name)}</extra>`,
    }],
  };
}

/** A line across the plot, with its number. */
function guide(y: number, text: string): Mark {
  return {
    shapes: [{
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: y,
      y1: y,
      layer: "below",
      line: { color: MUTED, width: 1, dash: "dash" },
    }],
    annotations: [atLeft(text, { xshift: 6, y, yanchor: "bottom", font: { size: SMALL_PX } })],
  };
}
