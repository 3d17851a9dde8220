/** The ports that are in use: as points on the strip, and on a lane for each thing that sockets do. */
import { check, instanceOf, oneOf } from "../../refusal.ts";
import { assertPort, MAX_PORT } from "../../ports/port.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { itemsOf } from "../parts/_checks.ts";
import { type Mark, TRACK } from "../parts/_layout.ts";
import { middleOf, type Row, rowLabels, rowPoints } from "../parts/_rows.ts";
import { counted } from "../parts/_words.ts";
import { type MarkStyle, PALETTE } from "../parts/palette.ts";

/** A socket that has a port; a row of the kernel's table is one. */
export interface PortUser {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** Its state. */
  readonly state: SocketState;
  /** Its own end. */
  readonly local: Endpoint;
}

/** The ports of the sockets that do one thing. */
export interface PortUse {
  /** What they do. */
  readonly name: string;
  /** How they are drawn. */
  readonly style: MarkStyle;
  /** Their ports, each once, from the lowest to the highest. */
  readonly ports: readonly number[];
}

/** What sockets do, in the order of the lanes. */
const USES: readonly (readonly [name: string, style: MarkStyle, states: readonly SocketState[]])[] =
  [
    ["listening", PALETTE.LISTEN, ["LISTEN"]],
    ["UDP", PALETTE.udp, UDP_STATES],
    ["being opened", PALETTE.SYN_SENT, ["SYN_SENT", "SYN_RECV"]],
    ["established", PALETTE.ESTABLISHED, ["ESTABLISHED"]],
    [
      "being closed",
      PALETTE.FIN_WAIT_1,
      ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSE_WAIT", "LAST_ACK"],
    ],
    ["TIME_WAIT", PALETTE.TIME_WAIT, ["TIME_WAIT"]],
    ["bound only", PALETTE.CLOSE, ["CLOSE"]],
  ];
const STATE = oneOf(...TCP_STATES, ...UDP_STATES);
const LOCAL = instanceOf(Endpoint, "an Endpoint");

/** A lane: its words, then its points, in px. */
export const LANE = { words: 20, body: 12, gap: 6 };

/** A figure 2,000 px wide shows no more points side by side. */
const MAX_POINTS = 2048;
const PORTS_A_POINT = (MAX_PORT + 1) / MAX_POINTS;

/**
 * Sorts the ports of sockets by what the sockets do; what none does is left out.
 *
 * @throws {TypeError} If a row has no local endpoint, or a state is none of the kernel's
 */
export function portUses(rows: Iterable<PortUser>): PortUse[] {
  const cannot = "Cannot draw the ports of sockets";
  const given = itemsOf(rows, { cannot, one: "socket" });
  for (const { local, state } of given) {
    check(local, LOCAL, { cannot, what: "a local end" });
    assertPort(local.port);
    check(state, STATE, { cannot, what: "a state" });
  }
  return USES.map(([name, style, states]) => {
    const ports = given.filter(({ state }) => states.includes(state)).map(({ local }) =>
      local.port
    );
    return { name, style, ports: [...new Set(ports)].sort((one, other) => one - other) };
  }).filter(({ ports }) => ports.length > 0);
}

/** Draws the lanes: how many ports, what their sockets do, and under it a point for each port. */
export function lanes(rows: readonly Row<PortUse>[]): Mark[] {
  return [
    {
      shapes: rows.map((row) => ({
        type: "line",
        layer: "below",
        x0: 0,
        x1: MAX_PORT + 1,
        y0: middleOf(row),
        y1: middleOf(row),
        line: { color: TRACK, width: 4 },
      })),
    },
    ...rows.map((row) =>
      rowPoints([row], {
        places: ({ ports }) => thinned(ports),
        marker: { color: row.item.style.color, symbol: "circle", size: 9, opacity: 1 },
        trace: { name: row.item.name, hovertemplate: `port %{x}<extra>${row.item.name}</extra>` },
      })
    ),
    rowLabels(rows, ({ name, style, ports }) => ({
      before: `<span style="color:${style.color}">■</span> `,
      name,
      after: counted(ports.length, "port"),
    })),
  ];
}

/** Draws ports as points over a white rim, so that neighbours grow together. */
export function usedPoints(used: readonly number[], y: number): Mark {
  const ports = thinned(used);
  const at = {
    type: "scatter",
    mode: "markers",
    x: ports,
    y: ports.map(() => y),
    cliponaxis: false,
  };
  return {
    traces: [
      { ...at, name: "rim", marker: { color: "#ffffff", size: 11 }, hoverinfo: "skip" },
      {
        ...at,
        name: "in use",
        marker: { color: PALETTE.held.color, symbol: PALETTE.held.symbol, size: 8 },
        hovertemplate: "port %{x}<extra>in use</extra>",
      },
    ],
  };
}

/** Of many neighbours one is drawn. */
function thinned(ports: readonly number[]): readonly number[] {
  if (ports.length <= MAX_POINTS) return ports;
  const nearby = Map.groupBy(ports, (port) => Math.floor(port / PORTS_A_POINT));
  return [...nearby.values()].map((group) => group[0]!);
}
