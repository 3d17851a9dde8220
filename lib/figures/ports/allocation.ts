/**
 * Numbers allocated and released over time.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { HEADING } from "../parts/_checks.ts";
import {
  atLeft,
  domainOf,
  drawFigure,
  emptyFigure,
  INK,
  marginFor,
  type Mark,
  moreLine,
  MUTED,
  pixelAxis,
  SMALL_PX,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { placeRows, type Row, rowLabels, type Rows } from "../parts/_rows.ts";
import { plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";
import { type AllocationStep, follow, type FollowedStep, stretchesOf } from "./_allocations.ts";

export type { AllocationStep };

/** How {@linkcode plotAllocation} draws. */
export interface PlotAllocationOptions {
  /** How many numbers there are to allocate, 1 to 65,536. */
  readonly capacity: number;
  /** The title; "Numbers held over time" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const COLUMNS = ["time (s)", "client", "what", "port", "held by the client", "held by all"];
const SUBTITLE = "Above, what all clients hold. Below, each of them: ✕ is refused, ○ releases.";

const CANNOT = "Cannot draw an allocation";
const CAPACITY = wholeNumber({ least: 1, most: 65_536 });
const OPTIONS: OptionChecks<PlotAllocationOptions> = { ...HEADING, capacity: CAPACITY };

/** The parts from the top to the bottom, in px. */
const TOTAL_PX = 150;
const BETWEEN_PX = 18;
const AXIS_PX = 42;
const BAR_PX = 14;
const ROW = { words: 17, body: BAR_PX, gap: 12 };
/** With more clients the figure is longer than a screen. */
const MAX_ROWS = 10;
/** Up to this capacity each number has a tick, about 20 px from the next. */
const MAX_TICKS = 6;
/** How high the crosses are over the capacity. */
const OVER_CAPACITY = 1.09;

const CROSS = {
  symbol: PALETTE.refused.symbol,
  color: PALETTE.refused.color,
  size: 9,
  opacity: 1,
};
/** On a bar, with a rim that parts it from the bar. */
const CROSS_ON_BAR = { ...CROSS, line: { color: "#ffffff", width: 1 } };
const CIRCLE = {
  symbol: "circle",
  color: "#ffffff",
  size: 8,
  opacity: 1,
  line: { color: PALETTE.held.color, width: 2 },
};

/** A client and its steps. */
interface Client {
  readonly name: string;
  readonly steps: readonly FollowedStep[];
}

/** A symbol in a plot. */
interface Point {
  readonly at: number;
  readonly client: string;
  readonly y: number;
}

/**
 * Draws how many numbers are held over time, with a line at the capacity and a cross for each
 * refusal, and under it what each client holds, with a circle where it releases a number.
 *
 * Ten clients have a row of their own, the others are counted. If there is no step, the figure says
 * so.
 *
 * @param steps What happened, from the first to the last
 * @throws {TypeError} If a step is not one, or an option is missing, not known or of the wrong kind
 * @throws {RangeError} If a time is not finite or before the one above it, a client releases more than
 * it holds, more is held than there is, or the capacity is not a whole number from 1 to 65,536
 *
 * @example Two numbers, three clients
 * ```ts
 * import { plotAllocation } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotAllocation([
 *   { at: 0, client: "A", what: "allocated", port: 6000 },
 *   { at: 1, client: "B", what: "allocated", port: 6001 },
 *   { at: 2, client: "C", what: "refused" },
 *   { at: 3, client: "A", what: "released", port: 6000 },
 * ], { capacity: 2 });
 * assertEquals(figure.table.rows.map((row) => row.at(-1)), [1, 2, 2, 1]);
 * ```
 */
export function plotAllocation(
  steps: Iterable<AllocationStep>,
  options: PlotAllocationOptions,
): Figure {
  checkOptions(options, OPTIONS, CANNOT);
  const { capacity, title = "Numbers held over time", subtitle = SUBTITLE } = options;
  check(capacity, CAPACITY, { cannot: CANNOT, what: "the capacity" });
  const followed = follow(steps, capacity);
  const [first, last] = [followed[0], followed.at(-1)];
  if (first === undefined || last === undefined) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no step" });
  }
  const margin = last.at > first.at ? (last.at - first.at) * 0.04 : 0.5;
  const end = last.at + margin;
  const clients = [...Map.groupBy(followed, ({ client }) => client)]
    .map(([name, steps]): Client => ({ name, steps }));
  const rows = placeRows(clients.slice(0, MAX_ROWS), ROW);
  const height = TOTAL_PX + BETWEEN_PX + rows.end;
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(capacity), r: 18 },
    axes: {
      xaxis: titledAxis("time (s)", {
        range: [first.at - margin, end],
        ticks: "outside",
        showline: true,
        nticks: 6,
        anchor: "y2",
      }),
      yaxis: titledAxis("numbers held", {
        ...domainOf(0, TOTAL_PX, height),
        range: [0, capacity * 1.18],
        tickvals: ticksOf(capacity),
        tickformat: "d",
        zeroline: true,
        zerolinecolor: MUTED,
      }),
      yaxis2: { ...domainOf(TOTAL_PX + BETWEEN_PX, height, height), ...pixelAxis(rows.end) },
    },
    marks: [
      totalLine(followed, end),
      capacityLine(capacity),
      points("refused", refusals(followed, capacity), CROSS),
      ...clientMarks(rows, end),
    ],
    under: [space(AXIS_PX), moreLine(clients.length - rows.length, "client")],
    table: new Table({
      columns: COLUMNS,
      rows: followed.map(({ at, client, what, port, held, total }) => [
        Math.round(at * 1000) / 1000,
        client,
        what,
        port,
        held,
        total,
      ]),
    }),
  });
}

/** Every number where there is room for it, or else the half and the whole. */
function ticksOf(capacity: number): number[] {
  if (capacity > MAX_TICKS) return [0, Math.round(capacity / 2), capacity];
  return Array.from({ length: capacity + 1 }, (_, held) => held);
}

function totalLine(steps: readonly FollowedStep[], end: number): Mark {
  return {
    traces: [{
      type: "scatter",
      mode: "lines",
      name: "all clients",
      x: [...steps.map(({ at }) => at), end],
      y: [...steps.map(({ total }) => total), steps.at(-1)!.total],
      fill: "tozeroy",
      fillcolor: `${PALETTE.held.color}33`,
      line: { shape: "hv", color: PALETTE.held.color, width: 2 },
      hovertemplate: "%{y} held at %{x} s<extra></extra>",
    }],
  };
}

/** Labelled at the left: refusals come late, when all numbers are held. */
function capacityLine(capacity: number): Mark {
  return {
    shapes: [{
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: capacity,
      y1: capacity,
      line: { color: INK, width: 1.5, dash: "dash" },
    }],
    annotations: [
      atLeft(`capacity ${capacity.toLocaleString("en")}`, {
        xshift: 2,
        y: capacity,
        yanchor: "bottom",
        yshift: 1,
        font: { size: SMALL_PX, color: MUTED },
      }),
    ],
  };
}

/** A point over the capacity line for each refusal. */
function refusals(steps: readonly FollowedStep[], capacity: number): Point[] {
  return steps.filter(({ what }) => what === "refused")
    .map(({ at, client }) => ({ at, client, y: capacity * OVER_CAPACITY }));
}

/** A row for each client: what it holds, where it was refused and where it releases. */
function clientMarks(rows: Rows<Client>, end: number): Mark[] {
  const most = Math.max(1, ...rows.flatMap(({ item }) => item.steps.map(({ held }) => held)));
  // The most that a client ever holds fills its row.
  const unit = BAR_PX / most;
  const onRows = { yaxis: "y2" };
  return [
    heldBoxes(rows, unit, end),
    points("refused", rowPointsOf(rows, "refused", BAR_PX / 2), CROSS_ON_BAR, onRows),
    points("released", rowPointsOf(rows, "released", unit / 2), CIRCLE, onRows),
    rowLabels(rows, ({ name }) => ({ name }), { yref: "y2" }),
  ];
}

function heldBoxes(rows: Rows<Client>, unit: number, end: number): Mark {
  const boxes = rows.flatMap(({ item, bottom }) =>
    stretchesOf(item.steps, end).map(({ from, to, held }) => ({
      x: [from, to, to, from, from],
      y: [bottom, bottom, bottom - unit * held, bottom - unit * held, bottom],
    }))
  );
  return {
    traces: [{
      type: "scatter",
      mode: "lines",
      name: "each client",
      x: boxes.flatMap(({ x }) => [...x, null]),
      y: boxes.flatMap(({ y }) => [...y, null]),
      fill: "toself",
      fillcolor: PALETTE.held.color,
      line: { width: 0 },
      hoverinfo: "skip",
      yaxis: "y2",
    }],
  };
}

function rowPointsOf(
  rows: readonly Row<Client>[],
  what: AllocationStep["what"],
  up: number,
): Point[] {
  return rows.flatMap(({ item: { name, steps }, bottom }) =>
    steps.filter((step) => step.what === what)
      .map(({ at }) => ({ at, client: name, y: bottom - up }))
  );
}

/** Draws points; `what` is the word that is shown on hover. */
function points(
  what: string,
  points: readonly Point[],
  marker: Readonly<Record<string, unknown>>,
  parts: Readonly<Record<string, unknown>> = {},
): Mark {
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: what,
      x: points.map(({ at }) => at),
      y: points.map(({ y }) => y),
      text: points.map(({ client }) => plainText(client)),
      hovertemplate: `%{text}: ${what} at %{x} s<extra></extra>`,
      cliponaxis: false,
      marker,
      ...parts,
    }],
  };
}
