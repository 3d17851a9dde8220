/**
 * Whether a connection's four-tuple can be used again right after its end: tried, and the kernel
 * answers.
 *
 * @module
 */
import { PortRange } from "../../ports/port_range.ts";
import { check } from "../../refusal.ts";
import { expectedError } from "../calls/outcome.ts";
import { portLab } from "../labs/port_lab.ts";
import { closeInTurn, CLOSES_FIRST } from "./closing.ts";

/** The result of the second connect. */
export type ReconnectOutcome = "connected" | "EADDRNOTAVAIL";

const ONE_PORT = PortRange.from(50_000, 50_000);

/**
 * Opens a connection, closes both ends properly, one after the other, and at once connects again to
 * the same server. The client's computer has one ephemeral port, so that both connections need the same
 * four-tuple.
 *
 * The end that closes first keeps a TIME_WAIT. If that is the client's, its kernel does not choose the
 * port again. If it is the server's, its kernel accepts the new SYN, whose sequence number or
 * timestamp is higher than anything in the old connection (RFC 9293, section 3.10.7.4; RFC 6191).
 *
 * On a machine that forbids private networks this runs on loopback. There Linux lets a client use the
 * four-tuple again after a second (`tcp_tw_reuse`).
 *
 * @param closesFirst Which end closes first
 * @throws {SocketError} If a call fails for another reason than EADDRNOTAVAIL
 * @throws {TypeError} If `closesFirst` is neither
 *
 * @example Only the client's TIME_WAIT is in the way
 * ```ts
 * import { tryToReconnect } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToReconnect("server"), "connected");
 * assertEquals(await tryToReconnect("client"), "EADDRNOTAVAIL");
 * ```
 */
export async function tryToReconnect(closesFirst: "client" | "server"): Promise<ReconnectOutcome> {
  check(closesFirst, CLOSES_FIRST, {
    cannot: "Cannot try to connect again",
    what: "the end that closes first",
  });
  await using lab = await portLab(ONE_PORT);
  const [server] = lab.servers;
  const client = lab.newClient();
  await client.connect(server.localEndpoint());
  const accepted = await server.accept();
  await closeInTurn(closesFirst, { client, accepted });
  try {
    await lab.newClient().connect(server.localEndpoint());
    return "connected";
  } catch (error) {
    expectedError(error, "EADDRNOTAVAIL");
    return "EADDRNOTAVAIL";
  }
}
