/**
 * The kernel's own table of sockets, as it is now.
 *
 * @module
 */
import { checkOptions, flag, oneOf, type OptionChecks } from "../refusal.ts";
import { ownersOf } from "./sources/_owners.ts";
import { inOrder } from "./sources/_row_order.ts";
import { type NetworkTable, networkTable, readTable } from "./sources/_sources.ts";
import { Connections, TABLE_SOURCES, type TableSource } from "./rows/connection.ts";
import { type ConnectionFilter, matcherOf } from "./rows/connection_filter.ts";
import type { SocketState } from "../tuples/socket_state.ts";

export type { NetworkTable };

/** What a row of {@linkcode listeners} must have. */
export type ListenerFilter = Omit<ConnectionFilter, "state">;

/** Which table is read, and how. */
export interface ConnectionsOptions {
  /**
   * Whether to find out which processes have the sockets, which means reading every descriptor of
   * every process; `false` by default. Unless you are root, the owners of other users' sockets are
   * hidden from you.
   */
  readonly owners?: boolean | undefined;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
  /** Where to read; by default the first of netlink, /proc and tools that works here. */
  readonly source?: TableSource | undefined;
}

/**
 * Returns the sockets in the kernel's table: TCP and UDP, IPv4 and IPv6, of all users.
 *
 * It is a snapshot, taken before the call returns: what happens later does not change it. Sockets
 * without a peer, which listen or are UDP, come first, then all by local port.
 *
 * The rows come by netlink, as those of `ss` do: the kernel itself leaves out what the filter does not
 * want. Where netlink is not allowed, they come from the text of /proc/net, and where that is missing,
 * from `ss`, `netstat` or `lsof`.
 *
 * The table belongs to the network namespace of this process, or of `network`. A TCP socket that is
 * bound and neither listens nor is connected is in a list of its own, which is read only for
 * `{ state: "CLOSE" }` (by netlink, Linux 6.8).
 *
 * The table can change while it is read. Its four parts are read one after the other, each in pieces,
 * so a socket that comes, goes or changes its state meanwhile can be missing, or be listed twice.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address does not parse
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
  return readConnections(filter, options);
}

/**
 * Returns the sockets that any peer can reach: TCP sockets that listen, UDP sockets without a peer.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address does not parse
 * @throws {Deno.errors.BadResource} If the network is closed
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example Which socket listens at this port
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
  return readConnections(filter, options, ["LISTEN", "UNCONNECTED"]);
}

const CHECKS: OptionChecks<ConnectionsOptions> = {
  owners: flag,
  network: networkTable,
  source: oneOf(...TABLE_SOURCES),
};

/**
 * Returns the sockets in some states; the states of {@linkcode connections} by default.
 *
 * @param states The states; if the filter has one too, it must be among them
 */
export function readConnections(
  filter: ConnectionFilter,
  options: ConnectionsOptions,
  states?: readonly SocketState[],
): Connections {
  checkOptions(options, CHECKS, "Cannot list sockets");
  const { owners = false, network, source } = options;
  const question = { filter, matches: matcherOf(filter), states, network };
  const { rows, printedOwners, ...reading } = readTable(
    question,
    source === undefined ? TABLE_SOURCES : [source],
  );
  return new Connections(inOrder(rows), {
    reading,
    owners: owners ? ownersOf(rows, printedOwners) : undefined,
  });
}
