/**
 * One palette for the whole course: a colour means the same thing in every figure.
 *
 * The colours start from Okabe and Ito's set (https://jfly.uni-koeln.de/color/). Where that set is
 * too small or too pale, colours were added and darkened until each has a contrast of 3:1 on white
 * (WCAG 2.2, 1.4.11) and the colours of one figure can be told apart by people with protanopia,
 * deuteranopia and tritanopia. Each state of a socket has a colour, a dash and a symbol of its own
 * beside those of its neighbours.
 *
 * @module
 */
import { type Check, oneOf } from "../../refusal.ts";
import type { PortClass } from "../../ports/port.ts";
import type { TcpState } from "../../tuples/socket_state.ts";

/** What a colour can mean. */
export type Meaning =
  | "client"
  | "server"
  | "udp"
  | "refused"
  | "held"
  | "free"
  | PortClass
  | TcpState;

/** How a meaning is drawn; the names of dash and symbol are plotly's. */
export interface MarkStyle {
  /** The colour, as #rrggbb. */
  readonly color: string;
  /** How a line is dashed. */
  readonly dash: "solid" | "dot" | "dash" | "longdash" | "dashdot" | "longdashdot";
  /** The symbol of a marker. */
  readonly symbol: string;
}

/**
 * Every meaning and how it is drawn.
 *
 * @example The colour of a listening socket's row
 * ```ts
 * import { classifyPort } from "fourtuple/ports";
 * import { PALETTE } from "fourtuple/figures";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * assertNotEquals(PALETTE.LISTEN.color, PALETTE.ESTABLISHED.color);
 * assertEquals(PALETTE[classifyPort(80)].color, PALETTE["well-known"].color);
 * ```
 */
export const PALETTE: Readonly<Record<Meaning, MarkStyle>> = Object.freeze({
  client: { color: "#0072b2", dash: "solid", symbol: "circle" },
  server: { color: "#d55e00", dash: "solid", symbol: "square" },
  udp: { color: "#31494b", dash: "dot", symbol: "star" },
  refused: { color: "#7a1010", dash: "longdash", symbol: "x" },
  held: { color: "#2a1fc0", dash: "solid", symbol: "circle" },
  free: { color: "#7b8085", dash: "dot", symbol: "circle-open" },
  "well-known": { color: "#22303c", dash: "solid", symbol: "square" },
  registered: { color: "#56636f", dash: "solid", symbol: "square" },
  dynamic: { color: "#8b959e", dash: "solid", symbol: "square" },
  LISTEN: { color: "#ba81b3", dash: "solid", symbol: "square-open" },
  SYN_SENT: { color: "#a978ff", dash: "dash", symbol: "triangle-right" },
  SYN_RECV: { color: "#0000fa", dash: "dot", symbol: "triangle-left" },
  ESTABLISHED: { color: "#009e73", dash: "solid", symbol: "circle" },
  FIN_WAIT_1: { color: "#610270", dash: "dash", symbol: "triangle-down" },
  FIN_WAIT_2: { color: "#c8019b", dash: "longdash", symbol: "triangle-down-open" },
  CLOSING: { color: "#595774", dash: "longdashdot", symbol: "cross" },
  CLOSE_WAIT: { color: "#bc0100", dash: "solid", symbol: "triangle-up" },
  LAST_ACK: { color: "#516c60", dash: "dashdot", symbol: "triangle-up-open" },
  TIME_WAIT: { color: "#745b39", dash: "dash", symbol: "diamond" },
  CLOSE: { color: "#7b8085", dash: "dot", symbol: "circle-open" },
});

/** Allows a meaning of the palette. */
export const meaning: Check<Meaning> = oneOf(...Object.keys(PALETTE) as Meaning[]);

/**
 * Black or white, whichever has the higher contrast with a colour; one of the two has at least 4.5:1
 * on any (WCAG 2.2, 1.4.3).
 */
export function readableOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}
