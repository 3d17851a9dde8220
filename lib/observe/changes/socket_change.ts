/**
 * What happened to a socket between two looks at the kernel's table.
 *
 * @module
 */
import type { SocketState } from "../../tuples/socket_state.ts";
import { diff } from "./_snapshot_diff.ts";
import type { Connection } from "../rows/connection.ts";

/** What happened to one socket. */
export interface SocketChange {
  /**
   * "appeared": a look has it that the look before had not, or it was there at the first look.
   * "changed": its state, or one of its endpoints, is another. "gone": a look does not have it.
   */
  readonly kind: "appeared" | "changed" | "gone";
  /** Which socket: 1, 2, 3 … in the order in which they appeared; the same for its whole life. */
  readonly socket: number;
  /** When it was seen, in milliseconds after the start: the end of the look that shows it. */
  readonly time: number;
  /**
   * It did not happen earlier, in milliseconds after the start: the begin of the look before.
   * `undefined` for what was there at the first look, and may be as old as the machine.
   */
  readonly since: number | undefined;
  /** The socket's row: as it is now, and of one that is gone, the last one seen. */
  readonly row: Connection;
  /** The state in which the look before had it; `undefined` if it appeared. */
  readonly from: SocketState | undefined;
  /** The state that it has now; `undefined` if it is gone. */
  readonly to: SocketState | undefined;
}

/** Rows of the kernel's table, and when they were read, in milliseconds after the start. */
export interface Look {
  /** When the reading began. */
  readonly begin: number;
  /** When it was done. */
  readonly end: number;
  /** The rows. */
  readonly rows: readonly Connection[];
}

/**
 * Follows sockets from look to look, and gives each a number.
 *
 * @internal
 */
export class SocketTracker {
  #numbers = new Map<Connection, number>();
  #last: Look | undefined;
  #count = 0;

  /** Returns what is new in a look: first what is gone, then what changed, then what appeared. */
  next(look: Look): SocketChange[] {
    const rows = distinct(look.rows);
    const { appeared, stayed, gone } = diff(this.#last?.rows ?? [], rows);
    const numbers = new Map<Connection, number>();
    const seen = { time: look.end, since: this.#last?.begin };
    const changes: SocketChange[] = gone.map((row) => ({
      kind: "gone",
      socket: this.#numbers.get(row)!,
      ...seen,
      row,
      from: row.state,
      to: undefined,
    }));
    for (const [before, row] of stayed) {
      const socket = this.#numbers.get(before)!;
      numbers.set(row, socket);
      if (isSame(before, row)) continue;
      changes.push({ kind: "changed", socket, ...seen, row, from: before.state, to: row.state });
    }
    for (const row of appeared) {
      const socket = ++this.#count;
      numbers.set(row, socket);
      changes.push({ kind: "appeared", socket, ...seen, row, from: undefined, to: row.state });
    }
    this.#numbers = numbers;
    this.#last = { ...look, rows };
    return changes;
  }

  /** Returns the rows of the last look, each with its socket's number. */
  current(): ReadonlyMap<Connection, number> {
    return this.#numbers;
  }
}

/** A socket that moves while the table is read can stand there twice; the later row holds. */
function distinct(rows: readonly Connection[]): readonly Connection[] {
  const byCookie = new Map(rows.map((row) => [row.cookie ?? row, row]));
  return byCookie.size === rows.length ? rows : [...byCookie.values()];
}

function isSame(one: Connection, other: Connection): boolean {
  return one.state === other.state && one.local.equals(other.local) &&
    one.remote.equals(other.remote);
}
