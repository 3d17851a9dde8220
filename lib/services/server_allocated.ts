/**
 * Server-allocated port numbers: the server picks one for each client.
 *
 * @module
 */
import type { EndpointLike } from "../tuples/endpoint.ts";
import type { PortRange } from "../ports/port_range.ts";
import { grantLine, holdingLine, refusalLine } from "./_answers.ts";
import { Lending, type LendingOptions } from "./_allocating.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { Service } from "./service.ts";

export type { LendingOptions };

/**
 * Starts a service that lends each client a port of its own.
 *
 * A client that connects gets the next free number of the range, as "port 6001", and the server
 * really listens there, for this client, until the client closes the connection on which it got the
 * number. Then the number is free. When no number is left, the client is told "refused exhausted".
 * What the client and the server say on the lent port, see the line protocol; what the server
 * remembers of the client it keeps by the port, so the client may leave it and come again.
 *
 * What the number is not: the port of the client. It is one more port of the server, and the
 * client's two connections have an ephemeral port each. Nor does it prove who comes: the server
 * turns away other addresses, but another program at the client's address that is quicker than the
 * client gets in, and the client waits until it has left.
 *
 * A client costs up to three descriptors. Ports of the range that other programs have are tried
 * again for every client, so choose a range that is the server's own.
 *
 * @param endpoint Where the service listens; the lent ports are on the same address
 * @param range The ports to lend, without 0
 * @throws {SocketError} If the service's own port cannot be had
 * @throws {TypeError} If `range` is no `PortRange`, or an option is of the wrong kind
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
  options: LendingOptions = {},
): Service {
  const lending = new Lending(range, options);
  let clients = 0;
  const serve = async (control: LineConnection) => {
    const lent = lending.lend(control, `client ${++clients}`);
    if (!("giveBack" in lent)) {
      return await control.writeLine(refusalLine(lent.reason, lent.sentence));
    }
    try {
      await control.writeLine(grantLine(lent.port));
      while (await control.readLine() !== undefined) {
        await control.writeLine(holdingLine(lent.port));
      }
    } finally {
      await lent.giveBack();
    }
  };
  const loop = AcceptLoop.listen(endpoint, serve, options);
  lending.settle(loop.endpoint);
  return new Service({ loop, history: lending.history, range });
}
