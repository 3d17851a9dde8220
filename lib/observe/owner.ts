/**
 * Which process has a port?
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../show/display.ts";
import { Table } from "../show/table.ts";
import { assertPort } from "../ports/port.ts";
import type { Protocol } from "../ports/protocol.ts";
import type { Connection, Connections } from "./rows/connection.ts";
import type { SocketOwner } from "./rows/socket_owner.ts";
import { connections, type NetworkTable } from "./connections.ts";

/** Options of {@linkcode owner}. */
export interface OwnerOptions {
  /** "tcp" or "udp"; both by default, for their ports are different ones. */
  readonly protocol?: Protocol | undefined;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

/** A process that has a port, and the socket through which it has it. */
export interface PortOwner extends SocketOwner {
  /** The socket's row. */
  readonly row: Connection;
}

/** Who has a port, as far as one may see; shows itself as a table. */
export class PortOwners implements Displayable {
  /** The port. */
  readonly port: number;
  /** The owners, one for each descriptor of each process; those that wait for anybody first. */
  readonly owners: readonly PortOwner[];
  /**
   * Sockets at the port that some process has, but none that you may look into: another user's,
   * most likely. Their rows tell the uid.
   */
  readonly hidden: readonly Connection[];
  /** Sockets at the port that no process has: in TIME_WAIT, or waiting for accept. */
  readonly nobodys: readonly Connection[];

  /** Sorts the rows of a port, which were read with their owners. */
  constructor(port: number, rows: Connections) {
    this.port = port;
    this.owners = rows.flatMap((row) => rows.ownersOf(row).map((owner) => ({ ...owner, row })));
    this.hidden = rows.filter((row) => rows.isOwnerHidden(row));
    this.nobodys = rows.filter((row) =>
      rows.ownersOf(row).length === 0 && !rows.isOwnerHidden(row)
    );
  }

  /** Returns the owners as a table, with what is hidden under them. */
  toTable(): Table {
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
    return new Table({
      caption: rows.length === 0 ? `No socket has port ${this.port}.` : `Who has port ${this.port}`,
      columns: ["program", "pid", "descriptor", "protocol", "state", "local", "uid"],
      rows,
    });
  }

  /** Returns the table as lines of text. */
  toString(): string {
    return this.toTable().toString();
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return this.toTable()[DISPLAY]();
  }
}

/**
 * Tells which processes have sockets at a local port. There may be several: after a fork, with
 * SO_REUSEPORT, or with TCP and UDP at one number. A socket of another user's is shown without its
 * process, unless you are root.
 *
 * It looks at every descriptor of every process that it may look into (`proc(5)`); a socket that
 * changes hands meanwhile can be missed.
 *
 * @param port 0 to 65535
 * @throws {TypeError} If `port` is no number, or the protocol unknown
 * @throws {RangeError} If `port` is out of bounds
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 * @throws {Deno.errors.NotCapable} If Deno may not read /proc, for which it wants `--allow-all`
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
export function owner(port: number, { protocol, network }: OwnerOptions = {}): PortOwners {
  assertPort(port);
  return new PortOwners(
    port,
    connections({ localPort: port, protocol }, { owners: true, network }),
  );
}
