/** How the states of sockets look in figures that show states alone, and their key. */
import type { SocketState } from "../../tuples/socket_state.ts";
import { type Annotation, INK, label, SMALL_PX, underPlot } from "./_layout.ts";
import { type Look, PALETTE } from "./palette.ts";

/** Plotly's symbols as characters. */
const GLYPHS: Readonly<Record<string, string>> = {
  circle: "●",
  "circle-open": "○",
  square: "■",
  "square-open": "□",
  "triangle-up": "▲",
  "triangle-up-open": "△",
  "triangle-down": "▼",
  "triangle-down-open": "▽",
  "triangle-left": "◀",
  "triangle-right": "▶",
  diamond: "◆",
  cross: "✚",
  x: "✖",
  star: "★",
  "star-open": "☆",
};

const ROW_PX = 20;
const COLUMN_PX = 156;
const COLUMNS = 2;

/** UDP has one colour; with a peer its star is filled. */
export function lookOfState(state: SocketState): Look {
  if (state === "CONNECTED") return PALETTE.udp;
  if (state === "UNCONNECTED") return { ...PALETTE.udp, symbol: "star-open" };
  return PALETTE[state];
}

/** A marker's symbol, filled; where it is an open one, white. */
export function markerOf(states: readonly SocketState[], size: number): Record<string, unknown> {
  const looks = states.map(lookOfState);
  const isOpen = looks.map(({ symbol }) => symbol.endsWith("-open"));
  return {
    symbol: looks.map(({ symbol }) => symbol.replace("-open", "")),
    color: looks.map(({ color }, index) => isOpen[index] ? "#ffffff" : color),
    size,
    opacity: 1,
    line: {
      color: looks.map(({ color }, index) => isOpen[index] ? color : "#ffffff"),
      width: isOpen.map((open) => open ? 2 : 1),
    },
  };
}

/** Returns the height of a key, in px. */
export function stateKeyHeight(states: readonly SocketState[]): number {
  return Math.ceil(states.length / COLUMNS) * ROW_PX;
}

/** Returns a symbol and a name for each state, in two columns, from `top` px under the plot on. */
export function stateKey(states: readonly SocketState[], top: number): Annotation[] {
  return states.map((state, index) => {
    const { color, symbol } = lookOfState(state);
    return label(`<span style="color:${color}">${GLYPHS[symbol]}</span> ${state}`, {
      xref: "paper",
      x: 0,
      xanchor: "left",
      xshift: (index % COLUMNS) * COLUMN_PX,
      ...underPlot(top + (Math.floor(index / COLUMNS) + 0.5) * ROW_PX),
      yanchor: "middle",
      font: { size: SMALL_PX, color: INK },
    });
  });
}
