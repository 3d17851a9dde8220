/** Which rows of the kernel's table belong to this process and to the programs that it has started. */
import type { SocketState } from "../tuples/socket_state.ts";
import type { Connection, Connections } from "./rows/connection.ts";
import { inodesOf, withDescendants, withDescendantsByPs } from "./sources/open_sockets.ts";

/** States of a connection that has no inode yet, because no process has accepted it. */
const BEFORE_ACCEPT: readonly SocketState[] = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT"];

/** What a reading of the table says about the processes that have its sockets. */
export interface Holders {
  /** Whether a process has the row's socket. */
  isHeld(row: Connection): boolean;
  /** Whether it is this process, or a program that it has started. */
  isOwn(row: Connection): boolean;
}

/** Goes by the inodes, `proc_pid_fd(5)`. */
export function holdersByInode(): Holders {
  const inodes = inodesOf(withDescendants(Deno.pid));
  return { isHeld: ({ inode }) => inode !== 0, isOwn: ({ inode }) => inodes.has(inode) };
}

/**
 * Goes by the owners that a tool has printed, where there are no inodes; a socket whose owner it did
 * not print counts as this program's. `undefined` if it printed none at all, or the system does not tell
 * which programs this process has started.
 */
export function holdersByOwner(rows: Connections): Holders | undefined {
  if (!rows.some((row) => rows.ownersOf(row).length > 0)) return undefined;
  const family = withDescendantsByPs(Deno.pid);
  return family && {
    isHeld: (row) => rows.ownersOf(row).length > 0 || rows.isOwnerHidden(row),
    isOwn: (row) =>
      rows.ownersOf(row).some(({ pid }) => family.has(pid)) || rows.isOwnerHidden(row),
  };
}

/**
 * Follows the open sockets of this process and its programs from reading to reading: a row can lose
 * its inode before the connection has ended.
 */
export class OwnRows {
  /** Connections that were open here in an earlier reading, under the names of both ends. */
  readonly #known = new Set<string>();
  #isFirstReading = true;

  /** Returns the rows that are open, and belong here. */
  openIn(rows: readonly Connection[], { isHeld, isOwn }: Holders): readonly Connection[] {
    const open = rows.filter(({ state }) => state !== "TIME_WAIT");
    const own = open.filter(isOwn);
    const listening = open.filter(({ state }) => state === "LISTEN");
    for (const row of own) this.#know(row);
    if (this.#isFirstReading) {
      // A process has closed the connection: nobody can tell any more which.
      const isClosed = (row: Connection) => !isHeld(row) && !BEFORE_ACCEPT.includes(row.state);
      const closed = rows.filter(isClosed);
      const names = new Set(closed.map(nameOf));
      for (const row of closed) if (names.has(nameOf(reversed(row)))) this.#know(row);
    }
    this.#isFirstReading = false;
    return open.filter((row) => {
      if (isHeld(row)) return isOwn(row);
      return listenersOf(row, listening).some(isOwn) ||
        (!BEFORE_ACCEPT.includes(row.state) && this.#known.has(nameOf(row)));
    });
  }

  #know(row: Connection): void {
    this.#known.add(nameOf(row)).add(nameOf(reversed(row)));
  }
}

function reversed({ local, remote }: Connection): Pick<Connection, "local" | "remote"> {
  return { local: remote, remote: local };
}

/** The listening sockets that may have made a connection: one at its very address goes first. */
function listenersOf(
  { family, local }: Connection,
  listening: readonly Connection[],
): readonly Connection[] {
  const atPort = listening.filter((each) =>
    each.family === family && each.local.port === local.port
  );
  const exact = atPort.filter((each) => each.local.equals(local));
  return exact.length > 0 ? exact : atPort.filter((each) => each.local.isWildcard);
}

function nameOf({ local, remote }: Pick<Connection, "local" | "remote">): string {
  return `${local} ${remote}`;
}
