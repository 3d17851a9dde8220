/**
 * Waits until the kernel's table is as expected.
 *
 * @module
 */
import { callback, check, checkOptions, milliseconds, type OptionChecks } from "../refusal.ts";
import { assertPort } from "../ports/port.ts";
import { until } from "../time_limit.ts";
import { connections, readConnections } from "./connections.ts";
import { type Holders, holdersByInode, holdersByOwner, OwnRows } from "./_own_rows.ts";
import { type Connection, Connections } from "./rows/connection.ts";
import type { ConnectionFilter } from "./rows/connection_filter.ts";
import { ALL_STATES } from "./sources/_diag_request.ts";
import { type NetworkTable, networkTable } from "./sources/_sources.ts";

const DEFAULT_MS = 2_000;
const CANNOT = "Cannot wait for the kernel's table of sockets";

/** Options of {@linkcode connectionsWhen} and {@linkcode allClosed}. */
export interface ConnectionsWhenOptions {
  /**
   * How long to wait, in milliseconds, 0 to 2,147,483,647; 2,000 by default. With 0 the table is read
   * once.
   */
  readonly timeout?: number;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

const OPTIONS: OptionChecks<ConnectionsWhenOptions> = {
  timeout: milliseconds(),
  network: networkTable,
};

/**
 * Reads the kernel's table again and again until `condition` holds of the rows, and returns those
 * rows. A program that has called `close` is done before the kernel is: the last segments of a
 * connection are still on their way.
 *
 * Each reading stands for itself: what comes and goes between two readings is not seen.
 *
 * @throws {DOMException} With the name "TimeoutError", if the condition does not hold in time; the
 * message has the last rows
 * @throws {TypeError} If the filter is bad, as for {@linkcode connections}, or an option is unknown
 * or of the wrong kind
 * @throws {RangeError} If a port or the limit is out of bounds
 * @throws {SyntaxError} If the address of the filter does not parse
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example Wait until a client is there
 * ```ts
 * import { connectionsWhen } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * using client = await Deno.connect({ hostname: "127.0.0.1", port });
 * const rows = await connectionsWhen({ localPort: port }, (rows) => rows.length === 2);
 * assertEquals(rows.map((row) => row.state), ["LISTEN", "ESTABLISHED"]);
 * assertEquals(client.remoteAddr.port, port);
 * ```
 */
export async function connectionsWhen(
  filter: ConnectionFilter,
  condition: (rows: Connections) => boolean,
  options: ConnectionsWhenOptions = {},
): Promise<Connections> {
  check(condition, callback<typeof condition>(), { cannot: CANNOT, what: "a condition" });
  checkOptions(options, OPTIONS, CANNOT);
  const { timeout, network } = options;
  return await rowsWhen(() => connections(filter, { network }), condition, timeout);
}

/**
 * Waits until this process, and the programs that it has started, have no socket open at any of these
 * ports, local or remote. Returns what the kernel lists there in TIME_WAIT, which belongs to no
 * process.
 *
 * The inode tells whose a socket is, so other programs may have sockets at the same ports. Some rows
 * have no inode. A connection that waits for accept counts if the listening socket belongs to you. A
 * connection that its process has closed counts if the listening socket or the other end belongs to
 * you, or did during this call. If both ends are closed when the call begins, they count too: nobody
 * can tell whose they were, and they end soon. So nobody can if you have closed your end and your
 * listening socket, while the other end belongs to another program: that one does not count.
 *
 * A socket that is only bound counts too where the table lists it: by netlink, from Linux 6.8 on.
 *
 * In a private network, every row at these ports counts: nobody else has sockets there. macOS has no
 * inodes: there the owners count that its tools print. On Windows, which does not tell which programs
 * this process has started, every row at these ports counts.
 *
 * @param ports The ports
 * @throws {DOMException} With the name "TimeoutError", if a socket is still open after the limit;
 * the message has the rows
 * @throws {TypeError} If a port is not a number, or an option is unknown or of the wrong kind
 * @throws {RangeError} If a port or the limit is out of bounds
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example A listener leaves nothing
 * ```ts
 * import { allClosed } from "fourtuple/observe";
 * import { assert } from "@std/assert";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * listener.close();
 * const rows = await allClosed([port]);
 * assert(rows.every((row) => row.state === "TIME_WAIT"));
 * ```
 */
export async function allClosed(
  ports: readonly number[],
  options: ConnectionsWhenOptions = {},
): Promise<Connections> {
  for (const port of ports) assertPort(port);
  checkOptions(options, OPTIONS, CANNOT);
  const { timeout, network } = options;
  const isAtPorts = ({ local, remote }: Connection) =>
    ports.includes(local.port) || ports.includes(remote.port);
  const isPrivate = network !== undefined && isOtherNetwork(network);
  const own = new OwnRows();
  let rows = new Connections();
  await rowsWhen(
    () => {
      rows = readConnections({}, { network, owners: !isPrivate && !hasInodes() }, ALL_STATES);
      const holders = isPrivate ? undefined : holdersOf(rows);
      const open = holders === undefined
        ? rows.filter(({ state }) => state !== "TIME_WAIT")
        : own.openIn(rows, holders);
      return new Connections(open.filter(isAtPorts), { reading: rows.reading });
    },
    (open) => open.length === 0,
    timeout,
  );
  return rows.filter((row) => row.state === "TIME_WAIT" && isAtPorts(row));
}

function hasInodes(): boolean {
  return Deno.build.os === "linux" || Deno.build.os === "android";
}

/** Tells whose sockets the rows are, if this system does. */
function holdersOf(rows: Connections): Holders | undefined {
  return hasInodes() ? holdersByInode() : holdersByOwner(rows);
}

/** Whether it is a private network, in which nobody else has sockets. */
function isOtherNetwork({ pid }: NetworkTable): boolean {
  return !hasInodes() || networkOf(pid) !== networkOf(Deno.pid);
}

/** The name of a process's network namespace, `network_namespaces(7)`. */
function networkOf(pid: number): string {
  return Deno.readLinkSync(`/proc/${pid}/ns/net`);
}

async function rowsWhen(
  read: () => Connections,
  condition: (rows: Connections) => boolean,
  timeout = DEFAULT_MS,
): Promise<Connections> {
  let rows: Connections | undefined;
  try {
    await until(() => condition(rows = read()), { timeout });
    return rows!;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "TimeoutError")) throw error;
    const message = `${CANNOT} any longer: the limit is ${timeout} ms, got\n${rows}`;
    throw new DOMException(message, "TimeoutError");
  }
}
