/**
 * The life of a connection: two lanes, one step a system call.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, type OptionChecks } from "../../refusal.ts";
import type { TcpState } from "../../tuples/socket_state.ts";
import { HEADING } from "../parts/_checks.ts";
import {
  type Annotation,
  drawFigure,
  emptyFigure,
  hiddenAxis,
  INK,
  label,
  type Mark,
  MUTED,
  onHover,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import { stateMarker } from "../parts/_state_style.ts";
import { plainText, shorten } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";
import {
  changesOf,
  endOf,
  type Lane,
  LANES,
  type LifeCycleArrival,
  type LifeCycleStep,
  LINE_PX,
  otherLane,
  type PlacedStep,
  placeSteps,
  type StateChange,
  TRAVEL_PX,
} from "./_life_steps.ts";

export type { Lane, LifeCycleArrival, LifeCycleStep };

/** How {@linkcode plotLifeCycle} draws. */
export interface PlotLifeCycleOptions {
  /** The title; "The life of a connection" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "Time runs down. A lane has the colour of the state that the kernel keeps.";
const COLUMNS = ["step", "lane", "call", "state", "sends", "state there"];

const OPTIONS: OptionChecks<PlotLifeCycleOptions> = HEADING;

/** The height of the names over the lanes, and the room for a call beside its lane, in px. */
const HEAD_PX = 28;
const MARGIN_PX = 116;
const LANE_PX = 8;
const BESIDE_PX = 14;
/** How much of a segment's name fits between the lanes on a phone. */
const SEGMENT_LETTERS = 10.5;

/**
 * Draws the steps of a client and a server one under the other: the calls beside the lanes, the
 * state that each socket has from then on, and an arrow for each segment that travels.
 *
 * A long call is wrapped, and a long segment shortened; the table and the hover text have all of it.
 * If there is no step, the figure says so.
 *
 * @param steps What happens, from the first to the last
 * @throws {TypeError} If a call or a segment is not a text, a lane or a state is not known, or an option
 * is not known or of the wrong kind
 *
 * @example The handshake
 * ```ts
 * import { plotLifeCycle } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotLifeCycle([
 *   { lane: "server", call: "listen()", state: "LISTEN" },
 *   { lane: "client", call: "connect()", state: "SYN_SENT", to: { segment: "SYN" } },
 *   {
 *     lane: "server",
 *     call: "the kernel answers",
 *     state: "SYN_RECV",
 *     to: { segment: "SYN, ACK", state: "ESTABLISHED" },
 *   },
 * ]);
 * assertEquals(figure.table.rows[1], [2, "client", "connect()", "SYN_SENT", "SYN", ""]);
 * ```
 */
export function plotLifeCycle(
  steps: Iterable<LifeCycleStep>,
  options: PlotLifeCycleOptions = {},
): Figure {
  const placed = placeSteps(steps);
  checkOptions(options, OPTIONS, "Cannot draw the life of a connection");
  const { title = "The life of a connection", subtitle = SUBTITLE } = options;
  if (placed.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no step" });
  }
  const bottom = endOf(placed.at(-1)!);
  const changes = changesOf(placed);
  return drawFigure({
    heading: { title, subtitle },
    height: HEAD_PX + bottom,
    margin: { l: MARGIN_PX, r: MARGIN_PX },
    axes: { xaxis: hiddenAxis(0, 1), yaxis: hiddenAxis(bottom, -HEAD_PX) },
    marks: [
      ...LANES.flatMap((lane) => {
        const own = changes.filter((change) => change.lane === lane);
        return [
          laneMark(lane, own, bottom),
          callMarks(placed.filter((step) => step.lane === lane), lane),
          stateMarks(own, lane),
        ];
      }),
      { annotations: placed.flatMap(stepLabels) },
      { annotations: placed.flatMap(arrow) },
    ],
    table: new Table({
      columns: COLUMNS,
      rows: placed.map(({ lane, call, state, to }, index) => [
        index + 1,
        lane,
        call,
        state ?? "",
        to?.segment ?? "",
        to?.state ?? "",
      ]),
    }),
  });
}

/** A lane: pale where the socket is not there yet, then in the colour of each state in turn. */
function laneMark(lane: Lane, changes: readonly StateChange[], bottom: number): Mark {
  const parts = [
    { y: -LANE_PX, color: TRACK },
    ...changes.map(({ state, y }) => ({ y, color: PALETTE[state].color })),
  ];
  return {
    shapes: parts.map(({ y, color }, index) => ({
      type: "rect",
      layer: "below",
      xref: "paper",
      xsizemode: "pixel",
      xanchor: edgeOf(lane),
      x0: -LANE_PX / 2,
      x1: LANE_PX / 2,
      y0: y,
      y1: changes[index]?.y ?? bottom,
      fillcolor: color,
      line: { width: 0 },
    })),
    annotations: [
      label(`<span style="color:${PALETTE[lane].color}">■</span> <b>${lane}</b>`, {
        x: edgeOf(lane),
        y: -HEAD_PX + 6,
        yanchor: "middle",
      }),
    ],
  };
}

/** Where a state begins, its symbol. */
function stateMarks(changes: readonly StateChange[], lane: Lane): Mark {
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: `${lane} states`,
      x: changes.map(() => edgeOf(lane)),
      y: changes.map(({ y }) => y),
      text: changes.map(({ state }) => state),
      hovertemplate: `%{text}<extra>${lane}</extra>`,
      marker: stateMarker(changes.map(({ state }) => state), 13),
      cliponaxis: false,
    }],
  };
}

/** A notch for each call that changes no state. */
function callMarks(steps: readonly PlacedStep[], lane: Lane): Mark {
  const plain = steps.filter(({ state }) => state === undefined);
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: `${lane} calls`,
      x: plain.map(() => edgeOf(lane)),
      y: plain.map(({ y }) => y),
      text: plain.map(({ call }) => plainText(call)),
      hovertemplate: `%{text}<extra>${lane}</extra>`,
      marker: { color: INK, symbol: "line-ew-open", size: 14, line: { width: 2 } },
      cliponaxis: false,
    }],
  };
}

/** The words of a step, beside its lane, and of its arrival, beside the other. */
function stepLabels({ lane, lines, state, to, y }: PlacedStep): Annotation[] {
  return [
    ...lines.map((line, index) => beside(lane, plainText(line), y + index * LINE_PX)),
    ...(state === undefined ? [] : [stateLabel(lane, state, y + lines.length * LINE_PX)]),
    ...(to?.state === undefined ? [] : [stateLabel(otherLane(lane), to.state, y + TRAVEL_PX)]),
  ];
}

function stateLabel(lane: Lane, state: TcpState, y: number): Annotation {
  return { ...beside(lane, state, y), font: { size: SMALL_PX, color: MUTED } };
}

function beside(lane: Lane, text: string, y: number): Annotation {
  const place = lane === "client"
    ? { xanchor: "right", xshift: -BESIDE_PX }
    : { xanchor: "left", xshift: BESIDE_PX };
  return label(text, {
    xref: "paper",
    x: edgeOf(lane),
    ...place,
    y,
    yanchor: "middle",
  });
}

/** The arrow of what a step sends, and its name. */
function arrow({ lane, to, y }: PlacedStep): Annotation[] {
  if (to === undefined) return [];
  return [
    {
      text: "",
      showarrow: true,
      axref: "x",
      ayref: "y",
      ax: edgeOf(lane),
      ay: y,
      x: edgeOf(otherLane(lane)),
      y: y + TRAVEL_PX,
      arrowhead: 2,
      arrowsize: 1.1,
      arrowwidth: 1.6,
      arrowcolor: PALETTE[lane].color,
      standoff: 7,
      startstandoff: 8,
    },
    label(plainText(shorten(to.segment, SEGMENT_LETTERS)), {
      ...onHover(to.segment, SEGMENT_LETTERS),
      x: 0.5,
      y: y + TRAVEL_PX / 2,
      yanchor: "middle",
      bgcolor: "#ffffff",
      borderpad: 2,
      font: { size: SMALL_PX },
    }),
  ];
}

function edgeOf(lane: Lane): 0 | 1 {
  return lane === "client" ? 0 : 1;
}
