/** Which rows of the kernel's table belong to this process and to the programs that it has started. */
import type { SocketState } from "../tuples/socket_state.ts";
import type { Connection } from "./rows/connection.ts";
import { inodesOf, withDescendants } from "./sources/open_sockets.ts";

/** States of a connection that has no inode yet, because no process has accepted it. */
const BEFORE_ACCEPT: readonly SocketState[] = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT"];

/**
 * Follows the open sockets of this process and its programs from reading to reading: a row can lose
 * its inode before the connection has ended.
 */
export class OwnRows {
  /** Connections that were open here in an earlier reading, under the names of both ends. */
  readonly #known = new Set<string>();
  #isFirstReading = true;

  /** Returns the rows that are open, and belong here. */
  openIn(rows: readonly Connection[]): readonly Connection[] {
    const open = rows.filter(({ state }) => state !== "TIME_WAIT");
    if (open.length === 0) return open;
    const inodes = inodesOf(withDescendants(Deno.pid));
    const own = open.filter(({ inode }) => inodes.has(inode));
    const listening = open.filter(({ state }) => state === "LISTEN");
    for (const row of own) this.#know(row);
    if (this.#isFirstReading) {
      const closed = rows.filter(isClosed);
      const names = new Set(closed.map(nameOf));
      for (const row of closed) if (names.has(nameOf(reversed(row)))) this.#know(row);
    }
    this.#isFirstReading = false;
    return open.filter((row) => {
      if (row.inode !== 0) return inodes.has(row.inode);
      return listenersOf(row, listening).some(({ inode }) => inodes.has(inode)) ||
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

/** Whether a process has closed the connection: nobody can tell any more which. */
function isClosed({ inode, state }: Connection): boolean {
  return inode === 0 && !BEFORE_ACCEPT.includes(state);
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
