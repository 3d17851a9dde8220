/** Sockets as bars of states: which are drawn together, where, and how. */
import type { SocketLife, StateSpan } from "../../observe/changes/timeline.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import { label, type Mark, MUTED, PANEL, SMALL_PX } from "../parts/_layout.ts";
import { middleOf, placeRows, type Row, rowBars, rowLabels } from "../parts/_rows.ts";
import { stateMarker, stateStyle } from "../parts/_state_style.ts";
import { NARROWEST_PX, type TimeAxis, type TimeWindow } from "../parts/_time.ts";
import { plainText, widthOf } from "../parts/_words.ts";

/** A socket that is drawn. */
interface DrawnLife {
  /** The socket. */
  readonly life: SocketLife;
  /** Its states, as far as they are in the window. */
  readonly spans: readonly StateSpan[];
  /** Whether its peer is in the same group, and need not be named. */
  readonly hasPeer: boolean;
}

/** A socket and its place. */
export type BarRow = Row<DrawnLife>;

/** The ends of one conversation, or one socket alone. */
export interface PlacedGroup {
  /** Its sockets. */
  readonly bars: readonly BarRow[];
  /** The upper edge, in px from the top of the plot. */
  readonly top: number;
  /** The lower edge. */
  readonly bottom: number;
}

const PADDING_PX = 7;
const GAP_PX = 9;
/** Under a bar, for the names of its states. */
const NAMES_PX = 16;
const ROW = { words: 17, body: 12, gap: NAMES_PX };
/** In capital letters of the small font. */
const CHARACTER_PX = 7.2;
/** The same for names in bold. */
const LABEL_LETTERS = 36;

/** Puts the ends of a conversation together; listening sockets come first. */
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
    const drawn = group.map((life) => ({
      life,
      spans: spansIn(life, window),
      hasPeer: group.some((other) => isPeer(life, other)),
    }));
    const bars = placeRows(drawn, { ...ROW, top: top + PADDING_PX });
    const placed = { bars, top, bottom: bars.end + PADDING_PX - 2 };
    top = placed.bottom + GAP_PX;
    return placed;
  });
}

/** Returns the parts of a socket's states that are in the window. */
export function spansIn({ spans }: SocketLife, { from, to }: TimeWindow): StateSpan[] {
  return spans.filter((span) => span.from <= to && span.to >= from)
    .map((span) => ({ ...span, from: Math.max(span.from, from), to: Math.min(span.to, to) }));
}

/** The grounds under the groups. */
export function grounds(groups: readonly PlacedGroup[]): Mark {
  return {
    shapes: groups.map(({ top, bottom }) => ({
      type: "rect",
      layer: "below",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: top,
      y1: bottom,
      fillcolor: PANEL,
      line: { width: 0 },
    })),
  };
}

/** A bar for each span of a state, a trace for each state. */
export function stateBars(bars: readonly BarRow[], { valueOf, unit }: TimeAxis): Mark {
  const spans = spansOf(bars);
  const states = [...new Set(spans.map(({ item }) => item.span.state))];
  return {
    traces: states.flatMap((state) => {
      const { color } = stateStyle(state);
      const own = spans.filter(({ item }) => item.span.state === state);
      return rowBars(own, {
        from: ({ span }) => valueOf(span.from),
        length: ({ span }) => valueOf(span.to) - valueOf(span.from),
        color,
        hover: ({ life }) => String(life.local),
        trace: {
          name: state,
          hovertemplate:
            `%{customdata}<br>%{base:.4~g} ${unit}, for %{x:.4~g} ${unit}<extra>${state}</extra>`,
          // A state that is shorter than a pixel can still be seen.
          marker: { color, line: { color, width: 1 } },
        },
      }).traces!;
    }),
  };
}

/** The symbol of a state where it is first seen. */
export function firstSeen(bars: readonly BarRow[], { valueOf }: TimeAxis): Mark {
  const spans = spansOf(bars);
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: "first seen",
      x: spans.map(({ item }) => valueOf(item.span.from)),
      y: spans.map(middleOf),
      hoverinfo: "skip",
      marker: stateMarker(spans.map(({ item }) => item.span.state), 11),
      cliponaxis: false,
    }],
  };
}

/** The sockets' names over their bars, and the states' under them where there is room. */
export function stateNames(
  bars: readonly BarRow[],
  { valueOf }: TimeAxis,
  window: TimeWindow,
): Mark {
  const pixels = NARROWEST_PX / (window.to - window.from);
  // Neither is crossed by the line of a moment.
  const ground = { bgcolor: PANEL };
  return {
    annotations: [
      ...rowLabels(bars, wordsOf, { ...ground, xshift: 8 }).annotations!,
      ...spansOf(bars)
        .filter(({ item: { span: { state, from, to } } }) =>
          (to - from) * pixels >= state.length * CHARACTER_PX + 10
        )
        .map(({ item: { span }, bottom }) =>
          label(span.state, {
            ...ground,
            x: valueOf(span.from),
            xanchor: "left",
            xshift: 6,
            y: bottom + NAMES_PX / 2,
            yanchor: "middle",
            font: { size: SMALL_PX, color: MUTED },
          })
        ),
    ],
  };
}

/** A row for each span, in the place of its socket's. */
function spansOf(bars: readonly BarRow[]): Row<{ life: SocketLife; span: StateSpan }>[] {
  return bars.flatMap(({ item: { life, spans }, ...place }) =>
    spans.map((span) => ({ ...place, item: { life, span } }))
  );
}

function wordsOf({ life, hasPeer }: DrawnLife) {
  const name = String(life.local);
  const remote = String(life.remote);
  const isAlone = hasPeer || life.remote.port === 0 ||
    widthOf(name) + widthOf(remote) + 3 > LABEL_LETTERS;
  return {
    name,
    letters: LABEL_LETTERS,
    ...(!isAlone && { after: `→ ${plainText(remote)}` }),
  };
}

/** The same for both ends; a socket without a peer has one of its own. */
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
