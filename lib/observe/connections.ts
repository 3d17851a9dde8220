/**
 * The kernel's own table of sockets, as it is now.
 *
 * @module
 */
import { parseProcNet, PROC_FILES, type ProcFile } from "./_procfs.ts";
import { compareConnections, type Connection, Connections, isWaiting } from "./connection.ts";
import { type ConnectionFilter, matcherOf } from "./connection_filter.ts";

/** What a row of {@linkcode listeners} must have. */
export type ListenerFilter = Omit<ConnectionFilter, "state">;

/**
 * Returns the sockets of the kernel's table: TCP and UDP, IPv4 and IPv6, everybody's.
 *
 * It is a snapshot, taken before the call returns: what happens later does not change it. Those
 * that wait for anybody come first, then all by local port.
 *
 * The table belongs to the network namespace of this process. What it does not show: a TCP socket
 * that is bound and neither listens nor is connected; the zone of a link-local address; the backlog
 * of a listening socket.
 *
 * The kernel does not stand still meanwhile. Its four files are read one after the other, each in
 * pieces, so a socket that comes, goes or changes its state in between can be missing, or stand
 * there twice.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter is unknown or of the wrong kind, or a state unknown
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.NotSupported} If this is not Linux
 * @throws {Deno.errors.NotCapable} If Deno may not read /proc, for which it wants `--allow-all`
 *
 * @example Both ends of a connection
 * ```ts
 * import { connections } from "fourtuple";
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
export function connections(filter: ConnectionFilter = {}): Connections {
  const matches = matcherOf(filter);
  assertProcfs(Deno.build.os);
  const rows = PROC_FILES
    .filter(({ protocol }) => filter.protocol === undefined || filter.protocol === protocol)
    .flatMap(readRows)
    .filter(matches);
  return new Connections(rows.sort(compareConnections));
}

/**
 * Returns the sockets that wait for anybody: TCP sockets that listen, UDP sockets without a peer.
 *
 * @param filter What a row must have; everything by default
 * @throws {TypeError} If a field of the filter is unknown or of the wrong kind
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.NotSupported} If this is not Linux
 * @throws {Deno.errors.NotCapable} If Deno may not read /proc, for which it wants `--allow-all`
 *
 * @example Who listens at this port?
 * ```ts
 * import { listeners } from "fourtuple";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "::1", port: 0 });
 * const rows = listeners({ protocol: "tcp", localPort: listener.addr.port });
 * assertEquals(rows.map((row) => row.family), ["IPv6"]);
 * ```
 */
export function listeners(filter: ListenerFilter = {}): Connections {
  return connections(filter).filter(isWaiting);
}

/**
 * Refuses a system without /proc/net. `os` is `Deno.build.os`.
 *
 * @internal
 */
export function assertProcfs(os: string): void {
  if (os === "linux" || os === "android") return;
  throw new Deno.errors.NotSupported(
    `Cannot list the kernel's sockets on "${os}": they are read from /proc/net, which Linux has, ` +
      `got ${os}. The notebooks go on with the cells that do not look at this table, and ` +
      '"netstat -an" in a terminal prints it',
  );
}

function readRows(file: ProcFile): Connection[] {
  let text;
  try {
    text = Deno.readTextFileSync(file.path);
  } catch (error) {
    // Where IPv6 is switched off there is no file, and no socket either.
    if (error instanceof Deno.errors.NotFound && file.family === "IPv6") return [];
    throw error;
  }
  return parseProcNet(text, file);
}
