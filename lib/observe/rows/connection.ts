/**
 * A row of the kernel's table of sockets, and a list of rows that shows itself as a table.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../../show/display.ts";
import { Table, type TableCell } from "../../show/table.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily, Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { ownersText, type SocketOwner } from "./socket_owner.ts";
import type { SocketTimer } from "./socket_timer.ts";

/** A socket, as the kernel's table has it. */
export interface Connection {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /**
   * Which of the kernel's tables lists the socket. An IPv6 socket that serves IPv4 clients is listed
   * with IPv6, with mapped addresses.
   */
  readonly family: AddressFamily;
  /** The state: a TCP one, or UNCONNECTED or CONNECTED for UDP. */
  readonly state: SocketState;
  /** Where the socket is bound. */
  readonly local: Endpoint;
  /** Its peer; a socket without one has the wildcard address and port 0. */
  readonly remote: Endpoint;
  /**
   * Bytes that have arrived and were not read yet. The end of a TCP stream counts as one, and UDP
   * counts the kernel's own overhead too. Of a listening socket: connections that wait for accept.
   * `undefined` where a tool does not print it, as on Windows.
   */
  readonly receiveQueue: number | undefined;
  /**
   * Bytes that were sent and not acknowledged yet (for UDP: that have not left yet). Of a listening
   * socket: its backlog, or `undefined` from /proc, which does not have it.
   */
  readonly sendQueue: number | undefined;
  /**
   * The user who has the socket, by number; 0 (also root's) in TIME_WAIT, which belongs to nobody.
   * `undefined` outside Linux. In a private network, netlink and the tools have the number inside,
   * where its maker is root, 0; /proc has the number outside.
   */
  readonly uid: number | undefined;
  /**
   * The socket's number, as in /proc/PID/fd. 0 if no process has it (not yet, while a connection
   * waits for accept, or no longer, as in TIME_WAIT), and outside Linux, which has no such number.
   */
  readonly inode: number;
  /**
   * The kernel's own number of the socket, which no other gets as long as the machine is up. It
   * stays through every state of a connection, from the first SYN to the end of TIME_WAIT, while an
   * inode comes with accept and goes with close. `undefined` from /proc and the tools.
   */
  readonly cookie?: number | undefined;
  /**
   * What the socket waits for, and how much longer: the end of TIME_WAIT, or an answer. From netlink
   * and /proc only; `undefined` if no timer runs.
   */
  readonly timer?: SocketTimer | undefined;
}

/** Returns the fields of a row as a plain object. */
export function plainConnection(row: Connection): Connection {
  return {
    protocol: row.protocol,
    family: row.family,
    state: row.state,
    local: row.local,
    remote: row.remote,
    receiveQueue: row.receiveQueue,
    sendQueue: row.sendQueue,
    uid: row.uid,
    inode: row.inode,
    cookie: row.cookie,
    timer: row.timer,
  };
}

/** Where the table can be read, the best source first. */
export const TABLE_SOURCES = ["netlink", "/proc", "tool"] as const;

/** Where rows were read. */
export type TableSource = typeof TABLE_SOURCES[number];

/** A line without an error that still cannot become a row. */
export interface LeftOutLine {
  /** Which line, from 1. */
  readonly line: number;
  /** The line itself. */
  readonly text: string;
  /** Why, and with which option the tool prints it whole. */
  readonly reason: string;
}

/** How rows were read. */
export interface TableReading {
  /** The source. */
  readonly source: TableSource;
  /** How many readings were given up before this one, because the table changed meanwhile. */
  readonly interruptions: number;
  /** Lines of a tool that could not become rows; none from netlink and /proc. */
  readonly leftOut?: readonly LeftOutLine[];
  /**
   * True if TCP sockets that are bound, and neither listen nor are connected, were asked for, but this
   * source does not list them. Netlink does on Linux 6.8 and later, and so do the tools of macOS.
   */
  readonly missesBound?: boolean;
}

/** What to say where {@linkcode TableReading.missesBound} is set and there are no rows. */
export const MISSES_BOUND: string =
  "A socket that is only bound may be there: this table does not list " +
  "those. Linux does by netlink, from version 6.8 on.";

/** In these states a socket belongs to a process, even where no inode is printed. */
const OWNED_STATES: readonly SocketState[] = [
  "LISTEN",
  "SYN_SENT",
  "CLOSE",
  "UNCONNECTED",
  "CONNECTED",
];

/** A notebook file would carry all of them. */
const MAX_SHOWN = 40;

interface RowColumn {
  readonly title: string;
  readonly cell: (row: Connection, rows: Connections) => TableCell;
  /** Whether the table has the column; by default it has. */
  readonly isShown?: (rows: Connections) => boolean;
}

const COLUMNS: readonly RowColumn[] = [
  { title: "protocol", cell: (row) => row.protocol },
  { title: "state", cell: (row) => row.state },
  { title: "local", cell: (row) => String(row.local) },
  { title: "remote", cell: (row) => isWaiting(row) ? "*" : String(row.remote) },
  { title: "recv-q", cell: (row) => row.receiveQueue },
  { title: "send-q", cell: (row) => row.sendQueue },
  {
    title: "timer",
    cell: ({ timer }) => timer && `${timer.kind}, ${(timer.milliseconds / 1000).toFixed(1)} s`,
    // The retransmit timers of a connection without trouble come and go within milliseconds.
    isShown: (rows) =>
      rows.some(({ timer }) =>
        timer !== undefined && (timer.kind !== "retransmit" || timer.expirations > 0)
      ),
  },
  {
    title: "owner",
    cell: (row, rows) => ownersText(rows.ownersOf(row), { isHidden: rows.isOwnerHidden(row) }),
    isShown: (rows) => rows.hasOwners && rows.length > 0,
  },
];

/** The owners of rows, beside the rows; a row without one that you may see is not in it. */
export type SocketOwners = ReadonlyMap<Connection, readonly SocketOwner[]>;

/** Where rows come from, and who has their sockets. */
export interface ConnectionsContext {
  /** How they were read; left out for rows that were put together by hand. */
  readonly reading?: TableReading | undefined;
  /** Which processes have their sockets; left out where owners were not asked for. */
  readonly owners?: SocketOwners | undefined;
}

/**
 * Rows of the kernel's table of sockets: an array that shows itself as a table.
 *
 * `filter`, `slice` and `toSorted` give such rows again; `map` and the others give plain arrays.
 *
 * @example Count the rows of a listener
 * ```ts
 * import { connections } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const rows = connections({ port }).filter((row) => row.state === "LISTEN");
 * assertEquals(rows.map((row) => String(row.local)), [`127.0.0.1:${port}`]);
 * ```
 */
export class Connections extends Array<Connection> implements Displayable {
  readonly #context: ConnectionsContext;

  /** Makes a list of these rows, in their order. */
  constructor(rows: Iterable<Connection> = [], context: ConnectionsContext = {}) {
    super();
    for (const row of rows) this.push(row);
    this.#context = context;
  }

  /** How the rows were read; `undefined` if they were put together by hand. */
  get reading(): TableReading | undefined {
    return this.#context.reading;
  }

  /** Whether owners were asked for. */
  get hasOwners(): boolean {
    return this.#context.owners !== undefined;
  }

  /**
   * Returns the processes that have a row's socket, one for each descriptor. There is none if owners
   * were not asked for, while no process has the socket (before accept, in TIME_WAIT), and where the
   * owner is hidden.
   */
  ownersOf(row: Connection): readonly SocketOwner[] {
    return this.#context.owners?.get(row) ?? [];
  }

  /**
   * Tells whether owners were asked for and a process has the row's socket, but none whose
   * descriptors you may read: a process of another user, or one that has ended since. Outside Linux:
   * whether a process must have the socket, but the tool did not print which.
   */
  isOwnerHidden(row: Connection): boolean {
    return this.hasOwners && (row.inode !== 0 || OWNED_STATES.includes(row.state)) &&
      this.ownersOf(row).length === 0;
  }

  /** `map` and the other methods that are not overridden return plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Returns the rows that for which `keep` returns something true. */
  override filter(
    keep: (row: Connection, index: number, rows: Connection[]) => unknown,
    thisArg?: unknown,
  ): Connections {
    return new Connections(super.filter(keep, thisArg), this.#context);
  }

  /** Returns the rows from `start` to before `end`. */
  override slice(start?: number, end?: number): Connections {
    return new Connections(super.slice(start, end), this.#context);
  }

  /** Returns the rows in another order. */
  override toSorted(compare?: (one: Connection, other: Connection) => number): Connections {
    return new Connections(super.toSorted(compare), this.#context);
  }

  /**
   * Returns the rows, at most 40 of them, as a table; `*` stands for any peer. Owners have a column
   * if they were asked for, and timers where one says something about the connection.
   */
  toTable(): Table {
    const shown = this.slice(0, MAX_SHOWN);
    const columns = COLUMNS.filter(({ isShown }) => isShown?.(shown) ?? true);
    const caption = this.length === 0
      ? this.reading?.missesBound ? MISSES_BOUND : "The kernel has no such socket."
      : this.length > MAX_SHOWN
      ? `The first ${MAX_SHOWN} of ${this.length} sockets.`
      : undefined;
    return new Table({
      columns: columns.map(({ title }) => title),
      rows: shown.map((row) => columns.map(({ cell }) => cell(row, shown))),
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

/** Whether a socket takes what comes from any peer: it listens, or is UDP without a peer. */
export function isWaiting(row: Pick<Connection, "state">): boolean {
  return row.state === "LISTEN" || row.state === "UNCONNECTED";
}
