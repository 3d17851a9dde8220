/** Rows of a connection table as conversations of a client with a server. */
import { kindOf, quoteValue } from "../../refusal.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import { isTcpState } from "../parts/palette.ts";

/** One conversation; a FourTuple is one, and so is a row of the kernel's table of connections. */
export interface ConversationRow {
  /** The near end. */
  readonly local: Endpoint;
  /** The far end. */
  readonly remote: Endpoint;
  /** The TCP state of the near end, by the kernel's name; ESTABLISHED by default. */
  readonly state?: string;
  /** "tcp" by default; UDP has no state. */
  readonly protocol?: string;
}

/** Which end of a row is the server. */
export type ServerEnd = "remote" | "local" | Endpoint;

/** A conversation that knows its client. */
export interface Conversation {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** The state by which its line is drawn. */
  readonly look: TcpState | "udp";
}

/** Conversations, and those of them that a figure has room for. */
export interface Thinned {
  readonly all: readonly Conversation[];
  readonly drawn: readonly Conversation[];
}

/**
 * Tells the client from the server in each row; each conversation comes out once. An IPv4 client of
 * an IPv6 socket is an IPv4 client here, as its own row says.
 */
export function orient(rows: Iterable<ConversationRow>, server: ServerEnd): Conversation[] {
  assertServer(server);
  const found = new Map<string, Conversation>();
  for (const row of rows) {
    assertEnds(row);
    const ends = [row.local.unmapped(), row.remote.unmapped()] as const;
    const [client, far] = serverIsLocal(row, server) ? [ends[1], ends[0]] : ends;
    const look = lookOf(row);
    const key = `${look === "udp" ? "udp" : "tcp"} ${client} -> ${far}`;
    if (!found.has(key)) found.set(key, { client, server: far, look });
  }
  return [...found.values()];
}

/** Keeps at most `limit` conversations, taking clients in turn, so that none has them all. */
export function thin(all: readonly Conversation[], limit: number): Thinned {
  const groups = [...Map.groupBy(all, ({ client }) => hostText(client)).values()];
  const inTurn = groups
    .flatMap((group) => group.map((conversation, turn) => ({ conversation, turn })))
    .sort((one, other) => one.turn - other.turn);
  const kept = new Set(inTurn.slice(0, limit).map(({ conversation }) => conversation));
  return { all, drawn: all.filter((conversation) => kept.has(conversation)) };
}

/** Returns the address, with its zone. */
export function hostText({ address, zone }: Endpoint): string {
  return zone === undefined ? address : `${address}%${zone}`;
}

function assertEnds(row: ConversationRow): void {
  for (const end of [row.local, row.remote]) {
    if (!(end instanceof Endpoint)) {
      throw new TypeError(
        `Cannot draw a conversation: its ends are Endpoints, got ${kindOf(end)}`,
      );
    }
    if (end.port === 0) {
      throw new RangeError(
        `Cannot draw the conversation "${rowText(row)}": it has a port at both ends, got port 0`,
      );
    }
  }
}

function assertServer(server: unknown): asserts server is ServerEnd {
  if (server === "local" || server === "remote" || server instanceof Endpoint) return;
  throw new TypeError(
    `Cannot draw conversations with the server ${quoteValue(server)}: it is "local", "remote" or ` +
      `an Endpoint, got ${kindOf(server)}`,
  );
}

function serverIsLocal({ local, remote }: ConversationRow, server: ServerEnd): boolean {
  if (server === "local" || server === "remote") return server === "local";
  const wanted = server.unmapped();
  if (local.unmapped().equals(wanted)) return true;
  if (remote.unmapped().equals(wanted)) return false;
  throw new RangeError(
    `Cannot draw the conversation "${rowText({ local, remote })}": one of its ends is the server ` +
      `${server}, got neither`,
  );
}

function lookOf(row: ConversationRow): Conversation["look"] {
  if (row.protocol === "udp") return "udp";
  const { state = "ESTABLISHED" } = row;
  if (!isTcpState(state)) {
    throw new RangeError(
      `Cannot draw the conversation "${rowText(row)}": a state is one of ` +
        `${TCP_STATES.join(", ")}, got "${state}"`,
    );
  }
  return state;
}

function rowText({ local, remote }: ConversationRow): string {
  return `${local} -> ${remote}`;
}
