/**
 * Numbers lent and given back over time.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { clientRows, CROSS, type Mark, marksTrace } from "./_allocation_rows.ts";
import { type AllocationStep, follow, type FollowedStep } from "./_allocations.ts";
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
import { assertCount } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

export type { AllocationStep };

/** How {@linkcode plotAllocation} draws. */
export interface PlotAllocationOptions {
  /** How many numbers there are to lend, 1 to 65536. */
  readonly capacity: number;
  /** The title, at most 36 characters; "Numbers lent over time" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const COLUMNS = ["time (s)", "client", "what", "port", "held by the client", "held by all"];
const SUBTITLE = "Above, what all clients hold. Below, each of them: ✕ is refused, ○ gives back.";

const MAX_CAPACITY = 65536;

/** The parts from the top to the bottom, in px. */
const TOTAL_PX = 150;
const BETWEEN_PX = 18;
/** Up to this capacity each number has a tick, about 20 px from the next. */
const MAX_TICKS = 6;
/** Where crosses stand, as a multiple of the capacity. */
const OVER_CAPACITY = 1.09;

/**
 * Draws how many numbers are held over time, with a line at the capacity and a cross for each
 * refusal, and under it what each client holds; a circle stands where a number comes back.
 *
 * Ten clients have a row of their own, the others are counted. No step at all gives a figure that
 * says so.
 *
 * @throws {TypeError} If a client's name is not a string
 * @throws {RangeError} If a time is not finite or before the one above it, a name is blank or too
 * long for a phone, a client gives back more than it holds, more is lent than there is, or the
 * capacity is no whole number from 1 to 65536
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
  const { capacity, title = "Numbers lent over time", subtitle = SUBTITLE } = options;
  assertCount(capacity, { as: "draw an allocation with a capacity of", most: MAX_CAPACITY });
  const followed = follow(steps, capacity);
  const [first, last] = [followed[0], followed.at(-1)];
  if (first === undefined || last === undefined) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no step" });
  }
  const margin = last.at > first.at ? (last.at - first.at) * 0.04 : 0.5;
  const end = last.at + margin;
  const rows = clientRows(followed, end);
  const height = TOTAL_PX + BETWEEN_PX + rows.height;
  return new Figure({
    data: [
      totalTrace(followed, end),
      marksTrace("refused", refusals(followed, capacity), CROSS),
      ...rows.traces,
    ],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: marginFor(capacity), r: 18, b: 48 },
      parts: {
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
        yaxis2: {
          ...domainOf(TOTAL_PX + BETWEEN_PX, height, height),
          range: [rows.height, 0],
          visible: false,
          fixedrange: true,
        },
        shapes: [{
          type: "line",
          xref: "paper",
          x0: 0,
          x1: 1,
          y0: capacity,
          y1: capacity,
          line: { color: INK, width: 1.5, dash: "dash" },
        }],
      },
      annotations: [capacityLabel(capacity), ...rows.annotations],
    }),
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

function totalTrace(steps: readonly FollowedStep[], end: number): Trace {
  return {
    type: "scatter",
    mode: "lines",
    name: "all clients",
    x: [...steps.map(({ at }) => at), end],
    y: [...steps.map(({ total }) => total), steps.at(-1)!.total],
    fill: "tozeroy",
    fillcolor: `${PALETTE.held.color}33`,
    line: { shape: "hv", color: PALETTE.held.color, width: 2 },
    hovertemplate: "%{y} held at %{x} s<extra></extra>",
  };
}

/** A mark over the capacity line for each refusal. */
function refusals(steps: readonly FollowedStep[], capacity: number): Mark[] {
  return steps.filter(({ what }) => what === "refused")
    .map(({ at, client }) => ({ at, client, y: capacity * OVER_CAPACITY }));
}

/** At the left: refusals come late, when all is lent. */
function capacityLabel(capacity: number): Annotation {
  return label(`capacity ${capacity.toLocaleString("en")}`, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    xshift: 2,
    y: capacity,
    yanchor: "bottom",
    yshift: 1,
    font: { size: SMALL_PX, color: MUTED },
  });
}
