/**
 * One port for all clients, told apart by their four-tuples.
 *
 * @module
 */
import type { EndpointLike } from "../tuples/endpoint.ts";
import { ClientState } from "./_client_state.ts";
import { PortHistory } from "./_port_history.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { Service, type ServiceOptions } from "./service.ts";

/**
 * Starts a service that keeps what it knows of each client by the client's four-tuple.
 *
 * This is what a number for each client was to achieve: the server tells its clients apart, keeps
 * the state of each, and gives each its own answers. It takes one port, no range, no coordination
 * and no second connection, since the kernel has told the clients apart already: no two connections
 * that stand at the same time have the same four-tuple. What ends it is not the number of ports of
 * the server but descriptors and memory.
 *
 * A client's state is freed when the client leaves: whoever comes from the same port later is a new
 * client. The history tells the port that each client came from.
 *
 * @param endpoint Where the service listens
 * @throws {SocketError} If the port cannot be had
 * @throws {TypeError} If an option is of the wrong kind
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
  const history = new PortHistory(options.historyLimit);
  const states = new Map<string, ClientState>();
  let clients = 0;
  const serve = async (client: LineConnection) => {
    const key = `${client.tuple}`;
    states.set(key, new ClientState(`client ${++clients}`, key));
    const leave = history.hold(client.tuple.remote.port, states.get(key)!, key);
    try {
      for (let line; (line = await client.readLine()) !== undefined;) {
        await client.writeLine(states.get(key)!.answer(line));
      }
    } finally {
      states.delete(key);
      leave();
    }
  };
  return new Service({ loop: AcceptLoop.listen(endpoint, serve, options), history });
}
