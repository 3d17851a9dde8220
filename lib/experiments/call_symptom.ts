/**
 * What a caller can tell of a server that does not answer as it should.
 *
 * @module
 */
import { SocketError } from "../system/errno.ts";
import { Socket, type SocketOptions } from "../sockets/socket.ts";
import { type Endpoint, parseEndpoint } from "../tuples/endpoint.ts";
import type { SocketState } from "../tuples/socket_state.ts";
import type { Connection } from "../observe/rows/connection.ts";
import { connections, listeners, type NetworkTable } from "../observe/connections.ts";

/** How a server is called. */
export interface CallSymptomOptions {
  /** How long to wait for an answer, in milliseconds; 300 by default. */
  readonly timeout?: number;
  /** A private network to call from; by default this machine, and there loopback only. */
  readonly network?: CallingNetwork;
}

/** A network with sockets and a table of its own; a `PrivateNetwork` is one. */
export interface CallingNetwork extends NetworkTable {
  /** Whether nothing leads out of it. */
  readonly isPrivate: boolean;
  /** Makes a TCP socket in it. */
  tcp(options?: SocketOptions): Socket;
}

/** What the caller heard, and what the kernel's table had meanwhile. */
export interface CallSymptom {
  /** Who was called. */
  readonly server: Endpoint;
  /** "connected", "nothing", or the error's code, such as "ECONNREFUSED". */
  readonly heard: string;
  /** After how many milliseconds. */
  readonly milliseconds: number;
  /** The state in which the caller's socket was at the end; `undefined` if it had no row. */
  readonly state: SocketState | undefined;
  /** The socket at the server's end of the conversation, if there is one. */
  readonly accepted: Connection | undefined;
  /** Who listens at the server's port, at whatever address. */
  readonly listeners: readonly Connection[];
}

const DEFAULT_MS = 300;

/**
 * Calls a server, and looks at the kernel's table before it hangs up: everything that one needs to
 * find out why a connection does not come up.
 *
 * @param server Whom to call: an address of loopback, or any of a private network
 * @throws {SyntaxError} If `server` is text and no endpoint
 * @throws {RangeError} If the address is not loopback, and there is no private network to call from
 * @throws {SocketError} If no socket can be made
 * @throws {Deno.errors.NotSupported} If this is no Linux
 *
 * @example Nobody listens, and nobody accepts
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { callSymptom } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * using server = Socket.tcp();
 * server.bind("127.0.0.1:0");
 * const bound = await callSymptom(server.localEndpoint());
 * assertEquals([bound.heard, bound.listeners.length], ["ECONNREFUSED", 0]);
 *
 * server.listen();
 * const listening = await callSymptom(server.localEndpoint());
 * assertEquals([listening.heard, listening.accepted?.owners], ["connected", []]);
 * ```
 */
export async function callSymptom(
  server: Endpoint | string,
  { timeout = DEFAULT_MS, network }: CallSymptomOptions = {},
): Promise<CallSymptom> {
  const endpoint = typeof server === "string" ? parseEndpoint(server) : server;
  if (!endpoint.isLoopback && network?.isPrivate !== true) {
    throw new RangeError(
      `Cannot call "${endpoint}": outside of a private network only loopback is called, ` +
        `got ${endpoint.address}`,
    );
  }
  const options = { timeout, family: endpoint.family };
  using socket = network === undefined ? Socket.tcp(options) : network.tcp(options);
  const began = performance.now();
  const heard = await socket.connect(endpoint).then(() => "connected", heardOf);
  const milliseconds = performance.now() - began;
  const rows = rowsOf(socket, endpoint, network);
  return {
    server: endpoint,
    heard,
    milliseconds,
    ...rows,
    listeners: [
      ...listeners({ protocol: "tcp", localPort: endpoint.port }, {
        owners: true,
        network,
      }),
    ],
  };
}

function heardOf(error: unknown): string {
  if (error instanceof SocketError) return error.code;
  if (error instanceof DOMException && error.name === "TimeoutError") return "nothing";
  throw error;
}

function rowsOf(
  socket: Socket,
  server: Endpoint,
  network: NetworkTable | undefined,
): Pick<CallSymptom, "state" | "accepted"> {
  const local = socket.localEndpoint();
  const filter = { protocol: "tcp", port: local.port } as const;
  const rows = local.port === 0
    ? []
    : connections(filter, { owners: true, network }).filter((row) => row.state !== "LISTEN");
  return {
    state: rows.find((row) => row.local.equals(local) && row.remote.equals(server))?.state,
    accepted: rows.find((row) => row.remote.equals(local) && row.local.equals(server)),
  };
}
