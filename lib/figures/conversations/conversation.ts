/**
 * Conversations: clients at the left, the server at the right, one line for each four-tuple.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { HEADING } from "../parts/_checks.ts";
import { lineKey } from "../parts/_key.ts";
import { drawFigure, emptyFigure, hiddenAxis, INK, type Mark } from "../parts/_layout.ts";
import { counted } from "../parts/_words.ts";
import { type MarkStyle, PALETTE } from "../parts/palette.ts";
import {
  type Conversation,
  type ConversationRow,
  hostText,
  orient,
  type ServerEnd,
  serverEnd,
  thin,
  type Thinned,
} from "./_conversations.ts";
import {
  BOX_PX,
  centred,
  HEAD_PX,
  type Host,
  type HostColumn,
  hostMarks,
  hostsHeight,
  moreHeight,
  type PlacedHost,
  placeHosts,
} from "./_hosts.ts";

export type { ConversationRow, ServerEnd };

/** How {@linkcode plotConversation} draws. */
export interface PlotConversationOptions {
  /**
   * Which end of the rows is the server: "remote", the default, for rows of clients; "local" for
   * rows of the server; an endpoint for rows of either side. A conversation that is given from both
   * sides is drawn once, in the state of its first row.
   */
  readonly server?: ServerEnd;
  /** The title; "Clients and their server" by default, "servers" where they have several addresses. */
  readonly title?: string;
  /** The text under the title; by default it counts what is drawn. */
  readonly subtitle?: string;
  /** How many lines are drawn at most; 12 by default, 100 at most. */
  readonly limit?: number;
}

const COLUMNS = ["client", "client port", "server", "server port", "state"];
const LEFT: HostColumn = { meaning: "client", edge: 0 };
const RIGHT: HostColumn = { meaning: "server", edge: 1 };
const OPTIONS: OptionChecks<PlotConversationOptions> = {
  ...HEADING,
  server: serverEnd,
  limit: wholeNumber({ least: 1, most: 100 }),
};
const MARGIN = BOX_PX + 12;

/**
 * Draws conversations: a box for each address with its ports as points, clients at the left, the
 * server at the right, and a line for each four-tuple, in the colour and dash of its state. A row
 * without a state, such as a four-tuple that was written down, is a plain black line.
 *
 * Conversations beyond `limit` are left out and counted; clients take turns, so that none has all the
 * lines. If there is no row, the figure says so.
 *
 * @param rows Four-tuples, or rows of the kernel's table
 * @throws {TypeError} If an end of a row is not an Endpoint, a state is none of the kernel's, or an
 * option is not known or of the wrong kind
 * @throws {RangeError} If a port is 0 (a listening socket has no remote end), if neither end of a row
 * is the server that the options name, or if the limit is out of bounds
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
 * assertEquals(figure.table.rows[2], ["10.0.0.99", 52431, "192.168.1.100", 80, ""]);
 * ```
 */
export function plotConversation(
  rows: Iterable<ConversationRow>,
  options: PlotConversationOptions = {},
): Figure {
  checkOptions(options, OPTIONS, "Cannot draw conversations");
  const { server = "remote", limit = 12 } = options;
  const thinned = thin(orient(rows, server), limit);
  const several = hostCount(thinned.all, "server") > 1 ? "s" : "";
  const { title = `Clients and their server${several}` } = options;
  if (thinned.all.length === 0) {
    return emptyFigure({ title, subtitle: options.subtitle }, {
      columns: COLUMNS,
      text: "no conversation",
    });
  }

  const clients = placeHosts(hostsOf(thinned, "client"));
  const servers = placeHosts(hostsOf(thinned, "server"));
  const height = Math.max(hostsHeight(clients), hostsHeight(servers));
  const [left, right] = [centred(clients, height), centred(servers, height)];
  const counts = [hostCount(thinned.all, "client"), hostCount(thinned.all, "server")] as const;
  const bottom = height +
    moreHeight(Math.max(counts[0] - left.length, counts[1] - right.length));
  const meanings = [...new Set(thinned.drawn.map(({ meaning }) => meaning))];
  return drawFigure({
    heading: { title, subtitle: options.subtitle ?? subtitleOf(thinned) },
    height: HEAD_PX + bottom,
    margin: { l: MARGIN, r: MARGIN },
    axes: { xaxis: hiddenAxis(0, 1), yaxis: hiddenAxis(bottom, -HEAD_PX) },
    marks: [
      ...meanings.map((meaning) => lines(thinned.drawn, meaning, [left, right])),
      ...hostMarks(left, LEFT, { count: counts[0], height }),
      ...hostMarks(right, RIGHT, { count: counts[1], height }),
    ],
    under: [
      // Lines of one kind that nothing was read of need no key.
      lineKey(
        meanings.length === 1 && meanings[0] === "unknown"
          ? []
          : meanings.map((each) => ({ text: wordOf(each), style: styleOf(each) })),
      ),
    ],
    table: new Table({
      columns: COLUMNS,
      rows: thinned.drawn.map(({ client, server, meaning }) => [
        hostText(client),
        client.port,
        hostText(server),
        server.port,
        meaning === "unknown" ? "" : wordOf(meaning),
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
  return `${part}${counted(all.length, "conversation")} with ` +
    `${counted(servers.size, "server endpoint")}.`;
}

function hostCount(conversations: readonly Conversation[], side: HostColumn["meaning"]): number {
  return new Set(conversations.map((conversation) => hostText(conversation[side]))).size;
}

/** The hosts of the conversations that are drawn; the notes count all conversations. */
function hostsOf({ all, drawn }: Thinned, side: HostColumn["meaning"]): Host[] {
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
        note: conversations.length > 1 ? noteOf(conversations.length) : undefined,
      })),
      more: ports.length - drawnPorts.length,
    };
  }).filter(({ ports }) => ports.length > 0);
}

/** A port's box has no room for a long number and the word. */
function noteOf(count: number): string {
  return count < 1000 ? counted(count, "conversation") : `${count.toLocaleString("en")} in all`;
}

function wordOf(meaning: Conversation["meaning"]): string {
  return meaning === "udp" ? "UDP" : meaning === "unknown" ? "state not read" : meaning;
}

function styleOf(meaning: Conversation["meaning"]): MarkStyle {
  return meaning === "unknown" ? { color: INK, dash: "solid", symbol: "circle" } : PALETTE[meaning];
}

/** The lines of one state, from the clients' ports to the servers'. */
function lines(
  conversations: readonly Conversation[],
  meaning: Conversation["meaning"],
  [left, right]: readonly [readonly PlacedHost[], readonly PlacedHost[]],
): Mark {
  const [from, to] = [heightsOf(left), heightsOf(right)];
  const drawn = conversations.filter((conversation) => conversation.meaning === meaning);
  const { color, dash } = styleOf(meaning);
  return {
    traces: [{
      type: "scatter",
      mode: "lines",
      name: wordOf(meaning),
      x: drawn.flatMap(() => [0, 1, null]),
      y: drawn.flatMap(({ client, server }) => [
        from.get(String(client)),
        to.get(String(server)),
        null,
      ]),
      line: { color, dash, width: 2 },
      hoverinfo: "skip",
      cliponaxis: false,
    }],
  };
}

function heightsOf(hosts: readonly PlacedHost[]): Map<string, number> {
  return new Map(hosts.flatMap(({ ports }) => ports.map(({ endpoint, y }) => [endpoint, y])));
}
