/** Two lanes, drawn: the states on them, the calls beside them and the arrows between them. */
import type { Trace } from "../../show/figure.ts";
import type { TcpState } from "../../tuples/socket_state.ts";
import {
  type Annotation,
  INK,
  label,
  LABEL_PX,
  MUTED,
  type Shape,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import {
  type Lane,
  LINE_PX,
  otherLane,
  type PlacedStep,
  type StateChange,
  TRAVEL_PX,
} from "./_life_steps.ts";
import { plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

/** The height of the names over the lanes, in px. */
export const HEAD_PX = 28;
/** Room for a call beside its lane, in px. */
export const MARGIN_PX = 116;

const LANE_PX = 8;
const BESIDE_PX = 14;

/** A lane: pale where the socket is not there yet, then in the colour of each state in turn. */
export function laneShapes(lane: Lane, changes: readonly StateChange[], bottom: number): Shape[] {
  return [
    { y: -LANE_PX, color: TRACK },
    ...changes.map(({ state, y }) => ({
      y,
      color: PALETTE[state].color,
    })),
  ].map(({ y, color }, index) => ({
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
  }));
}

/** Where a state begins, its symbol; an open one is white inside. */
export function stateTrace(changes: readonly StateChange[], lane: Lane): Trace {
  const looks = changes.map(({ state }) => PALETTE[state]);
  const isOpen = looks.map(({ symbol }) => symbol.endsWith("-open"));
  return {
    type: "scatter",
    mode: "markers",
    name: `${lane} states`,
    x: changes.map(() => edgeOf(lane)),
    y: changes.map(({ y }) => y),
    text: changes.map(({ state }) => state),
    hovertemplate: `%{text}<extra>${lane}</extra>`,
    marker: {
      symbol: looks.map(({ symbol }) => symbol.replace("-open", "")),
      color: looks.map(({ color }, index) => isOpen[index] ? "#ffffff" : color),
      size: 13,
      opacity: 1,
      line: {
        color: looks.map(({ color }, index) => isOpen[index] ? color : "#ffffff"),
        width: isOpen.map((open) => open ? 2.5 : 1.5),
      },
    },
    cliponaxis: false,
  };
}

/** A notch for each call that changes no state. */
export function callTrace(steps: readonly PlacedStep[], lane: Lane): Trace {
  const plain = steps.filter(({ state }) => state === undefined);
  return {
    type: "scatter",
    mode: "markers",
    name: `${lane} calls`,
    x: plain.map(() => edgeOf(lane)),
    y: plain.map(({ y }) => y),
    text: plain.map(({ call }) => plainText(call)),
    hovertemplate: `%{text}<extra>${lane}</extra>`,
    marker: { color: INK, symbol: "line-ew-open", size: 14, line: { width: 2 } },
    cliponaxis: false,
  };
}

/** Returns the name over a lane. */
export function laneTitle(lane: Lane): Annotation {
  return label(`<span style="color:${PALETTE[lane].color}">■</span> <b>${lane}</b>`, {
    x: edgeOf(lane),
    y: -HEAD_PX + 6,
    yanchor: "middle",
  });
}

/** Returns the words of a step, beside its lane, and of its arrival, beside the other. */
export function stepLabels({ lane, lines, state, to, y }: PlacedStep): Annotation[] {
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
    font: { size: LABEL_PX, color: INK },
  });
}

/** Returns the arrow of what a step sends, and its name. */
export function arrow({ lane, to, y }: PlacedStep): Annotation[] {
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
    label(plainText(to.segment), {
      x: 0.5,
      y: y + TRAVEL_PX / 2,
      yanchor: "middle",
      bgcolor: "#ffffff",
      borderpad: 2,
      font: { size: SMALL_PX, color: INK },
    }),
  ];
}

function edgeOf(lane: Lane): 0 | 1 {
  return lane === "client" ? 0 : 1;
}
