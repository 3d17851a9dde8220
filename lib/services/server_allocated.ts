/**
 * Server-allocated port numbers: the server picks a port for each client.
 *
 * @module
 */
import type { PortRange } from "../ports/port_range.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import { AllocatedPorts, type AllocationOptions } from "./_allocated_ports.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { grantLine, holdingLine, refusalLine } from "./line_protocol.ts";
import { Service } from "./service.ts";

/**
 * Starts a service that allocates a port to each client.
 *
 * A client that connects gets the next free port of the range, as "port 6001". The server really
 * listens there, for this client, until the client closes the connection on which it got the port.
 * Then the port is free again. When no port is left, the client gets "refused exhausted". The line
 * protocol (`line_protocol.ts`) says what client and server send each other on the allocated port.
 * The server keeps what it knows of the client by the port, so the client may leave the port and
 * connect to it again.
 *
 * The allocated port is not the port of the client. It is one more port of the server, and each of
 * the client's two connections has an ephemeral port. Nor does the port prove which client connects:
 * the server rejects other addresses, but another program at the client's address that is faster
 * than the client is served, and the client waits until that program has left.
 *
 * One address has at most `maxPerAddress` clients, and so as many ports. Where clients are strangers,
 * set it to half of the range, so that nobody can use up all ports alone.
 *
 * A client costs up to three descriptors. The server tries ports that other programs have again for
 * every client, so choose a range that only this server uses.
 *
 * @param endpoint Where the service listens; the allocated ports are on the same address
 * @param range The ports to allocate, without 0
 * @throws {SocketError} If the service's own port is not available
 * @throws {TypeError} If `range` is not a `PortRange`, or an option is not known or of the wrong kind
 * @throws {RangeError} If the range contains port 0, or a limit is out of its bounds
 *
 * @example Two numbers, three clients
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { freePort } from "fourtuple/sockets";
 * import { LineConnection, grantedPort, startServerAllocated } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * const held = freePort();
 * const { port } = held;
 * held.release();
 * await using server = startServerAllocated("127.0.0.1:0", PortRange.from(port, port));
 *
 * using first = await LineConnection.connect(server.endpoint);
 * assertEquals(grantedPort(await first.readLine()), port);
 * using talk = await LineConnection.connect(`127.0.0.1:${port}`);
 * assertEquals(await talk.ask("name Ada"), "hello Ada");
 * assertEquals(await talk.ask("good morning"), "Ada, line 1: good morning");
 *
 * using second = await LineConnection.connect(server.endpoint);
 * assertEquals((await second.readLine())?.slice(0, 17), "refused exhausted");
 * assertEquals(server.events().map((event) => event.what), ["allocated", "refused"]);
 * ```
 */
export function startServerAllocated(
  endpoint: EndpointLike,
  range: PortRange,
  options: AllocationOptions = {},
): Service {
  const ports = new AllocatedPorts(range, options, () => loop.endpoint);
  let clients = 0;
  const serve = async (control: LineConnection) => {
    const allocated = ports.allocate(control, `client ${++clients}`);
    if (!("release" in allocated)) {
      return await control.writeLine(refusalLine(allocated.reason, allocated.sentence));
    }
    try {
      await control.writeLine(grantLine(allocated.port));
      while (await control.readLine() !== undefined) {
        await control.writeLine(holdingLine(allocated.port));
      }
    } finally {
      await allocated.release();
    }
  };
  const loop = AcceptLoop.listen(endpoint, serve, ports.loopOptions);
  return new Service({ loop, history: ports.history, range });
}
