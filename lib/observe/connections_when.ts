/**
 * Waits until the kernel's table looks as expected.
 *
 * @module
 */
import { kindOf, quoteValue } from "../refusal.ts";
import { assertPort } from "../ports/port.ts";
import type { Connection, Connections } from "./rows/connection.ts";
import type { ConnectionFilter } from "./rows/connection_filter.ts";
import { connections, type NetworkTable } from "./connections.ts";

const DEFAULT_MS = 2_000;
/** Between two looks at the table. */
const PAUSE_MS = 2;
/** What a timer counts up to. */
const MAX_MS = 2 ** 31 - 1;

/** Options of {@linkcode connectionsWhen}. */
export interface ConnectionsWhenOptions {
  /** How long to wait, in milliseconds, 0 to 2,147,483,647; 2,000 by default. 0 looks once. */
  readonly timeout?: number;
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

/**
 * Looks into the kernel's table again and again until `condition` holds of the rows, and returns
 * those rows. A program that has called `close` is done before the kernel is: the last segments of
 * a connection are still on their way.
 *
 * Every look is a reading of its own: what comes and goes between two looks is not seen.
 *
 * @throws {DOMException} With the name "TimeoutError", if it does not come true in time; the
 * message has the rows as they stood
 * @throws {TypeError} If the filter is bad, as for {@linkcode connections}, or the limit no number
 * @throws {RangeError} If a port or the limit is out of bounds
 * @throws {SyntaxError} If the address is none
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
  return await rowsWhen(
    () => connections(filter, { network: options.network }),
    condition,
    options,
  );
}

/**
 * Waits until the kernel holds no socket at any of these ports, local or remote, other than rows in
 * TIME_WAIT, which belong to no process any more; returns those.
 *
 * @throws {DOMException} With the name "TimeoutError", if a socket is still open after the limit;
 * the message has the rows
 * @throws {TypeError} If a port or the limit is no number
 * @throws {RangeError} If a port or the limit is out of bounds
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example A listener leaves nothing
 * ```ts
 * import { allClosed } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * listener.close();
 * assertEquals((await allClosed([port])).length, 0);
 * ```
 */
export async function allClosed(
  ports: readonly number[],
  options: ConnectionsWhenOptions = {},
): Promise<Connections> {
  for (const port of ports) assertPort(port);
  const ours = (row: Connection) =>
    ports.includes(row.local.port) || ports.includes(row.remote.port);
  const onlyTimeWait = (rows: Connections) => rows.every((row) => row.state === "TIME_WAIT");
  return await rowsWhen(
    () => connections({}, { network: options.network }).filter(ours),
    onlyTimeWait,
    options,
  );
}

async function rowsWhen(
  read: () => Connections,
  condition: (rows: Connections) => boolean,
  { timeout = DEFAULT_MS }: ConnectionsWhenOptions,
): Promise<Connections> {
  assertLimit(timeout);
  const end = performance.now() + timeout;
  while (true) {
    const rows = read();
    if (condition(rows)) return rows;
    if (performance.now() >= end) {
      const message = `Cannot wait longer for the kernel's table: the limit is ${timeout} ms, got`;
      throw new DOMException(`${message}\n${rows}`, "TimeoutError");
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A comparison with NaN never holds, and so such a wait would never end. */
function assertLimit(timeout: unknown): asserts timeout is number {
  const cannot =
    `Cannot wait ${quoteValue(timeout)} ms for the kernel's table: a limit is 0 to ${MAX_MS} ` +
    "milliseconds, got";
  if (typeof timeout !== "number") throw new TypeError(`${cannot} ${kindOf(timeout)}`);
  if (!(timeout >= 0 && timeout <= MAX_MS)) throw new RangeError(`${cannot} ${timeout}`);
}
