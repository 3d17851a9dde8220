/**
 * Client-specified port numbers: each client requests the port that it wants.
 *
 * @module
 */
import type { PortRange } from "../ports/port_range.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import {
  type AllocatedPort,
  AllocatedPorts,
  type AllocationOptions,
  readRequestedPort,
} from "./_allocated_ports.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { grantLine, holdingLine, refusalLine } from "./line_protocol.ts";
import { Service } from "./service.ts";

/**
 * Starts a service that grants each client the port that it requests.
 *
 * A client sends a port number as a line. The answer is "port 6001", or one line that says why not:
 * the port is taken, out of the range, privileged, or not a number at all. Then the client may
 * request another. A granted port belongs to the client as with `startServerAllocated`: the server
 * listens there for it until the client closes the connection on which it asked.
 *
 * The service does not look first whether the port is free and bind later, which would leave time
 * for another program to take it. It binds and listens at once, with the socket that then serves the
 * client, and the kernel says whether that works.
 *
 * @param endpoint Where the service listens; the granted ports are on the same address
 * @param range The ports that clients may request, without 0; privileged ones are granted only if
 * the range contains them and the kernel lets the server bind to them
 * @throws {SocketError} If the service's own port is not available
 * @throws {TypeError} If `range` is not a `PortRange`, or an option is not known or of the wrong kind
 * @throws {RangeError} If the range contains port 0, or a limit is out of its bounds
 *
 * @example Refused, and granted
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { freePort } from "fourtuple/sockets";
 * import { LineConnection, startClientSpecified } from "fourtuple/services";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * await using server = startClientSpecified("127.0.0.1:0", PortRange.from(1024, 65535));
 * using client = await LineConnection.connect(server.endpoint);
 * assertMatch(await client.ask("80abc"), /^refused number: .*, got "abc"$/);
 * assertEquals(
 *   await client.ask("80"),
 *   "refused privileged: ports up to 1023 belong to the system's services, got 80",
 * );
 *
 * const held = freePort();
 * const { port } = held;
 * assertEquals(
 *   await client.ask(`${port}`),
 *   `refused taken: port ${port} is taken by another program`,
 * );
 * held.release();
 * assertEquals(await client.ask(`${port}`), `port ${port}`);
 * ```
 */
export function startClientSpecified(
  endpoint: EndpointLike,
  range: PortRange,
  options: AllocationOptions = {},
): Service {
  const ports = new AllocatedPorts(range, options, () => loop.endpoint);
  let clients = 0;
  const serve = async (control: LineConnection) => {
    const client = `client ${++clients}`;
    let allocated: AllocatedPort | undefined;
    try {
      for (let line; (line = await control.readLine()) !== undefined;) {
        if (allocated !== undefined) {
          await control.writeLine(holdingLine(allocated.port));
          continue;
        }
        const requested = readRequestedPort(line, range);
        const outcome = typeof requested === "number"
          ? ports.allocate(control, client, requested)
          : ports.refuse(client, requested);
        if ("release" in outcome) allocated = outcome;
        await control.writeLine(
          "release" in outcome
            ? grantLine(outcome.port)
            : refusalLine(outcome.reason, outcome.sentence),
        );
      }
    } finally {
      await allocated?.release();
    }
  };
  const loop = AcceptLoop.listen(endpoint, serve, ports.loopOptions);
  return new Service({ loop, history: ports.history, range });
}
