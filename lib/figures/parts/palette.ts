/**
 * One palette for the whole course: a colour means the same thing in every figure.
 *
 * The colours start from Okabe and Ito's set (https://jfly.uni-koeln.de/color/). Where that set is
 * too small or too pale, colours were added and darkened until each has a contrast of 3:1 on white
 * (WCAG 2.2, 1.4.11) and those that stand in one figure stay apart for people with protanopia,
 * deuteranopia and tritanopia. The states of a connection that is being closed share one colour
 * and differ in dash and symbol.
 *
 * @module
 */
import { quoteValue } from "../../refusal.ts";
import type { PortClass } from "../../ports/port.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";

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
export interface Look {
  /** The colour, as #rrggbb. */
  readonly color: string;
  /** How a line is dashed. */
  readonly dash: "solid" | "dot" | "dash" | "longdash" | "dashdot" | "longdashdot";
  /** The symbol of a marker. */
  readonly symbol: string;
}

const OPENING = "#5390ff";
const CLOSING = "#5f1577";

/**
 * Every meaning and its look.
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
export const PALETTE: Readonly<Record<Meaning, Look>> = Object.freeze({
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
  SYN_SENT: { color: OPENING, dash: "dash", symbol: "triangle-right" },
  SYN_RECV: { color: OPENING, dash: "dot", symbol: "triangle-left" },
  ESTABLISHED: { color: "#009e73", dash: "solid", symbol: "circle" },
  FIN_WAIT_1: { color: CLOSING, dash: "dash", symbol: "triangle-down" },
  FIN_WAIT_2: { color: CLOSING, dash: "longdash", symbol: "triangle-down-open" },
  CLOSING: { color: CLOSING, dash: "dot", symbol: "cross" },
  CLOSE_WAIT: { color: CLOSING, dash: "solid", symbol: "triangle-up" },
  LAST_ACK: { color: CLOSING, dash: "dashdot", symbol: "triangle-up-open" },
  TIME_WAIT: { color: "#745b39", dash: "dash", symbol: "diamond" },
  CLOSE: { color: "#7b8085", dash: "dot", symbol: "circle-open" },
});

/** Is `value` the name of a TCP state? */
export function isTcpState(value: unknown): value is TcpState {
  return (TCP_STATES as readonly unknown[]).includes(value);
}

/**
 * Asserts that a value is a {@linkcode Meaning}.
 *
 * @throws {RangeError} If the palette has no such word
 */
export function assertMeaning(value: unknown): asserts value is Meaning {
  if (typeof value !== "string" || !Object.hasOwn(PALETTE, value)) {
    throw new RangeError(
      `Cannot choose a colour for ${quoteValue(value)}: the palette knows ` +
        `${Object.keys(PALETTE).join(", ")}, got another word`,
    );
  }
}
