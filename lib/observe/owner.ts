/**
 * Which process has a port.
 *
 * @module
 */
import { ShownAsTable, Table } from "../show/table.ts";
import { assertPort } from "../ports/port.ts";
import { type Protocol, PROTOCOLS } from "../ports/protocol.ts";
import { checkOptions, oneOf } from "../refusal.ts";
import { type Connection, type Connections, MISSES_BOUND } from "./rows/connection.ts";
import type { SocketOwner } from "./rows/socket_owner.ts";
import { ALL_STATES } from "./sources/_diag_request.ts";
import { type NetworkTable, networkTable } from "./sources/_sources.ts";
import { readConnections } from "./connections.ts";

/** Options of {@linkcode owner}. */
export interface OwnerOptions {
  /** "tcp" or "udp"; by default both, which have different ports under one number. */
  readonly protocol?: Protocol | undefined;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

/** A process that has a port, and the socket that it has it with. */
export interface PortOwner extends SocketOwner {
  /** The socket's row. */
  readonly row: Connection;
}

/** The processes that have a port, as far as you may see; shows itself as a table. */
export class PortOwners extends ShownAsTable {
  /** The port. */
  readonly port: number;
  /** The owners, one for each descriptor of each process; sockets without a peer come first. */
  readonly owners: readonly PortOwner[];
  /**
   * Sockets at the port that belong to a process whose descriptors you may not read, most likely
   * another user's. Their rows have the uid.
   */
  readonly hidden: readonly Connection[];
  /** Sockets at the port that no process has: in TIME_WAIT, or before accept. */
  readonly nobodys: readonly Connection[];
  /**
   * Whether a TCP socket that is bound, and neither listens nor is connected, would be among these:
   * only if so, no row means that nobody has the port. `false` from /proc, from netlink before Linux
   * 6.8, and on Windows.
   */
  readonly listsBound: boolean;

  /** Sorts the rows of a port, which were read with their owners. */
  constructor(port: number, rows: Connections) {
    super();
    this.port = port;
    this.listsBound = rows.reading?.missesBound !== true;
    this.owners = rows.flatMap((row) => rows.ownersOf(row).map((owner) => ({ ...owner, row })));
    this.hidden = rows.filter((row) => rows.isOwnerHidden(row));
    this.nobodys = rows.filter((row) =>
      rows.ownersOf(row).length === 0 && !rows.isOwnerHidden(row)
    );
  }

  /** Returns the owners as a table, with what is hidden under them. */
  override toTable(): Table {
    const line = (row: Connection, program: string | undefined, owner?: PortOwner) => [
      program,
      owner?.pid,
      owner?.descriptor,
      row.protocol,
      row.state,
      String(row.local),
      row.uid,
    ];
    const rows = [
      ...this.owners.map((owner) => line(owner.row, owner.program, owner)),
      ...this.hidden.map((row) => line(row, "hidden from you")),
      ...this.nobodys.map((row) => line(row, "nobody")),
    ];
    const nobody = this.listsBound
      ? `No socket has port ${this.port}.`
      : `No socket at port ${this.port} listens or is connected. ${MISSES_BOUND}`;
    return new Table({
      caption: rows.length === 0 ? nobody : `Who has port ${this.port}`,
      columns: ["program", "pid", "descriptor", "protocol", "state", "local", "uid"],
      rows,
    });
  }
}

/**
 * Returns which processes have sockets at a local port. There may be several: after a fork, with
 * SO_REUSEPORT, or with TCP and UDP at one number. The process of another user's socket is hidden from
 * you, unless you are root.
 *
 * A TCP socket that is bound, and neither listens nor is connected, has the port too: its state is
 * CLOSE. Where the table does not list such sockets, `listsBound` is false, and no owner does not mean
 * that the port is free.
 *
 * It reads every descriptor of every process that it may read (`proc(5)`). A socket that changes hands
 * meanwhile can be missed.
 *
 * @param port 0 to 65535
 * @throws {TypeError} If `port` is not a number, or an option is unknown or of the wrong kind
 * @throws {RangeError} If `port` is out of bounds
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 * @throws {Deno.errors.NotCapable} If Deno may not read /proc, which `--allow-all` allows
 *
 * @example This very process
 * ```ts
 * import { owner } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { owners } = owner(listener.addr.port, { protocol: "tcp" });
 * assertEquals(owners.map(({ pid }) => pid), [Deno.pid]);
 * ```
 */
export function owner(port: number, options: OwnerOptions = {}): PortOwners {
  assertPort(port);
  checkOptions(
    options,
    { protocol: oneOf(...PROTOCOLS), network: networkTable },
    `Cannot find the owner of port ${port}`,
  );
  const { protocol, network } = options;
  return new PortOwners(
    port,
    readConnections({ localPort: port, protocol }, { owners: true, network }, ALL_STATES),
  );
}
