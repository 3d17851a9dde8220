/**
 * The kernel's own table of sockets, as it is now.
 *
 * @module
 */
import { partOf, quote, quoteValue, unknownField } from "../refusal.ts";
import { ownersOf } from "./sources/_owners.ts";
import { inOrder } from "./sources/_row_order.ts";
import { type NetworkTable, readTable } from "./sources/_sources.ts";
import { Connections, TABLE_SOURCES, type TableSource } from "./rows/connection.ts";
import { type ConnectionFilter, matcherOf } from "./rows/connection_filter.ts";
import type { SocketState } from "../tuples/socket_state.ts";

export type { NetworkTable };

/** What a row of {@linkcode listeners} must have. */
export type ListenerFilter = Omit<ConnectionFilter, "state">;

/** Whose table is read, and how. */
export interface ConnectionsOptions {
  /**
   * Whether to look up which process has each socket, which means a look at every descriptor of
   * every process; `false` by default. Owners of other users' sockets are hidden from you unless
   * you are root: such rows say so.
   */
  readonly owners?: boolean | undefined;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
  /** From where to read; by default the first of netlink, /proc and tools that works here. */
  readonly source?: TableSource | undefined;
}

/**
 * Returns the sockets of the kernel's table: TCP and UDP, IPv4 and IPv6, everybody's.
 *
 * It is a snapshot, taken before the call returns: what happens later does not change it. Those
 * that wait for anybody come first, then all by local port.
 *
 * The rows come by netlink, which is how `ss` gets them: the kernel itself leaves out what the
 * filter does not want. Where netlink is not allowed, they come from the text of /proc/net, and
 * where that is missing, from `ss`, `netstat` or `lsof`.
 *
 * The table belongs to the network namespace of this process, or of `network`. A TCP socket that is
 * bound and neither listens nor is connected stands in a list of its own, which only `{ state:
 * "CLOSE" }` asks for (by netlink, Linux 6.8).
 *
 * The kernel does not stand still meanwhile. Its four tables are read one after the other, each in
 * pieces, so a socket that comes, goes or changes its state in between can be missing, or stand
 * there twice.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind, or a
 * state or source unknown
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.BadResource} If the network is closed
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example Both ends of a connection
 * ```ts
 * import { connections } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * using client = await Deno.connect({ hostname: "127.0.0.1", port });
 * using server = await listener.accept();
 *
 * const rows = connections({ state: "ESTABLISHED", port });
 * assertEquals(
 *   new Set(rows.map((row) => row.local.port)),
 *   new Set([client.localAddr.port, server.localAddr.port]),
 * );
 * ```
 */
export function connections(
  filter: ConnectionFilter = {},
  options: ConnectionsOptions = {},
): Connections {
  return rowsOf(filter, options);
}

/**
 * Returns the sockets that wait for anybody: TCP sockets that listen, UDP sockets without a peer.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind, or a
 * source unknown
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.BadResource} If the network is closed
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example Who listens at this port?
 * ```ts
 * import { listeners } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "::1", port: 0 });
 * const rows = listeners({ protocol: "tcp", localPort: listener.addr.port });
 * assertEquals(rows.map((row) => row.family), ["IPv6"]);
 * ```
 */
export function listeners(
  filter: ListenerFilter = {},
  options: ConnectionsOptions = {},
): Connections {
  return rowsOf(filter, options, ["LISTEN", "UNCONNECTED"]);
}

function rowsOf(
  filter: ConnectionFilter,
  options: ConnectionsOptions,
  states?: readonly SocketState[],
): Connections {
  assertOptions(options);
  const { owners = false, network, source } = options;
  const matches = matcherOf(filter);
  const sources = source === undefined ? TABLE_SOURCES : [source];
  const { rows, owners: printed, ...reading } = readTable(
    { filter, matches, states, network },
    sources,
  );
  return new Connections(inOrder(rows), {
    reading,
    owners: owners ? ownersOf(rows, printed) : undefined,
  });
}

const OPTIONS: readonly string[] = ["owners", "network", "source"];

function assertOptions(options: ConnectionsOptions): void {
  const unknown = unknownField(options, OPTIONS);
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot list sockets with ${quote(unknown)}: the options are ${OPTIONS.join(", ")}, got ${
        quote(unknown)
      }`,
    );
  }
  const owners: unknown = options.owners ?? false;
  if (typeof owners !== "boolean") {
    throw new TypeError(
      `Cannot list sockets with owners ${quoteValue(owners)}: it is true or false, got ${
        partOf(owners)
      }`,
    );
  }
  const source: unknown = options.source;
  if (source !== undefined && !(TABLE_SOURCES as readonly unknown[]).includes(source)) {
    throw new TypeError(
      `Cannot read the table of sockets from ${quoteValue(source)}: a source is one of ${
        TABLE_SOURCES.join(", ")
      }, got ${partOf(source)}`,
    );
  }
}
