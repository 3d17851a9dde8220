/** Hosts as boxes in a figure's margin: the address as the head, the ports as points on the edge. */
import {
  type Annotation,
  label,
  type Mark,
  MUTED,
  PANEL,
  type Shape,
  SMALL_PX,
} from "../parts/_layout.ts";
import { counted, plainText, wrapName } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

/** A host: an address, some of its ports, and how many more it has. */
export interface Host {
  /** The address. */
  readonly address: string;
  /** The ports. */
  readonly ports: readonly HostPort[];
  /** How many ports are left out. */
  readonly more: number;
}

/** A port of a host. */
export interface HostPort {
  /** The endpoint, as people write it; lines are tied to it. */
  readonly endpoint: string;
  /** The port. */
  readonly port: number;
  /** What is written under it, if anything. */
  readonly note?: string | undefined;
}

/** A host and its place; y is in px from the top of the plot. */
export interface PlacedHost {
  /** The address in lines that fit into the box. */
  readonly head: readonly string[];
  /** The upper edge. */
  readonly top: number;
  /** The lower edge. */
  readonly bottom: number;
  /** The ports, from the top to the bottom. */
  readonly ports: readonly (HostPort & { readonly y: number })[];
  /** How many ports are left out. */
  readonly more: number;
}

/** The hosts at one side of the figure. */
export interface HostColumn {
  /** What they are. */
  readonly meaning: "client" | "server";
  /** The edge of the plot on which their ports are: 0 at the left, 1 at the right. */
  readonly edge: 0 | 1;
}

/** The width of a box, in px. */
export const BOX_PX = 126;
/** The height of the word over a column, in px. */
export const HEAD_PX = 22;

const BAND = 4;
const PADDING = 8;
const HEAD_LINE = 15;
const PORT_PITCH = 21;
const NOTE_LINE = 15;
const GAP = 12;

const MORE_PX = 24;

/** An IPv4 address fits on one line, and three groups of an IPv6 address. */
const HEAD_LETTERS = 15;

/** Places hosts one under the other. */
export function placeHosts(hosts: readonly Host[]): PlacedHost[] {
  let top = 0;
  return hosts.map(({ address, ports, more }) => {
    const head = wrapName(address, HEAD_LETTERS);
    let below = top + PADDING + head.length * HEAD_LINE + 2;
    const placed = ports.map((port) => {
      const y = below + PORT_PITCH / 2;
      below += PORT_PITCH + (port.note === undefined ? 0 : NOTE_LINE);
      return { ...port, y };
    });
    const bottom = below + (more > 0 ? NOTE_LINE : 0) + PADDING - 2;
    const host = { head, top, bottom, ports: placed, more };
    top = bottom + GAP;
    return host;
  });
}

/** Returns where hosts that are placed end, in px. */
export function hostsHeight(hosts: readonly PlacedHost[]): number {
  return hosts.at(-1)?.bottom ?? 0;
}

/** Moves hosts down, to the middle of `height` px. */
export function centred(hosts: readonly PlacedHost[], height: number): PlacedHost[] {
  const down = (height - hostsHeight(hosts)) / 2;
  return hosts.map((host) => ({
    ...host,
    top: host.top + down,
    bottom: host.bottom + down,
    ports: host.ports.map((port) => ({ ...port, y: port.y + down })),
  }));
}

/** Draws the hosts of a column; `count` is that of all hosts, drawn or not. */
export function hostMarks(
  hosts: readonly PlacedHost[],
  { meaning, edge }: HostColumn,
  { count, height }: { readonly count: number; readonly height: number },
): Mark[] {
  const missing = count - hosts.length;
  return [
    { shapes: hosts.flatMap((host) => boxShapes(host, { meaning, edge })) },
    columnWord(`${meaning}${count === 1 ? "" : "s"}`, edge, { y: -HEAD_PX / 2 }),
    hostLabels(hosts, edge),
    portPoints(hosts, { meaning, edge }),
    missing === 0 ? {} : columnWord(`+ ${counted(missing, `more ${meaning}`)}`, edge, {
      y: height + MORE_PX / 2,
      font: { size: SMALL_PX, color: MUTED },
    }),
  ];
}

/** Returns the height of the notes under columns that lack hosts, in px. */
export function moreHeight(missing: number): number {
  return missing > 0 ? MORE_PX : 0;
}

/** A box with a band in the column's colour. */
function boxShapes({ top, bottom }: PlacedHost, { meaning, edge }: HostColumn): Shape[] {
  const outward = edge === 0 ? -1 : 1;
  return [
    { from: 0, to: BOX_PX, color: PANEL },
    { from: BOX_PX - BAND, to: BOX_PX, color: PALETTE[meaning].color },
  ].map(({ from, to, color }) => ({
    type: "rect",
    layer: "below",
    xref: "paper",
    xsizemode: "pixel",
    xanchor: edge,
    x0: outward * from,
    x1: outward * to,
    y0: top,
    y1: bottom,
    fillcolor: color,
    line: { width: 0 },
  }));
}

function columnWord(
  text: string,
  edge: HostColumn["edge"],
  parts: Annotation & { readonly font?: Annotation },
): Mark {
  return {
    annotations: [
      label(text, {
        xref: "paper",
        x: edge,
        xanchor: "left",
        xshift: edge === 0 ? -BOX_PX : 0,
        yanchor: "middle",
        font: { color: MUTED },
        ...parts,
      }),
    ],
  };
}

function hostLabels(hosts: readonly PlacedHost[], edge: HostColumn["edge"]): Mark {
  const put = (text: string, y: number, parts: Annotation): Annotation =>
    label(text, { xref: "paper", x: edge, y, yanchor: "middle", ...parts });
  const outer = { xanchor: "left", xshift: edge === 0 ? BAND + 8 - BOX_PX : 12 };
  const inner = edge === 0 ? { xanchor: "right", xshift: -12 } : { xanchor: "left", xshift: 12 };
  const head = { ...outer, font: { size: SMALL_PX } };
  const note = { ...inner, font: { size: SMALL_PX, color: MUTED } };
  const annotations = hosts.flatMap((host) => [
    ...host.head.map((line, index) =>
      put(`<b>${plainText(line)}</b>`, host.top + PADDING + HEAD_LINE * (index + 0.5), head)
    ),
    ...host.ports.map(({ port, y }) => put(String(port), y, inner)),
    ...host.ports.flatMap((port) =>
      port.note === undefined
        ? []
        : [put(plainText(port.note), port.y + (PORT_PITCH + NOTE_LINE) / 2 - 2, note)]
    ),
    ...(host.more > 0
      ? [put(`+ ${host.more} more`, host.bottom - PADDING + 2 - NOTE_LINE / 2, note)]
      : []),
  ]);
  return { annotations };
}

/** The ports, as points on the edge of the plot. */
function portPoints(hosts: readonly PlacedHost[], { meaning, edge }: HostColumn): Mark {
  const ports = hosts.flatMap((host) => host.ports);
  const { color, symbol } = PALETTE[meaning];
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      name: meaning,
      x: ports.map(() => edge),
      y: ports.map(({ y }) => y),
      text: ports.map(({ endpoint }) => endpoint),
      hovertemplate: `%{text}<extra>${meaning}</extra>`,
      marker: { color, symbol, size: 10, opacity: 1, line: { color: "#ffffff", width: 1.5 } },
      cliponaxis: false,
    }],
  };
}
