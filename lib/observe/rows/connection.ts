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
import type { SocketTimer } from "./socket_timer.ts";

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
   * `undefined` where a tool does not tell it, as Windows' does not.
   */
  readonly receiveQueue: number | undefined;
  /**
   * Bytes that were sent and not acknowledged yet (for UDP: that have not left yet). Of a listening
   * socket: its backlog, or `undefined` where it comes from /proc, which does not tell it.
   */
  readonly sendQueue: number | undefined;
  /**
   * Whose socket it is, by number; 0 (also root's) in TIME_WAIT, when it is nobody's any more.
   * `undefined` outside Linux. In a private network, by netlink and from the tools, it is the number
   * inside, where its maker is root, 0; from /proc it is the number here.
   */
  readonly uid: number | undefined;
  /**
   * The socket's number, as in /proc/PID/fd. 0 if no process has it: not yet, while a connection
   * waits for accept, or no longer, as in TIME_WAIT; and outside Linux, which has no such number.
   */
  readonly inode: number;
  /**
   * The kernel's own number of the socket, which no other gets as long as the machine is up. It
   * stays through every state of a connection, from the first SYN to the end of TIME_WAIT, while an
   * inode comes with accept and goes with close. `undefined` where it comes from /proc or a tool.
   */
  readonly cookie?: number | undefined;
  /**
   * What the socket waits for, and how long still: TIME_WAIT its end, others for an answer. By
   * netlink and from /proc; `undefined` if no timer runs.
   */
  readonly timer?: SocketTimer | undefined;
  /**
   * The processes that have the socket, if they were asked for. Empty while nobody has it, as
   * before accept and in TIME_WAIT, and also if {@linkcode Connection.isOwnerHidden}.
   */
  readonly owners?: readonly SocketOwner[] | undefined;
  /**
   * Whether owners were asked for, somebody has the socket, and it is nobody whose descriptors one
   * may look at: a process of another user, or one that has ended meanwhile.
   */
  readonly isOwnerHidden?: boolean;
}

/** A process that has a socket. */
export interface SocketOwner {
  /** The process. */
  readonly pid: number;
  /**
   * The program's name, at most 15 characters: /proc/PID/comm, `proc(5)`. `undefined` where a tool
   * tells the number alone, as Windows' does.
   */
  readonly program: string | undefined;
  /** By which number the process knows the socket: /proc/PID/fd. netstat does not tell it. */
  readonly descriptor: number | undefined;
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
    owners: row.owners,
    isOwnerHidden: row.isOwnerHidden ?? false,
  };
}

/** From where the table can be read, the best first. */
export const TABLE_SOURCES = ["netlink", "/proc", "tool"] as const;

/** From where rows were read. */
export type TableSource = typeof TABLE_SOURCES[number];

/** A line of which no row can be made though nothing is wrong with it. */
export interface LeftOutLine {
  /** Which line, from 1. */
  readonly line: number;
  /** What stands there. */
  readonly text: string;
  /** Why, and with which option the tool prints it whole. */
  readonly reason: string;
}

/** How rows were read. */
export interface TableReading {
  /** From where. */
  readonly source: TableSource;
  /** How many readings before it were given up, as the table changed while it was told. */
  readonly interruptions: number;
  /** What a tool printed and nobody can read as a row; none by netlink and from /proc. */
  readonly leftOut?: readonly LeftOutLine[];
}

/** Nobody reads more rows than this, and a notebook would carry all of them. */
const MAX_SHOWN = 40;

interface RowColumn {
  readonly title: string;
  readonly cell: (row: Connection) => TableCell;
  /** Whether the row makes the column worth its place; every row does by default. */
  readonly isWorth?: (row: Connection) => boolean;
}

const USUAL_COLUMNS: readonly RowColumn[] = [
  { title: "protocol", cell: (row) => row.protocol },
  { title: "state", cell: (row) => row.state },
  { title: "local", cell: (row) => String(row.local) },
  { title: "remote", cell: (row) => isWaiting(row) ? "*" : String(row.remote) },
  { title: "recv-q", cell: (row) => row.receiveQueue },
  { title: "send-q", cell: (row) => row.sendQueue },
];

const COLUMNS: readonly RowColumn[] = [
  ...USUAL_COLUMNS,
  {
    title: "timer",
    cell: ({ timer }) => timer && `${timer.kind}, ${(timer.milliseconds / 1000).toFixed(1)} s`,
    // Those of a conversation that goes well come and go within milliseconds.
    isWorth: ({ timer }) => timer?.kind === "time-wait" || (timer?.expirations ?? 0) > 0,
  },
  { title: "owner", cell: ownerCell, isWorth: ({ owners }) => owners !== undefined },
];

function ownerCell({ owners, isOwnerHidden }: Connection): TableCell {
  if (isOwnerHidden) return "hidden from you";
  return owners?.map(({ program = "process", pid, descriptor }) =>
    `${program} (${pid})${descriptor === undefined ? "" : `, fd ${descriptor}`}`
  ).join("; ") || (owners && "nobody");
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
  readonly #reading: TableReading | undefined;

  /** Makes a list of these rows, in their order. */
  constructor(rows: Iterable<Connection> = [], reading?: TableReading) {
    super();
    for (const row of rows) this.push(row);
    this.#reading = reading;
  }

  /** How the rows were read; `undefined` if they were put together by hand. */
  get reading(): TableReading | undefined {
    return this.#reading;
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
    return new Connections(super.filter(keep, thisArg), this.#reading);
  }

  /** Returns the rows from `start` to before `end`. */
  override slice(start?: number, end?: number): Connections {
    return new Connections(super.slice(start, end), this.#reading);
  }

  /** Returns the rows in another order. */
  override toSorted(compare?: (one: Connection, other: Connection) => number): Connections {
    return new Connections(super.toSorted(compare), this.#reading);
  }

  /**
   * Returns the rows, at most 40 of them, as a table; `*` stands for a peer that may be anybody.
   * Owners have a column if they were asked for, timers if one of them is worth a look.
   */
  toTable(): Table {
    const shown = this.slice(0, MAX_SHOWN);
    const columns = COLUMNS.filter(({ isWorth = () => true }) => shown.some(isWorth));
    const more = this.length - shown.length;
    const caption = this.length === 0
      ? "The kernel has no such socket."
      : more > 0
      ? `The first ${MAX_SHOWN} of ${this.length} sockets.`
      : undefined;
    return new Table({
      columns: (this.length === 0 ? USUAL_COLUMNS : columns).map(({ title }) => title),
      rows: shown.map((row) => columns.map(({ cell }) => cell(row))),
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
export function isWaiting(row: Pick<Connection, "state">): boolean {
  return row.state === "LISTEN" || row.state === "UNCONNECTED";
}
