/** Rows of a connection table taken apart: their parts as columns, equal beginnings as one box. */
import { check, oneOf, quote, refusal } from "../../refusal.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { itemsOf, list } from "../parts/_checks.ts";
import { checkEndpoints, type ConversationRow, hostText } from "./_conversations.ts";

/** What a conversation is named by. */
export type TuplePart =
  | "protocol"
  | "local port"
  | "local address"
  | "remote address"
  | "remote port";

/** A row as its parts. */
export interface TupleRow {
  /** The values of the columns, from left to right. */
  readonly values: readonly string[];
  /** Its state; `undefined` if nobody has read it. */
  readonly state: SocketState | undefined;
  /** How many parts, from the left, tell it from all other rows; `undefined` if all do not. */
  readonly needs: number | undefined;
}

/** Rows that have the same values from the left up to a column. */
export interface TupleBox {
  /** Which column. */
  readonly column: number;
  /** The value. */
  readonly value: string;
  /** The first of its rows. */
  readonly first: number;
  /** The last of its rows. */
  readonly last: number;
  /**
   * "shared" by several rows; "deciding" if it tells its only row from all others; "decided" if a
   * column before it does.
   */
  readonly kind: "shared" | "deciding" | "decided";
}

const PARTS: readonly TuplePart[] = [
  "protocol",
  "local port",
  "local address",
  "remote address",
  "remote port",
];
const DEFAULT_ORDER: readonly TuplePart[] = PARTS.slice(1);
/** Written for any value. */
export const ANYBODY = "*";
const STATE = oneOf(...TCP_STATES, ...UDP_STATES);
const PART = oneOf(...PARTS);
const CANNOT = "Cannot draw four-tuples";

/**
 * Returns the rows, if they are rows.
 *
 * @throws {TypeError} If an end of a row is not an Endpoint
 */
export function checkedRows(rows: Iterable<ConversationRow>): ConversationRow[] {
  const items = itemsOf(rows, { cannot: CANNOT, one: "row" });
  for (const row of items) checkEndpoints(row, CANNOT);
  return items;
}

/**
 * Returns the columns: the order that was asked for, and the protocol before it where it differs.
 *
 * @throws {TypeError} If a part is not known
 * @throws {RangeError} If a part is there twice
 */
export function columnsOf(
  rows: readonly ConversationRow[],
  order: readonly TuplePart[] = DEFAULT_ORDER,
): readonly TuplePart[] {
  check(order, list<readonly TuplePart[]>(), { cannot: CANNOT, what: "an order" });
  for (const [index, part] of order.entries()) {
    check(part, PART, { cannot: CANNOT, what: "a part" });
    if (order.indexOf(part) === index) continue;
    throw refusal(RangeError, {
      cannot: CANNOT,
      rule: "each part is there once",
      part: `${quote(part)} twice`,
    });
  }
  const protocols = new Set(rows.map(({ protocol = "tcp" }) => protocol));
  return protocols.size > 1 && !order.includes("protocol") ? ["protocol", ...order] : order;
}

/** Takes rows apart and sorts them, so that those with the same beginning are together. */
export function tupleRows(
  rows: readonly ConversationRow[],
  columns: readonly TuplePart[],
): TupleRow[] {
  const parts = rows.map((row) => ({
    values: columns.map((column) => partOf(row, column)),
    state: stateOf(row),
  })).sort((one, other) => compareValues(one.values, other.values));
  const common = (one: number, other: number) => {
    const [a, b] = [parts[one]?.values, parts[other]?.values];
    if (a === undefined || b === undefined) return 0;
    const differs = a.findIndex((value, column) => value !== b[column]);
    return differs < 0 ? a.length : differs;
  };
  return parts.map((row, index) => {
    const shared = Math.max(common(index, index - 1), common(index, index + 1));
    return { ...row, needs: shared < columns.length ? shared + 1 : undefined };
  });
}

/**
 * Returns the parts that tell a row from all others: from the left, each in which it differs from rows
 * that are the same before. A row without others needs none.
 */
export function decidingParts(
  { values, needs = 0 }: TupleRow,
  rows: readonly TupleRow[],
  columns: readonly TuplePart[],
): TuplePart[] {
  let same = rows;
  return columns.slice(0, needs).filter((_, column) => {
    const before = same.length;
    same = same.filter((row) => row.values[column] === values[column]);
    return same.length < before;
  });
}

/** Returns the boxes of sorted rows, column by column. */
export function boxesOf(rows: readonly TupleRow[], columns: readonly TuplePart[]): TupleBox[] {
  return columns.flatMap((_, column) => {
    const boxes: TupleBox[] = [];
    for (const [index, { values, needs = Infinity }] of rows.entries()) {
      const beginning = values.slice(0, column + 1).join(" ");
      const last = boxes.at(-1);
      if (
        last !== undefined && rows[index - 1]!.values.slice(0, column + 1).join(" ") === beginning
      ) {
        boxes[boxes.length - 1] = { ...last, last: index };
        continue;
      }
      const kind = needs > column + 1 ? "shared" : needs === column + 1 ? "deciding" : "decided";
      boxes.push({ column, value: values[column]!, first: index, last: index, kind });
    }
    return boxes;
  });
}

/** The remote end of a listening socket may be anybody's. */
function partOf(row: ConversationRow, part: TuplePart): string {
  if (part === "protocol") return row.protocol ?? "tcp";
  const end = (part.startsWith("local") ? row.local : row.remote).unmapped();
  if (part.startsWith("remote") && end.port === 0) return ANYBODY;
  return part.endsWith("port") ? String(end.port) : hostText(end);
}

/** Whether a UDP socket has a peer is in its row. */
function stateOf(row: ConversationRow): SocketState | undefined {
  const ofUdp = row.remote.port === 0 ? "UNCONNECTED" : "CONNECTED";
  const { state = row.protocol === "udp" ? ofUdp : undefined } = row;
  if (state === undefined) return undefined;
  const cannot = `Cannot draw the four-tuple "${row.local} -> ${row.remote}"`;
  check(state, STATE, { cannot, what: "a state" });
  return state;
}

/** Numbers by size, other texts by their digits and letters: 10.0.0.9 before 10.0.0.50. */
function compareValues(one: readonly string[], other: readonly string[]): number {
  const column = one.findIndex((value, index) => value !== other[index]);
  return column < 0 ? 0 : ORDER.compare(one[column]!, other[column]!);
}

const ORDER = new Intl.Collator("en", { numeric: true });
