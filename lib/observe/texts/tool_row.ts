/**
 * What ss, netstat and lsof say of a socket, and a list of such rows that shows itself.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../../show/display.ts";
import { Table, type TableCell } from "../../show/table.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily, Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import type { LeftOutLine } from "../rows/connection.ts";
import { ownersText, type SocketOwner } from "../rows/socket_owner.ts";

/** A socket, as a tool's output has it. What the tool did not print is `undefined`. */
export interface ToolRow {
  /** In which line of the text it stands, from 1. */
  readonly line: number;
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** Whether it is an IPv4 or an IPv6 socket; the latter may serve IPv4 clients, too. */
  readonly family: AddressFamily;
  /** The state, in the words of this course. */
  readonly state: SocketState;
  /** Where the socket is bound. */
  readonly local: Endpoint;
  /** Its peer; a socket that waits for anybody has the wildcard address and port 0. */
  readonly remote: Endpoint;
  /** Bytes that were not read yet; of a listening socket of Linux: who waits for accept. */
  readonly receiveQueue: number | undefined;
  /** Bytes that were not acknowledged yet; of a listening socket in `ss`: its backlog. */
  readonly sendQueue: number | undefined;
  /** The device to which the socket is bound, such as "lo" in `127.0.0.53%lo:53` of `ss`. */
  readonly device: string | undefined;
  /** Whose socket it is: a name or a number, as printed. */
  readonly user: string | undefined;
  /** The socket's number on Linux. */
  readonly inode: number | undefined;
  /** The processes that have it; empty if the tool could name none. */
  readonly owners: readonly SocketOwner[] | undefined;
}

interface RowColumn {
  readonly title: string;
  readonly cell: (row: ToolRow) => TableCell;
  /** Whether the tool tells it of a row; the others are told of each. */
  readonly isTold?: (row: ToolRow) => boolean;
}

const COLUMNS: readonly RowColumn[] = [
  { title: "protocol", cell: (row) => row.protocol },
  { title: "state", cell: (row) => row.state },
  { title: "local", cell: (row) => String(row.local) },
  { title: "remote", cell: (row) => row.remote.port === 0 ? "*" : String(row.remote) },
  {
    title: "recv-q",
    cell: (row) => row.receiveQueue,
    isTold: (row) => row.receiveQueue !== undefined,
  },
  { title: "send-q", cell: (row) => row.sendQueue, isTold: (row) => row.sendQueue !== undefined },
  {
    title: "process",
    cell: ({ owners }) => owners && ownersText(owners),
    isTold: (row) => row.owners !== undefined,
  },
];

/** A notebook would carry all of them. */
const MAX_SHOWN = 40;

/**
 * The rows of a tool's output, in its order: an array that shows itself as a table.
 *
 * `map`, `filter` and the others give plain arrays.
 *
 * @example Rows that were told, and one that was cut off
 * ```ts
 * import { parseNetstat } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = parseNetstat(`
 * tcp6  0  0  ::1:631                 :::*                    LISTEN
 * tcp6  0  0  2001:db8:aaaa:bbbb:5432 2001:db8:aaaa:bbbb::443 ESTABLISHED
 * `);
 * assertEquals(rows.map((row) => String(row.local)), ["[::1]:631"]);
 * assertEquals(rows.leftOut.map(({ line }) => line), [3]);
 * ```
 */
export class ToolRows extends Array<ToolRow> implements Displayable {
  /** The lines that could not become rows. */
  readonly leftOut: readonly LeftOutLine[];

  /** Makes a list of these rows. */
  constructor(rows: Iterable<ToolRow> = [], leftOut: readonly LeftOutLine[] = []) {
    super();
    for (const row of rows) this.push(row);
    this.leftOut = leftOut;
  }

  /** What the methods make of them are plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Returns the rows, at most 40 of them, as a table; `*` stands for a peer that may be anybody. */
  toTable(): Table {
    const more = this.length - MAX_SHOWN;
    const caption = [
      more > 0 ? `The first ${MAX_SHOWN} of ${this.length} rows.` : "",
      this.length === 0 ? "No row." : "",
      ...this.leftOut.slice(0, 3).map(({ line, reason }) => `Line ${line} is left out: ${reason}.`),
      this.leftOut.length > 3 ? `So are ${this.leftOut.length - 3} more.` : "",
    ].filter((sentence) => sentence !== "").join(" ");
    // What the tool tells of no row at all makes no column.
    const columns = COLUMNS.filter(({ isTold }) => isTold === undefined || this.some(isTold));
    return new Table({
      columns: columns.map(({ title }) => title),
      rows: this.slice(0, MAX_SHOWN).map((row) => columns.map(({ cell }) => cell(row))),
      ...(caption === "" ? {} : { caption }),
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
