/**
 * Many clients of one server, in one call.
 *
 * @module
 */
import {
  check,
  checkOptions,
  instanceOf,
  milliseconds,
  objectWith,
  type OptionChecks,
  wholeNumber,
} from "../refusal.ts";
import { Socket, type SocketNetwork } from "./socket.ts";

/** Where {@linkcode connectClients} makes its sockets, and how long they wait. */
export interface ConnectClientsOptions {
  /** The network of the server; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
  /** How long each call on a client may wait, in milliseconds; 5,000 by default. */
  readonly timeout?: number | undefined;
}

const MOST = 10_000;
const DEFAULT_MS = 5_000;
const CANNOT = "Cannot connect clients";
const COUNT = wholeNumber({ least: 1, most: MOST });
const OPTIONS: OptionChecks<ConnectClientsOptions> = {
  network: objectWith("openSocket", "a network, such as labNetwork() makes"),
  timeout: milliseconds(),
};

/** Connections that are open at both ends. */
export class ClientSockets implements Disposable {
  /** The clients' sockets, in the order in which they connected. */
  readonly clients: readonly Socket[];
  /** The sockets that the server has for them, in the same order. */
  readonly accepted: readonly Socket[];

  /** Takes both ends of each connection; {@linkcode connectClients} calls this. */
  constructor(clients: readonly Socket[], accepted: readonly Socket[]) {
    this.clients = clients;
    this.accepted = accepted;
  }

  /** Closes all of them, the clients first. */
  close(): void {
    for (const socket of [...this.clients, ...this.accepted]) socket.close();
  }

  /** Closes all of them, as `close` does. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Connects clients to a listening socket, one after the other, and accepts each at once. For a lesson in
 * which these calls are known and the number of connections is the subject. Each takes two
 * descriptors of this process.
 *
 * @param server A listening socket; nobody else accepts from it, and no other client connects
 * @param count How many, 1 to 10,000
 * @throws {TypeError} If the server is not a Socket, or an option is misspelt or of the wrong kind
 * @throws {RangeError} If the count or the limit is out of bounds
 * @throws {SocketError} If a call fails; what was opened is closed then
 *
 * @example Three clients, one port
 * ```ts
 * import { connectClients, listenAt } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using server = listenAt("127.0.0.1:0", { timeout: 5000 });
 * using three = await connectClients(server, 3);
 * const ports = three.accepted.map((socket) => socket.localEndpoint().port);
 * assertEquals(new Set(ports).size, 1);
 * ```
 */
export async function connectClients(
  server: Socket,
  count: number,
  options: ConnectClientsOptions = {},
): Promise<ClientSockets> {
  check(server, instanceOf(Socket, "a Socket"), { cannot: CANNOT, what: "the server" });
  check(count, COUNT, { cannot: CANNOT, what: "their number" });
  checkOptions(options, OPTIONS, CANNOT);
  const { network, timeout = DEFAULT_MS } = options;
  const clients: Socket[] = [];
  const accepted: Socket[] = [];
  try {
    while (accepted.length < count) {
      const client = Socket.tcp({ family: server.family, network, timeout });
      clients.push(client);
      await client.connect(server.localEndpoint());
      accepted.push(await server.accept({ timeout }));
    }
  } catch (error) {
    new ClientSockets(clients, accepted).close();
    throw error;
  }
  return new ClientSockets(clients, accepted);
}
