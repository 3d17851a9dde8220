/** The ports that sockets have, by what the sockets do: a lane of points for each. */
import type { Trace } from "../../show/figure.ts";
import { kindOf, quoteValue } from "../../refusal.ts";
import { assertPort, MAX_PORT } from "../../ports/port.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { type Annotation, label, type Shape, TRACK } from "../parts/_layout.ts";
import { thinned } from "./_port_strip.ts";
import { counted } from "../parts/_words.ts";
import { type Look, PALETTE } from "../parts/palette.ts";

/** A socket that has a port; a row of the kernel's table is one. */
export interface PortUser {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** Its state. */
  readonly state: SocketState;
  /** Its own end. */
  readonly local: Endpoint;
}

/** The ports of the sockets that do the same. */
export interface PortUse {
  /** What they do. */
  readonly name: string;
  /** How they are drawn. */
  readonly look: Look;
  /** Their ports, each once, from the lowest to the highest. */
  readonly ports: readonly number[];
}

/** What sockets do, by colour, in the order in which the lanes stand. */
const USES: readonly (readonly [name: string, look: Look, states: readonly SocketState[]])[] = [
  ["listening", PALETTE.LISTEN, ["LISTEN"]],
  ["UDP", PALETTE.udp, UDP_STATES],
  ["being opened", PALETTE.SYN_SENT, ["SYN_SENT", "SYN_RECV"]],
  ["established", PALETTE.ESTABLISHED, ["ESTABLISHED"]],
  [
    "being closed",
    PALETTE.CLOSE_WAIT,
    ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSE_WAIT", "LAST_ACK"],
  ],
  ["TIME_WAIT", PALETTE.TIME_WAIT, ["TIME_WAIT"]],
  ["bound only", PALETTE.CLOSE, ["CLOSE"]],
];
const STATES: readonly string[] = [...TCP_STATES, ...UDP_STATES];

/** The height of a lane, in px: its words, then its points on a line. */
export const USE_PX = 38;
const POINTS_TOP = 26;

/**
 * Sorts the ports of sockets by what the sockets do; what nobody does is left out.
 *
 * @throws {TypeError} If a row has no local endpoint
 * @throws {RangeError} If a state is none of the kernel's
 */
export function portUses(rows: Iterable<PortUser>): PortUse[] {
  const given = [...rows];
  for (const { local, state } of given) {
    if (typeof local?.port !== "number") {
      throw new TypeError(
        `Cannot draw the port of a socket: its local end is an Endpoint, got ${kindOf(local)}`,
      );
    }
    assertPort(local.port);
    if (!STATES.includes(state)) {
      throw new RangeError(
        `Cannot draw the port of a socket in state ${quoteValue(state)}: a state is one of ` +
          `${STATES.join(", ")}, got another word`,
      );
    }
  }
  return USES.map(([name, look, states]) => {
    const ports = given.filter(({ state }) => states.includes(state)).map(({ local }) =>
      local.port
    );
    return { name, look, ports: [...new Set(ports)].sort((one, other) => one - other) };
  }).filter(({ ports }) => ports.length > 0);
}

/** Returns the line on which the points of a lane stand. */
export function useShape(top: number): Shape {
  return {
    type: "line",
    layer: "below",
    x0: 0,
    x1: MAX_PORT + 1,
    y0: top + POINTS_TOP,
    y1: top + POINTS_TOP,
    line: { color: TRACK, width: 4 },
  };
}

/** Returns the words over a lane: how many ports, and what their sockets do. */
export function useLabel({ name, look, ports }: PortUse, top: number): Annotation {
  const text = `<b>${counted(ports.length, "port")}</b> ${name}`;
  return label(`<span style="color:${look.color}">■</span> ${text}`, {
    x: 0,
    xanchor: "left",
    y: top,
    yanchor: "top",
  });
}

/** Returns the points of a lane. */
export function usePoints({ name, look, ports }: PortUse, top: number): Trace {
  const shown = thinned(ports);
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: shown,
    y: shown.map(() => top + POINTS_TOP),
    hovertemplate: `port %{x}<extra>${name}</extra>`,
    marker: { color: look.color, symbol: "circle", size: 9, opacity: 1 },
    cliponaxis: false,
  };
}
