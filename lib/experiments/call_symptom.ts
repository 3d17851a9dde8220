/**
 * What a client can find out about a server that does not answer as it should.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import { connections, listeners } from "../observe/connections.ts";
import type { Connection } from "../observe/rows/connection.ts";
import { checkOptions, milliseconds, type OptionChecks } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import type { SocketState } from "../tuples/socket_state.ts";
import { assertLoopbackOrPrivate, LAB_NETWORK } from "./_loopback_only.ts";

/** Options of {@linkcode callSymptom}. */
export interface CallSymptomOptions {
  /** How long to wait for an answer, in milliseconds; 300 by default. */
  readonly timeout?: number;
  /** The network to connect in; by default the network of this program, and there only loopback. */
  readonly network?: LabNetwork | undefined;
}

/** What the client met, and what the kernel's table listed meanwhile. */
export interface CallSymptom {
  /** The server. */
  readonly server: Endpoint;
  /** "connected", "nothing", or the error's code, such as "ECONNREFUSED". */
  readonly heard: string;
  /** After how many milliseconds. */
  readonly milliseconds: number;
  /** The state of the client's socket at the end; `undefined` if the table did not list it. */
  readonly state: SocketState | undefined;
  /** The socket at the server's end of the conversation, if there is one. */
  readonly accepted: Connection | undefined;
  /** The sockets that listen on the server's port, at any address. */
  readonly listeners: readonly Connection[];
}

const DEFAULT_MS = 300;
const OPTIONS: OptionChecks<CallSymptomOptions> = {
  timeout: milliseconds(),
  network: LAB_NETWORK,
};

/**
 * Connects to a server, and reads the kernel's table before it closes the connection: everything that
 * helps to find out why a connection is not established.
 *
 * @param server The server's endpoint: an address of loopback, or any in a private network
 * @throws {SyntaxError} If `server` is text and does not parse as an endpoint
 * @throws {RangeError} If the address is not loopback, and the network is not private
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {SocketError} If no socket can be made
 * @throws {Deno.errors.NotSupported} If this machine does not run Linux
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
 * assertEquals([listening.heard, listening.accepted?.inode], ["connected", 0]);
 * ```
 */
export async function callSymptom(
  server: EndpointLike,
  options: CallSymptomOptions = {},
): Promise<CallSymptom> {
  checkOptions(options, OPTIONS, "Cannot call a server");
  const { timeout = DEFAULT_MS, network } = options;
  const endpoint = toEndpoint(server);
  assertLoopbackOrPrivate(endpoint, { network, cannot: "Cannot call" });
  using socket = Socket.tcp({ network, timeout, family: endpoint.family });
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
      ...listeners({ protocol: "tcp", localPort: endpoint.port }, { network }),
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
  network: LabNetwork | undefined,
): Pick<CallSymptom, "state" | "accepted"> {
  const local = socket.localEndpoint();
  const filter = { protocol: "tcp", port: local.port } as const;
  const rows = local.port === 0
    ? []
    : connections(filter, { network }).filter((row) => row.state !== "LISTEN");
  return {
    state: rows.find((row) => row.local.equals(local) && row.remote.equals(server))?.state,
    accepted: rows.find((row) => row.remote.equals(local) && row.local.equals(server)),
  };
}
