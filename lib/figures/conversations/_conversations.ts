/** Rows of a connection table as conversations of a client with a server. */
import { type Check, check, oneOf, partOf, refusal } from "../../refusal.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import { itemsOf } from "../parts/_checks.ts";

/** One conversation; a FourTuple is one, and so is a row of the kernel's table of connections. */
export interface ConversationRow {
  /** The near end. */
  readonly local: Endpoint;
  /** The far end. */
  readonly remote: Endpoint;
  /** The TCP state of the near end, by the kernel's name; not known by default. */
  readonly state?: string;
  /** "tcp" by default; UDP has no state. */
  readonly protocol?: string;
}

/** Which end of a row is the server. */
export type ServerEnd = "remote" | "local" | Endpoint;

/** A conversation whose client is known. */
export interface Conversation {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** What its line stands for: its state, UDP, which has none, or a state that nobody has read. */
  readonly meaning: TcpState | "udp" | "unknown";
}

/** Conversations, and those of them that a figure has room for. */
export interface Thinned {
  readonly all: readonly Conversation[];
  readonly drawn: readonly Conversation[];
}

const CANNOT = "Cannot draw conversations";
const STATE = oneOf(...TCP_STATES);

/** Allows what may be the server. */
export const serverEnd: Check<ServerEnd> = {
  rule: '"local", "remote" or an Endpoint',
  allows: (value): value is ServerEnd =>
    value === "local" || value === "remote" || value instanceof Endpoint,
};

/**
 * Finds the client and the server in each row; each conversation comes out once. An IPv4 client of an
 * IPv6 socket is an IPv4 client here, as its own row has it.
 */
export function orient(rows: Iterable<ConversationRow>, server: ServerEnd): Conversation[] {
  const found = new Map<string, Conversation>();
  for (const row of itemsOf(rows, { cannot: CANNOT, one: "row" })) {
    checkEnds(row);
    const ends = [row.local.unmapped(), row.remote.unmapped()] as const;
    const [client, far] = serverIsLocal(row, server) ? [ends[1], ends[0]] : ends;
    const meaning = meaningOf(row);
    const key = `${meaning === "udp" ? "udp" : "tcp"} ${client} -> ${far}`;
    if (!found.has(key)) found.set(key, { client, server: far, meaning });
  }
  return [...found.values()];
}

/** Keeps at most `limit` conversations, and takes them from each client in turn. */
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

/**
 * Refuses a row whose ends are not endpoints.
 *
 * @throws {TypeError} If one is not
 */
export function checkEndpoints({ local, remote }: ConversationRow, cannot: string): void {
  for (const end of [local, remote] as unknown[]) {
    if (end instanceof Endpoint) continue;
    throw refusal(TypeError, {
      cannot,
      rule: "the ends of a row are Endpoints",
      part: partOf(end),
    });
  }
}

function checkEnds(row: ConversationRow): void {
  checkEndpoints(row, CANNOT);
  if (row.local.port === 0 || row.remote.port === 0) {
    throw refusal(RangeError, {
      cannot: `Cannot draw the conversation "${rowText(row)}"`,
      rule: "it has a port at both ends",
      part: "port 0",
    });
  }
}

function serverIsLocal({ local, remote }: ConversationRow, server: ServerEnd): boolean {
  if (server === "local" || server === "remote") return server === "local";
  const wanted = server.unmapped();
  if (local.unmapped().equals(wanted)) return true;
  if (remote.unmapped().equals(wanted)) return false;
  throw refusal(RangeError, {
    cannot: `Cannot draw the conversation "${rowText({ local, remote })}"`,
    rule: `one of its ends is the server ${server}`,
    part: "neither",
  });
}

function meaningOf(row: ConversationRow): Conversation["meaning"] {
  if (row.protocol === "udp") return "udp";
  const { state } = row;
  if (state === undefined) return "unknown";
  check(state, STATE, {
    cannot: `Cannot draw the conversation "${rowText(row)}"`,
    what: "a state",
  });
  return state;
}

function rowText({ local, remote }: ConversationRow): string {
  return `${local} -> ${remote}`;
}
