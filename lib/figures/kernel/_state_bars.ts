/** Sockets as bars of states: which stand together, where each stands, and how it is drawn. */
import type { Trace } from "../../show/figure.ts";
import type { SocketLife, StateSpan } from "../../observe/changes/timeline.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import {
  type Annotation,
  INK,
  label,
  MUTED,
  PANEL,
  type Shape,
  SMALL_PX,
} from "../parts/_layout.ts";
import { lookOfState, markerOf } from "../parts/_state_look.ts";
import { NARROWEST_PX, type TimeAxis, type TimeWindow } from "../parts/_time.ts";
import { plainText } from "../parts/_words.ts";

/** A socket and its place; `top` is in px from the top of the plot. */
export interface PlacedBar {
  /** The socket. */
  readonly life: SocketLife;
  /** Its states, as far as they are in the window. */
  readonly spans: readonly StateSpan[];
  /** Whether its peer stands in the same group, and need not be named. */
  readonly hasPeer: boolean;
  /** Where its label begins. */
  readonly top: number;
}

/** The ends of one conversation, or one socket alone. */
export interface PlacedGroup {
  /** Its sockets. */
  readonly bars: readonly PlacedBar[];
  /** The upper edge. */
  readonly top: number;
  /** The lower edge. */
  readonly bottom: number;
}

const PADDING = 7;
const GAP = 9;
const LABEL_LINE = 17;
const BAR_PX = 12;
const NAME_LINE = 16;
const PITCH = LABEL_LINE + BAR_PX + NAME_LINE;
/** In capital letters of the small font. */
const CHARACTER_PX = 7.2;
/** The same for names in bold. */
const MAX_LABEL_LENGTH = 36;

/** Puts the ends of a conversation together, whichever sockets listen first of all. */
export function groupLives(lives: readonly SocketLife[]): SocketLife[][] {
  const groups = [...Map.groupBy(lives, conversationOf).values()].map((group) =>
    // The higher port is the client's, nearly always.
    group.toSorted((one, other) => other.local.port - one.local.port || one.socket - other.socket)
  );
  const rank = ([first]: SocketLife[]) => first!.spans[0]!.state === "LISTEN" ? 0 : 1;
  return groups.sort((one, other) => rank(one) - rank(other));
}

/** Keeps whole groups, as many as have room; at least one. */
export function groupsUpTo(groups: readonly SocketLife[][], limit: number): SocketLife[][] {
  let count = 0;
  const kept = groups.filter((group, index) => (count += group.length) <= limit || index === 0);
  return kept.map((group) => group.slice(0, limit));
}

/** Places groups one under the other. */
export function placeGroups(groups: readonly SocketLife[][], window: TimeWindow): PlacedGroup[] {
  let top = 0;
  return groups.map((group) => {
    const bars = group.map((life, index) => ({
      life,
      spans: spansIn(life, window),
      hasPeer: group.some((other) => isPeer(life, other)),
      top: top + PADDING + index * PITCH,
    }));
    const bottom = top + 2 * PADDING + group.length * PITCH - 2;
    const placed = { bars, top, bottom };
    top = bottom + GAP;
    return placed;
  });
}

/** Returns the parts of a socket's states that are in the window. */
export function spansIn({ spans }: SocketLife, { from, to }: TimeWindow): StateSpan[] {
  return spans.filter((span) => span.from <= to && span.to >= from)
    .map((span) => ({ ...span, from: Math.max(span.from, from), to: Math.min(span.to, to) }));
}

/** Returns the grounds under the groups. */
export function groupShapes(groups: readonly PlacedGroup[]): Shape[] {
  return groups.map(({ top, bottom }) => ({
    type: "rect",
    layer: "below",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: top,
    y1: bottom,
    fillcolor: PANEL,
    line: { width: 0 },
  }));
}

/** Returns the bars, a trace a state, so that each tells its state to who points at it. */
export function barTraces(groups: readonly PlacedGroup[], { valueOf, unit }: TimeAxis): Trace[] {
  const parts = partsOf(groups);
  return statesOf(groups).map((state) => {
    const { color } = lookOfState(state);
    const own = parts.filter(({ span }) => span.state === state);
    return {
      type: "bar",
      orientation: "h",
      name: state,
      base: own.map(({ span }) => valueOf(span.from)),
      x: own.map(({ span }) => valueOf(span.to) - valueOf(span.from)),
      y: own.map(({ y }) => y),
      width: BAR_PX,
      text: own.map(({ bar }) => plainText(String(bar.life.local))),
      textposition: "none",
      hovertemplate:
        `%{text}<br>%{base:.4~g} ${unit}, for %{x:.4~g} ${unit}<extra>${state}</extra>`,
      // A state that is shorter than a pixel is still to be seen
      marker: { color, line: { color, width: 1 } },
    };
  });
}

/** Returns the symbol of a state where it is first seen. */
export function beginTrace(groups: readonly PlacedGroup[], { valueOf }: TimeAxis): Trace {
  const parts = partsOf(groups);
  return {
    type: "scatter",
    mode: "markers",
    name: "first seen",
    x: parts.map(({ span }) => valueOf(span.from)),
    y: parts.map(({ y }) => y),
    hoverinfo: "skip",
    marker: markerOf(parts.map(({ span }) => span.state), 11),
    cliponaxis: false,
  };
}

/** Returns the sockets' names over their bars, and the states' under them where they have room. */
export function barLabels(
  groups: readonly PlacedGroup[],
  { valueOf }: TimeAxis,
  window: TimeWindow,
): Annotation[] {
  const pixels = NARROWEST_PX / (window.to - window.from);
  return groups.flatMap(({ bars }) => bars).flatMap((bar) => [
    label(nameOf(bar), {
      xref: "paper",
      x: 0,
      xanchor: "left",
      xshift: 8,
      y: bar.top + LABEL_LINE / 2 - 1,
      yanchor: "middle",
      // No line of a moment runs through it
      bgcolor: PANEL,
      font: { size: SMALL_PX, color: INK },
    }),
    ...bar.spans.filter(({ state, from, to }) =>
      (to - from) * pixels >= state.length * CHARACTER_PX + 10
    ).map(({ state, from }) =>
      label(state, {
        x: valueOf(from),
        xanchor: "left",
        xshift: 6,
        y: bar.top + LABEL_LINE + BAR_PX + NAME_LINE / 2,
        yanchor: "middle",
        bgcolor: PANEL,
        font: { size: SMALL_PX, color: MUTED },
      })
    ),
  ]);
}

/** Returns the states that are drawn, each once. */
export function statesOf(groups: readonly PlacedGroup[]): SocketState[] {
  return [...new Set(partsOf(groups).map(({ span }) => span.state))];
}

function partsOf(groups: readonly PlacedGroup[]) {
  return groups.flatMap(({ bars }) =>
    bars.flatMap((bar) =>
      bar.spans.map((span) => ({ bar, span, y: bar.top + LABEL_LINE + BAR_PX / 2 }))
    )
  );
}

function nameOf({ life, hasPeer }: PlacedBar): string {
  const local = shortened(String(life.local), MAX_LABEL_LENGTH);
  const remote = String(life.remote);
  const isAlone = hasPeer || life.remote.port === 0 ||
    local.length + remote.length + 3 > MAX_LABEL_LENGTH;
  const peer = isAlone ? "" : ` <span style="color:${MUTED}">→ ${plainText(remote)}</span>`;
  return `<b>${plainText(local)}</b>${peer}`;
}

/** Cuts out of the middle what does not fit. */
function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** The same for both ends; a socket that waits for anybody has one of its own. */
function conversationOf(life: SocketLife): string {
  if (life.remote.port === 0) return `socket ${life.socket}`;
  return `${life.protocol} ${[endText(life.local), endText(life.remote)].sort().join(" ")}`;
}

function isPeer(one: SocketLife, other: SocketLife): boolean {
  return one !== other && endText(one.local) === endText(other.remote) &&
    endText(one.remote) === endText(other.local);
}

/** An IPv4 client of an IPv6 socket is an IPv4 client, as its own row says. */
function endText(end: Endpoint): string {
  return String(end.unmapped());
}
