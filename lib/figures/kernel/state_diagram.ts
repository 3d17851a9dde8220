/**
 * The eleven states of TCP and the arrows between them; those that were tried are lit.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, type OptionChecks, partOf, refusal } from "../../refusal.ts";
import type { SocketChange } from "../../observe/changes/socket_change.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import { HEADING, list } from "../parts/_checks.ts";
import { lineKey, textLines } from "../parts/_key.ts";
import {
  type Annotation,
  drawFigure,
  hiddenAxis,
  INK,
  label,
  type Mark,
  MUTED,
  pixelAxis,
  type Shape,
  SMALL_PX,
} from "../parts/_layout.ts";
import { stateStyle } from "../parts/_state_style.ts";
import { plainText } from "../parts/_words.ts";
import { type MarkStyle, readableOn } from "../parts/palette.ts";
import {
  ARROW_LINE_PX,
  DIAGRAM_PX,
  STATE_ARROWS,
  STATE_BOX_PX,
  STATE_BOXES,
  type StateArrow,
} from "./_state_arrows.ts";

/**
 * A change of a socket's state: a pair, or what a timeline has recorded. In a recorded change a state
 * that is undefined is CLOSE: the kernel's table lists no socket in it. A socket that appears in
 * SYN_RECV comes from one that listens, which on Linux goes on listening.
 */
export type StateTransition =
  | readonly [from: TcpState, to: TcpState]
  | Pick<SocketChange, "from" | "to">;

/** How {@linkcode plotStateDiagram} draws. */
export interface PlotStateDiagramOptions {
  /** The title; "The eleven states of TCP" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const CANNOT = "Cannot draw the states of TCP";
const OPTIONS: OptionChecks<PlotStateDiagramOptions> = HEADING;
const SUBTITLE = "On an arrow: the call or the segment that arrives, then what the kernel sends. " +
  "States that were seen are filled.";
const COLUMNS = ["from", "to", "on", "sends", "tried"];

/** How an arrow is drawn, by what is known of it. */
const TRIED: MarkStyle = { color: INK, dash: "solid", symbol: "circle" };
const UNTRIED: MarkStyle = { color: "#7b8085", dash: "solid", symbol: "circle" };
const NEVER: MarkStyle = { color: "#7b8085", dash: "dot", symbol: "circle" };
const TRIED_PX = 2.5;
const UNTRIED_PX = 1;
const TIP_PX = 8;

/**
 * Draws TCP's eleven states (RFC 9293, figure 5) and the arrows between them, each with the call or
 * the segment that leads along it. The arrows that were tried are thick, the states at their ends
 * filled. One arrow of the RFC, from LISTEN to SYN_SENT, is not taken by Linux; it is dotted, and the
 * figure says why.
 *
 * A table that is sampled can miss a short state. A pair of states that has no arrow is named under
 * the figure and lights none. Recorded changes of UDP sockets are left out, and so are appearing and
 * vanishing in a state to which no arrow leads from CLOSE, or back.
 *
 * @param tried Pairs of states, or the events of a timeline, in any order
 * @throws {TypeError} If it is not a list of changes, or an option is not known or of the wrong kind
 * @throws {RangeError} If a pair names something that is no state of TCP
 *
 * @example The three arrows of a client that closes second
 * ```ts
 * import { plotStateDiagram } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotStateDiagram([
 *   ["ESTABLISHED", "CLOSE_WAIT"],
 *   ["CLOSE_WAIT", "LAST_ACK"],
 *   ["LAST_ACK", "CLOSE"],
 * ]);
 * const tried = figure.table.rows.filter((row) => row.at(-1) === "yes");
 * assertEquals(tried[0], ["ESTABLISHED", "CLOSE_WAIT", "FIN", "ACK", "yes"]);
 * assertEquals(tried.length, 3);
 * ```
 */
export function plotStateDiagram(
  tried: Iterable<StateTransition>,
  options: PlotStateDiagramOptions = {},
): Figure {
  const { arrows: lit, others } = sorted(tried);
  checkOptions(options, OPTIONS, CANNOT);
  const { title = "The eleven states of TCP", subtitle = SUBTITLE } = options;
  const seen = new Set([...lit].flatMap(({ from, to }) => [from, to]));
  // The thick ones are in front.
  const ordered = STATE_ARROWS.toSorted((one, other) => +lit.has(one) - +lit.has(other));
  const never = STATE_ARROWS.filter((arrow) => arrow.never !== undefined);
  return drawFigure({
    heading: { title, subtitle },
    height: DIAGRAM_PX,
    margin: { l: 10, r: 10 },
    axes: { xaxis: hiddenAxis(0, 1), yaxis: pixelAxis(DIAGRAM_PX) },
    marks: [
      // Without a trace plotly draws no axes, and so no plot.
      { traces: [{ type: "scatter", x: [], y: [] }] },
      ...ordered.map((arrow) => arrowMark(arrow, lit.has(arrow))),
      boxes(seen),
    ],
    under: [
      lineKey([
        { text: "tried here", style: TRIED, width: TRIED_PX },
        { text: "not tried here", style: UNTRIED, width: UNTRIED_PX },
        { text: "in the RFC, not on Linux", style: NEVER },
      ]),
      textLines([
        ...never.map(({ from, to, never }) => `On Linux, ${from} never leads to ${to}: ${never}.`),
        ...others.map(([from, to]) =>
          `Also seen: ${from}, then ${to}; the states between were missed.`
        ),
      ]),
    ],
    table: new Table({
      columns: COLUMNS,
      rows: STATE_ARROWS.map((arrow) => [
        arrow.from,
        arrow.to,
        arrow.event,
        arrow.sends,
        lit.has(arrow) ? "yes" : arrow.never === undefined ? "no" : "no: not on Linux",
      ]),
    }),
  });
}

/** The arrows that were tried, and pairs of states that have none. */
function sorted(
  tried: Iterable<StateTransition>,
): { arrows: ReadonlySet<StateArrow>; others: readonly (readonly [TcpState, TcpState])[] } {
  check(tried, list<Iterable<StateTransition>>(), { cannot: CANNOT, what: "what was tried" });
  const arrows = new Set<StateArrow>();
  const others = new Map<string, readonly [TcpState, TcpState]>();
  for (const transition of tried) {
    const pair = pairOf(transition);
    if (pair === undefined) continue;
    const [from, to] = pair;
    const arrow = STATE_ARROWS.find((each) => each.from === from && each.to === to);
    if (arrow !== undefined) arrows.add(arrow);
    else if (Array.isArray(transition) || !pair.includes("CLOSE")) {
      others.set(`${from} ${to}`, pair);
    }
  }
  return { arrows, others: [...others.values()] };
}

/** Returns both states; nothing for a recorded change of a UDP socket, or one of its ends alone. */
function pairOf(transition: StateTransition): readonly [TcpState, TcpState] | undefined {
  if (Array.isArray(transition)) {
    const pair = transition as unknown[];
    if (pair.length !== 2) {
      const rule = "a change of state has a state before and a state after";
      throw refusal(TypeError, { cannot: CANNOT, rule, part: `${pair.length} of them` });
    }
    return [tcpState(pair[0]), tcpState(pair[1])];
  }
  if (typeof transition !== "object" || transition === null) {
    const rule = "a change of state is a pair of states, or an event of a timeline";
    throw refusal(TypeError, { cannot: CANNOT, rule, part: partOf(transition) });
  }
  const { from = "CLOSE", to = "CLOSE" } = transition as Pick<SocketChange, "from" | "to">;
  if (from === to || isUdp(from) || isUdp(to)) return undefined;
  if (from === "CLOSE" && to === "SYN_RECV") return ["LISTEN", to];
  return [tcpState(from), tcpState(to)];
}

function isUdp(state: string): boolean {
  return state === "CONNECTED" || state === "UNCONNECTED";
}

function tcpState(state: unknown): TcpState {
  if (typeof state === "string" && TCP_STATES.includes(state as TcpState)) return state as TcpState;
  const Class = typeof state === "string" ? RangeError : TypeError;
  const rule = `a state of TCP is one of ${TCP_STATES.join(", ")}`;
  throw refusal(Class, { cannot: CANNOT, rule, part: partOf(state) });
}

/** Where `x` is counted from the middle of the plot, in px. */
const MIDDLE = { xref: "paper", xsizemode: "pixel", xanchor: 0.5, yref: "y" };

function arrowMark(arrow: StateArrow, isLit: boolean): Mark {
  const { path, words: { at: [x, y], side } } = arrow;
  const { color, dash } = isLit ? TRIED : arrow.never === undefined ? UNTRIED : NEVER;
  const lines = arrow.never === undefined
    ? [arrow.event, ...(arrow.sends === undefined ? [] : [`sends ${arrow.sends}`])]
    : [arrow.event, "not on Linux"];
  const [before, tip] = path.slice(-2) as [StateArrow["path"][0], StateArrow["path"][0]];
  return {
    shapes: [
      {
        ...MIDDLE,
        type: "path",
        path: `M${path.slice(0, -1).map(pathText).join("L")}L${
          pathText(towards(tip, before, TIP_PX / 2))
        }`,
        line: { color, dash, width: isLit ? TRIED_PX : UNTRIED_PX },
      },
      {
        ...MIDDLE,
        type: "path",
        path: tipPath(before, tip),
        fillcolor: color,
        line: { width: 0 },
      },
    ],
    annotations: lines.map((line, index) => ({
      ...inMiddle(
        index > 0 ? plainText(line) : isLit ? `<b>${plainText(line)}</b>` : plainText(line),
      ),
      xanchor: side === "right" ? "left" : side === "left" ? "right" : "center",
      xshift: x,
      y: y + (index - (lines.length - 1) / 2) * ARROW_LINE_PX,
      font: { size: SMALL_PX, color: isLit ? INK : MUTED },
    })),
  };
}

function inMiddle(text: string): Annotation {
  return label(text, { xref: "paper", x: 0.5, yref: "y", yanchor: "middle" });
}

function pathText([x, y]: readonly [number, number]): string {
  return `${x},${y}`;
}

/** The place `pixels` from `from` on the way to `to`; ways go along or across. */
function towards(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  pixels: number,
): [number, number] {
  return [x1 + Math.sign(x2 - x1) * pixels, y1 + Math.sign(y2 - y1) * pixels];
}

function tipPath(before: readonly [number, number], tip: readonly [number, number]): string {
  const [x, y] = towards(tip, before, TIP_PX);
  const isLevel = before[1] === tip[1];
  const half = TIP_PX / 2;
  const [one, other]: [number, number][] = isLevel
    ? [[x, y - half], [x, y + half]]
    : [[x - half, y], [x + half, y]];
  return `M${[tip, one!, other!].map(pathText).join("L")}Z`;
}

function boxes(seen: ReadonlySet<TcpState>): Mark {
  return {
    shapes: STATE_BOXES.map(({ state, at: [x, y], width }): Shape => {
      const { color } = stateStyle(state);
      return {
        ...MIDDLE,
        type: "rect",
        x0: x - width / 2,
        x1: x + width / 2,
        y0: y - STATE_BOX_PX / 2,
        y1: y + STATE_BOX_PX / 2,
        fillcolor: seen.has(state) ? color : "#ffffff",
        line: { color, width: 2 },
      };
    }),
    annotations: STATE_BOXES.map(({ state, at: [x, y] }) => ({
      ...inMiddle(state),
      xshift: x,
      y,
      font: {
        size: SMALL_PX,
        color: seen.has(state) ? readableOn(stateStyle(state).color) : INK,
      },
    })),
  };
}
