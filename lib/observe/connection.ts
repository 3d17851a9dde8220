/**
 * A row of the kernel's table of sockets, and a list of rows that shows itself as a table.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../jupyter/display.ts";
import { Table } from "../jupyter/table.ts";
import type { Protocol } from "../ports/protocol.ts";
import type { AddressFamily, Endpoint } from "../tuples/endpoint.ts";
import type { SocketState } from "../tuples/socket_state.ts";

/** A socket, as the kernel's table has it. */
export interface Connection {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /**
   * In which table the socket stands. An IPv6 socket that serves IPv4 clients stands in IPv6's,
   * with mapped addresses.
   */
  readonly family: AddressFamily;
  /** The state: a TCP one, or UNCONNECTED or CONNECTED for UDP. */
  readonly state: SocketState;
  /** Where the socket is bound. */
  readonly local: Endpoint;
  /** Its peer; a socket that waits for anybody has the wildcard address and port 0. */
  readonly remote: Endpoint;
  /**
   * Bytes that have arrived and were not read yet; the end of a TCP stream counts as one, and UDP
   * counts the kernel's own overhead too. Of a listening socket: connections that wait for accept.
   */
  readonly receiveQueue: number;
  /**
   * Bytes that were sent and not acknowledged yet (for UDP: that have not left yet). Of a listening
   * socket: its backlog, or `undefined` where it comes from /proc, which does not tell it.
   */
  readonly sendQueue: number | undefined;
  /** Whose socket it is, by number; 0 (also root's) in TIME_WAIT, when it is nobody's any more. */
  readonly uid: number;
  /**
   * The socket's number, as in /proc/PID/fd. 0 if no process has it: not yet, while a connection
   * waits for accept, or no longer, as in TIME_WAIT.
   */
  readonly inode: number;
}

/** Nobody reads more rows than this, and a notebook would carry all of them. */
const MAX_SHOWN = 40;

/**
 * Rows of the kernel's table of sockets: an array that shows itself as a table.
 *
 * `filter`, `slice` and `toSorted` give such rows again; `map` and the others give plain arrays.
 *
 * @example Count the rows of a listener
 * ```ts
 * import { connections } from "fourtuple";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const rows = connections({ port }).filter((row) => row.state === "LISTEN");
 * assertEquals(rows.map((row) => String(row.local)), [`127.0.0.1:${port}`]);
 * ```
 */
export class Connections extends Array<Connection> implements Displayable {
  /** Makes a list of these rows, in their order. */
  constructor(rows: Iterable<Connection> = []) {
    super();
    for (const row of rows) this.push(row);
  }

  /** What the methods below leave alone makes plain arrays: what `map` gives are no rows. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Returns the rows that `keep` answers with something true. */
  override filter(
    keep: (row: Connection, index: number, rows: Connection[]) => unknown,
    thisArg?: unknown,
  ): Connections {
    return new Connections(super.filter(keep, thisArg));
  }

  /** Returns the rows from `start` to before `end`. */
  override slice(start?: number, end?: number): Connections {
    return new Connections(super.slice(start, end));
  }

  /** Returns the rows in another order. */
  override toSorted(compare?: (one: Connection, other: Connection) => number): Connections {
    return new Connections(super.toSorted(compare));
  }

  /** Returns the rows, at most 40 of them, as a table; `*` stands for a peer that may be anybody. */
  toTable(): Table {
    const more = this.length - MAX_SHOWN;
    const caption = this.length === 0
      ? "The kernel has no such socket."
      : more > 0
      ? `The first ${MAX_SHOWN} of ${this.length} sockets.`
      : undefined;
    return new Table({
      columns: ["protocol", "state", "local", "remote", "recv-q", "send-q"],
      rows: this.slice(0, MAX_SHOWN).map((row) => [
        row.protocol,
        row.state,
        String(row.local),
        isWaiting(row) ? "*" : String(row.remote),
        row.receiveQueue,
        row.sendQueue,
      ]),
      ...(caption === undefined ? {} : { caption }),
    });
  }

  /** Returns the table as lines of text. */
  override toString(): string {
    return this.toTable().toString();
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return this.toTable()[DISPLAY]();
  }
}

/** Whether a socket waits for anybody: it listens, or has no peer. */
export function isWaiting(row: Connection): boolean {
  return row.state === "LISTEN" || row.state === "UNCONNECTED";
}

/**
 * The order in which rows are listed: those that wait for anybody first; then by local port, so
 * that a server's connections stand together; then by protocol, address and peer.
 */
export function compareConnections(one: Connection, other: Connection): number {
  return Number(isWaiting(other)) - Number(isWaiting(one)) ||
    one.local.port - other.local.port ||
    compareText(one.protocol, other.protocol) ||
    compareText(String(one.local), String(other.local)) ||
    one.remote.port - other.remote.port ||
    compareText(String(one.remote), String(other.remote)) ||
    one.inode - other.inode;
}

/** By code units, so that the order does not hang on the machine's language. */
function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
