/**
 * Who talks to whom: clients at the left, the server at the right, one line for each four-tuple.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import {
  type Conversation,
  type ConversationRow,
  hostText,
  orient,
  type ServerEnd,
  thin,
  type Thinned,
} from "./_conversations.ts";
import {
  BOX_PX,
  centred,
  type Host,
  hostLabels,
  hostShapes,
  hostsHeight,
  type PlacedHost,
  placeHosts,
  portPoints,
  type Side,
  SIDE_TITLE_PX,
  sideTitle,
} from "./_hosts.ts";
import { type KeyEntry, keyHeight, keyParts } from "../parts/_key.ts";
import {
  type Annotation,
  emptyFigure,
  label,
  layoutOf,
  MUTED,
  SMALL_PX,
} from "../parts/_layout.ts";
import { assertCount, counted } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

export type { ConversationRow, ServerEnd };

/** How {@linkcode plotConversation} draws. */
export interface PlotConversationOptions {
  /**
   * Which end of the rows is the server: "remote", the default, for rows of clients; "local" for
   * rows of the server; an endpoint for rows of either side. A conversation that is given from both
   * sides is drawn once, in the state of its first row.
   */
  readonly server?: ServerEnd;
  /** The title, at most 36 characters; "Clients and their server" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it counts what is drawn. */
  readonly subtitle?: string;
  /** How many lines are drawn at most; 12 by default, 100 at most. */
  readonly limit?: number;
}

const COLUMNS = ["client", "client port", "server", "server port", "state"];
const LEFT: Side = { meaning: "client", edge: 0 };
const RIGHT: Side = { meaning: "server", edge: 1 };
/** Beyond this a figure is longer than anybody scrolls. */
const MAX_LIMIT = 100;
const MARGIN = BOX_PX + 12;
const MORE_PX = 24;
const KEY_GAP_PX = 16;

/**
 * Draws conversations: a box for each address with its ports as points, clients at the left, the
 * server at the right, and a line for each four-tuple, in the colour and dash of its state.
 *
 * What is more than `limit` is left out and counted; clients take turns, so that none has all the
 * lines. No row at all gives a figure that says so.
 *
 * @throws {TypeError} If an end of a row is not an Endpoint, or the server neither one nor a side
 * @throws {RangeError} If a port is 0 (a listening socket has no remote end), if a state is none of
 * the kernel's, if neither end of a row is the server that the options name, or if the title is
 * blank or too long for a phone
 *
 * @example Two computers, three conversations, one port
 * ```ts
 * import { parseFourTuple } from "fourtuple/tuples";
 * import { plotConversation } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotConversation([
 *   parseFourTuple("10.0.0.50:52431 -> 192.168.1.100:80"),
 *   parseFourTuple("10.0.0.50:52432 -> 192.168.1.100:80"),
 *   parseFourTuple("10.0.0.99:52431 -> 192.168.1.100:80"),
 * ]);
 * assertEquals(figure.table.rows[2], ["10.0.0.99", 52431, "192.168.1.100", 80, "ESTABLISHED"]);
 * ```
 */
export function plotConversation(
  rows: Iterable<ConversationRow>,
  options: PlotConversationOptions = {},
): Figure {
  const { limit = 12, title = "Clients and their server" } = options;
  assertCount(limit, { as: "draw conversations up to a limit of", most: MAX_LIMIT });
  const thinned = thin(orient(rows, options.server ?? "remote"), limit);
  if (thinned.all.length === 0) {
    return emptyFigure({ title, subtitle: options.subtitle }, {
      columns: COLUMNS,
      text: "no conversation",
    });
  }

  const clients = placeHosts(hostsOf(thinned, "client"));
  const servers = placeHosts(hostsOf(thinned, "server"));
  const height = Math.max(hostsHeight(clients), hostsHeight(servers));
  const left = centred(clients, height);
  const right = centred(servers, height);
  const more = [
    ...moreLabels(hostCount(thinned.all, "client") - left.length, LEFT, height),
    ...moreLabels(hostCount(thinned.all, "server") - right.length, RIGHT, height),
  ];
  const keyTop = height + (more.length > 0 ? MORE_PX : 0) + KEY_GAP_PX;
  const entries = keyOf(thinned.drawn);
  const key = keyParts(entries, { left: -BOX_PX, top: keyTop });
  const bottom = keyTop + keyHeight(entries);
  return new Figure({
    data: [
      ...entries.map(({ look, text }) => linesTrace(thinned.drawn, { look, text, left, right })),
      portPoints(left, LEFT),
      portPoints(right, RIGHT),
    ],
    layout: layoutOf({
      heading: { title, subtitle: options.subtitle ?? subtitleOf(thinned) },
      plotHeight: SIDE_TITLE_PX + bottom,
      margin: { l: MARGIN, r: MARGIN, b: 12 },
      parts: {
        xaxis: { range: [0, 1], visible: false, fixedrange: true },
        yaxis: { range: [bottom, -SIDE_TITLE_PX], visible: false, fixedrange: true },
        shapes: [...hostShapes(left, LEFT), ...hostShapes(right, RIGHT), ...key.shapes],
      },
      annotations: [
        sideTitle(hostCount(thinned.all, "client") === 1 ? "client" : "clients", LEFT),
        sideTitle(hostCount(thinned.all, "server") === 1 ? "server" : "servers", RIGHT),
        ...hostLabels(left, LEFT),
        ...hostLabels(right, RIGHT),
        ...more,
        ...key.annotations,
      ],
    }),
    table: new Table({
      columns: COLUMNS,
      rows: thinned.drawn.map(({ client, server, look }) => [
        hostText(client),
        client.port,
        hostText(server),
        server.port,
        lookText(look),
      ]),
      ...(thinned.drawn.length < thinned.all.length && {
        caption: `${thinned.drawn.length} of ${thinned.all.length} conversations`,
      }),
    }),
  });
}

function subtitleOf({ all, drawn }: Thinned): string {
  const servers = new Set(all.map(({ server }) => String(server)));
  const part = drawn.length < all.length ? `${drawn.length} of ` : "";
  return `${part}${counted(all.length, "four-tuple")} with ` +
    `${counted(servers.size, "server endpoint")}.`;
}

function hostCount(conversations: readonly Conversation[], side: Side["meaning"]): number {
  return new Set(conversations.map((conversation) => hostText(conversation[side]))).size;
}

/** The hosts of the conversations that are drawn; the notes count all conversations. */
function hostsOf({ all, drawn }: Thinned, side: Side["meaning"]): Host[] {
  const uses = Map.groupBy(all, (conversation) => String(conversation[side]));
  const shown = new Set(drawn.map((conversation) => String(conversation[side])));
  const hosts = Map.groupBy(uses.values(), ([first]) => hostText(first![side]));
  return [...hosts].map(([address, ports]) => {
    const drawnPorts = ports.filter(([first]) => shown.has(String(first![side])));
    return {
      address,
      ports: drawnPorts.map((conversations) => ({
        endpoint: String(conversations[0]![side]),
        port: conversations[0]![side].port,
        note: conversations.length > 1 ? counted(conversations.length, "four-tuple") : undefined,
      })),
      more: ports.length - drawnPorts.length,
    };
  }).filter(({ ports }) => ports.length > 0);
}

function keyOf(conversations: readonly Conversation[]): KeyEntry[] {
  const looks = new Set(conversations.map(({ look }) => look));
  return [...looks].map((look) => ({ text: lookText(look), look: PALETTE[look] }));
}

function lookText(look: Conversation["look"]): string {
  return look === "udp" ? "UDP" : look;
}

function linesTrace(
  conversations: readonly Conversation[],
  { look, text, left, right }: KeyEntry & { left: PlacedHost[]; right: PlacedHost[] },
): Trace {
  const [from, to] = [heightsOf(left), heightsOf(right)];
  const drawn = conversations.filter((conversation) => PALETTE[conversation.look] === look);
  return {
    type: "scatter",
    mode: "lines",
    name: text,
    x: drawn.flatMap(() => [0, 1, null]),
    y: drawn.flatMap(({ client, server }) => [
      from.get(String(client)),
      to.get(String(server)),
      null,
    ]),
    line: { color: look.color, dash: look.dash, width: 2 },
    hoverinfo: "skip",
    cliponaxis: false,
  };
}

function heightsOf(hosts: readonly PlacedHost[]): Map<string, number> {
  return new Map(hosts.flatMap(({ ports }) => ports.map(({ endpoint, y }) => [endpoint, y])));
}

/** How many hosts of a side have no box, if any. */
function moreLabels(missing: number, { meaning, edge }: Side, y: number): Annotation[] {
  if (missing === 0) return [];
  return [label(`+ ${counted(missing, `more ${meaning}`)}`, {
    xref: "paper",
    x: edge,
    xanchor: "left",
    xshift: edge === 0 ? -BOX_PX : 0,
    y: y + MORE_PX / 2,
    yanchor: "middle",
    font: { size: SMALL_PX, color: MUTED },
  })];
}
