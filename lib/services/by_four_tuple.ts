/**
 * One port for all clients, which the server tells apart by their four-tuples.
 *
 * @module
 */
import { checkOptions } from "../refusal.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import { PortHistory } from "./_port_history.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { ClientState } from "./line_protocol.ts";
import { Service, SERVICE_CHECKS, type ServiceOptions } from "./service.ts";

/**
 * Starts a service that keeps what it knows of each client by the client's four-tuple.
 *
 * It does what a port for each client is meant to do: the server tells its clients apart, keeps the
 * state of each, and gives each its own answers. It needs one port, no range, no coordination and no
 * second connection, since the kernel has told the clients apart already: no two open connections
 * have the same four-tuple. What runs out in the end is not ports of the server but descriptors and
 * memory.
 *
 * A client's state is freed when the client leaves: a client that connects from the same port later
 * is a new one. The history records the port that each client came from.
 *
 * @param endpoint Where the service listens
 * @throws {SocketError} If the port is not available
 * @throws {TypeError} If an option is not known or of the wrong kind
 * @throws {RangeError} If a limit is out of its bounds
 *
 * @example Two clients, one port, and an answer for each
 * ```ts
 * import { LineConnection, startByFourTuple } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = startByFourTuple("127.0.0.1:0");
 * using ada = await LineConnection.connect(server.endpoint);
 * using ben = await LineConnection.connect(server.endpoint);
 * await ada.ask("name Ada");
 * await ben.ask("name Ben");
 * assertEquals(await ada.ask("who"), `you are Ada, known by ${ada.tuple.reversed()}`);
 * assertEquals(await ben.ask("good morning"), "Ben, line 1: good morning");
 * assertEquals(
 *   server.snapshot().holdings.map(({ client, port }) => [client, port]),
 *   [["Ada", ada.tuple.local.port], ["Ben", ben.tuple.local.port]],
 * );
 * ```
 */
export function startByFourTuple(endpoint: EndpointLike, options: ServiceOptions = {}): Service {
  checkOptions(options, SERVICE_CHECKS, "Cannot start a service by four-tuple");
  const { historyLimit, ...loopOptions } = options;
  const history = new PortHistory(historyLimit);
  const states = new Map<string, ClientState>();
  let clients = 0;
  const serve = async (client: LineConnection) => {
    const key = `${client.tuple}`;
    states.set(key, new ClientState(`client ${++clients}`, key));
    const recordRelease = history.hold(client.tuple.remote.port, states.get(key)!, key);
    try {
      for (let line; (line = await client.readLine()) !== undefined;) {
        await client.writeLine(states.get(key)!.answer(line));
      }
    } finally {
      states.delete(key);
      recordRelease();
    }
  };
  return new Service({ loop: AcceptLoop.listen(endpoint, serve, loopOptions), history });
}
