/** What became of the sockets of one sample of the kernel's table, by the rows of the next. */
import type { SocketState } from "../../tuples/socket_state.ts";
import type { Connection } from "../rows/connection.ts";

/** The rows of two samples, each once. */
export interface SnapshotDiff {
  /** Rows of sockets that the first sample did not have. */
  readonly appeared: readonly Connection[];
  /** Rows of one socket in both samples, whether they differ or not. */
  readonly stayed: readonly (readonly [before: Connection, after: Connection])[];
  /** Rows of sockets that the second sample does not have. */
  readonly gone: readonly Connection[];
}

/** States in which a socket may have lost its process, which has closed it. */
const ORPHANED: readonly SocketState[] = [
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
];
/** States of a connection that no process has accepted yet. */
const QUEUED: readonly SocketState[] = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT"];

const AFTER_FIN: readonly SocketState[] = ["FIN_WAIT_2", "CLOSING", "TIME_WAIT", "CLOSE"];
const AFTER_ESTABLISHED: readonly SocketState[] = [
  "FIN_WAIT_1",
  ...AFTER_FIN,
  "CLOSE_WAIT",
  "LAST_ACK",
];

/** Which states a socket may be in later, by RFC 9293 section 3.3.2, with any number skipped. */
const LATER: Readonly<Record<SocketState, readonly SocketState[]>> = {
  SYN_SENT: ["SYN_RECV", "ESTABLISHED", ...AFTER_ESTABLISHED],
  SYN_RECV: ["ESTABLISHED", ...AFTER_ESTABLISHED],
  ESTABLISHED: AFTER_ESTABLISHED,
  FIN_WAIT_1: AFTER_FIN,
  FIN_WAIT_2: ["TIME_WAIT", "CLOSE"],
  CLOSING: ["TIME_WAIT", "CLOSE"],
  CLOSE_WAIT: ["LAST_ACK", "CLOSE"],
  LAST_ACK: ["CLOSE"],
  TIME_WAIT: [],
  LISTEN: ["CLOSE"],
  CLOSE: [],
  UNCONNECTED: [],
  CONNECTED: [],
};

/**
 * Compares two samples.
 *
 * By netlink, each socket has a cookie for its whole life. Without a cookie, the inode tells a socket
 * from all others, even when its endpoints change, as connect(2) changes those of a UDP socket. Where
 * one of two rows has no inode, they are one socket if both endpoints are the same and the second
 * state can follow the first; otherwise the endpoints were used again.
 */
export function diff(
  before: readonly Connection[],
  after: readonly Connection[],
): SnapshotDiff {
  const stayed: [Connection, Connection][] = [];
  let gone = before;
  let appeared = after;
  for (const [key, isOne] of RULES) {
    const earlier = Map.groupBy(gone, key);
    appeared = appeared.filter((row) => {
      const own = key(row);
      const match = own === undefined ? undefined : take(earlier.get(own), row, isOne);
      if (match !== undefined) stayed.push([match, row]);
      return match === undefined;
    });
    gone = [...earlier.values()].flat();
  }
  return { appeared, stayed, gone };
}

/** What two rows of one socket have in common, and whether that is enough. The surest first. */
const RULES: readonly (readonly [
  key: (row: Connection) => string | undefined,
  isOne: (before: Connection, after: Connection) => boolean,
])[] = [
  [({ cookie }) => cookie === undefined ? undefined : String(cookie), () => true],
  [
    ({ protocol, inode }) => inode === 0 ? undefined : `${protocol} ${inode}`,
    (before, after) => before.cookie === undefined || after.cookie === undefined,
  ],
  [({ protocol, local, remote }) => `${protocol} ${local} ${remote}`, canBecome],
];

/** Takes out a row that is the same socket; rather one in the same state. */
function take(
  rows: Connection[] = [],
  row: Connection,
  isOne: (before: Connection, after: Connection) => boolean,
): Connection | undefined {
  const candidates = rows.filter((before) => isOne(before, row));
  const taken = candidates.find(({ state }) => state === row.state) ?? candidates[0];
  if (taken !== undefined) rows.splice(rows.indexOf(taken), 1);
  return taken;
}

/** Whether two rows with the same endpoints can be one socket's, as far as one can tell. */
export function canBecome(before: Connection, after: Connection): boolean {
  if (before.cookie !== undefined && after.cookie !== undefined) {
    return before.cookie === after.cookie;
  }
  if (before.state !== after.state && !LATER[before.state].includes(after.state)) return false;
  if (before.inode === 0 && after.inode === 0) return true;
  if (before.inode === 0) return QUEUED.includes(before.state);
  return after.inode === 0 && ORPHANED.includes(after.state);
}
