/**
 * What happened to a socket between two samples of the kernel's table.
 *
 * @module
 */
import type { SocketState } from "../../tuples/socket_state.ts";
import type { Sample } from "../../sampler.ts";
import { diff } from "./_snapshot_diff.ts";
import type { Connection } from "../rows/connection.ts";

/** What happened to one socket. */
export interface SocketChange {
  /**
   * "appeared": a sample has it that the one before did not have, or it was in the first sample.
   * "changed": its state or one of its endpoints is another. "gone": a sample no longer has it.
   */
  readonly kind: "appeared" | "changed" | "gone";
  /** Which socket: 1, 2, 3 … in the order in which they appeared; the same for its whole life. */
  readonly socket: number;
  /** When it was seen, in milliseconds after the start: the end of the sample that shows it. */
  readonly time: number;
  /**
   * The earliest time at which it can have happened, in milliseconds after the start: the beginning
   * of the sample before. `undefined` for what was in the first sample: it may be any age.
   */
  readonly since: number | undefined;
  /** The socket's row as it is now; the last one seen if the socket is gone. */
  readonly row: Connection;
  /** The state in the sample before; `undefined` if it appeared. */
  readonly from: SocketState | undefined;
  /** The state now; `undefined` if it is gone. */
  readonly to: SocketState | undefined;
}

/** The rows of one reading of the kernel's table, and when they were read. */
export type TableSample = Sample<readonly Connection[]>;

/**
 * Follows sockets from sample to sample, and gives each a number.
 *
 * @internal
 */
export class SocketTracker {
  #numbers = new Map<Connection, number>();
  #last: TableSample | undefined;
  #count = 0;

  /** Returns what is new in a sample: first what is gone, then what changed, then what appeared. */
  next(sample: TableSample): SocketChange[] {
    const rows = distinct(sample.value);
    const { appeared, stayed, gone } = diff(this.#last?.value ?? [], rows);
    const numbers = new Map<Connection, number>();
    const seen = { time: sample.end, since: this.#last?.begin };
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
    this.#last = { ...sample, value: rows };
    return changes;
  }

  /** Returns the rows of the last sample, each with its socket's number. */
  current(): ReadonlyMap<Connection, number> {
    return this.#numbers;
  }
}

/** A socket that moves while the table is read can be listed twice; the later row counts. */
function distinct(rows: readonly Connection[]): readonly Connection[] {
  const byCookie = new Map(rows.map((row) => [row.cookie ?? row, row]));
  return byCookie.size === rows.length ? rows : [...byCookie.values()];
}

function isSame(one: Connection, other: Connection): boolean {
  return one.state === other.state && one.local.equals(other.local) &&
    one.remote.equals(other.remote);
}
