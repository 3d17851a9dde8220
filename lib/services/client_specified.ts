/**
 * Client-specified port numbers: each client asks for the one that it wants.
 *
 * @module
 */
import type { EndpointLike } from "../tuples/endpoint.ts";
import type { PortRange } from "../ports/port_range.ts";
import { grantLine, holdingLine, refusalLine } from "./_answers.ts";
import { Lending, type LendingOptions, type LentPort } from "./_allocating.ts";
import { readWish } from "./_requested_port.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { Service } from "./service.ts";

/**
 * Starts a service that grants each client the port that it asks for.
 *
 * A client sends a number as a line, and is answered "port 6001", or in one line why not: it is
 * taken, out of the range, privileged, or no number at all; then it may ask for another. A granted
 * number is the client's as with `startServerAllocated`: the server listens there for it until it
 * closes the connection on which it asked.
 *
 * The kernel is asked at the moment of the request, by the very bind and listen that serve the
 * client. To look first and to bind later would leave time for somebody else.
 *
 * @param endpoint Where the service listens; the granted ports are on the same address
 * @param range The ports that clients may ask for, without 0; privileged ones are granted only if
 * the range has them and the kernel lets the server bind to them
 * @throws {SocketError} If the service's own port cannot be had
 * @throws {TypeError} If `range` is no `PortRange`, or an option is of the wrong kind
 * @throws {RangeError} If the range contains port 0, or a limit is out of its bounds
 *
 * @example Refused, and granted
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { freePort } from "fourtuple/sockets";
 * import { LineConnection, startClientSpecified } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = startClientSpecified("127.0.0.1:0", PortRange.from(1024, 65535));
 * using client = await LineConnection.connect(server.endpoint);
 * assertEquals(
 *   await client.ask("80abc"),
 *   'refused number: a port is decimal digits and nothing else, got "abc"',
 * );
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
  options: LendingOptions = {},
): Service {
  const lending = new Lending(range, options);
  let clients = 0;
  const serve = async (control: LineConnection) => {
    const client = `client ${++clients}`;
    let lent: LentPort | undefined;
    try {
      for (let line; (line = await control.readLine()) !== undefined;) {
        if (lent !== undefined) {
          await control.writeLine(holdingLine(lent.port));
          continue;
        }
        const wish = readWish(line, range);
        const outcome = typeof wish === "number"
          ? lending.lend(control, client, wish)
          : lending.refuse(client, wish);
        if ("giveBack" in outcome) lent = outcome;
        await control.writeLine(
          "giveBack" in outcome
            ? grantLine(outcome.port)
            : refusalLine(outcome.reason, outcome.sentence),
        );
      }
    } finally {
      await lent?.giveBack();
    }
  };
  const loop = AcceptLoop.listen(endpoint, serve, options);
  lending.settle(loop.endpoint);
  return new Service({ loop, history: lending.history, range });
}
