/**
 * Three ways to close a connection: what the other end hears, and what is left in the kernel's table.
 *
 * @module
 */
import { connectionsWhen } from "../../observe/connections_when.ts";
import { type Check, check, oneOf } from "../../refusal.ts";
import type { Socket } from "../../sockets/socket.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { outcomeOf } from "../calls/outcome.ts";
import type { ConnectionLab } from "../labs/connection_lab.ts";

/** How a connection is closed. */
export type WayToClose = "close" | "close, linger 0" | "close, bytes unread";

/** What came of it. */
export interface Closing {
  /** The way. */
  readonly way: WayToClose;
  /** What the other end's next receive gives: "0 bytes" for a FIN, "ECONNRESET" for a reset. */
  readonly heard: string;
  /** The states of what is left of the connection, after the other end has closed too. */
  readonly left: readonly SocketState[];
}

/**
 * Opens a connection, closes the client's end in the way that is given, and lets the server's end
 * receive and close.
 *
 * "close" closes an end that has nothing to read. "close, linger 0" sets the option `linger` to 0
 * first, so that the kernel drops the connection (`socket(7)`). "close, bytes unread" closes while
 * five bytes wait that the program has not received (RFC 9293, section 3.10.4; RFC 2525, section 2.17).
 *
 * @param lab Where the connection is made
 * @param way How the client closes
 * @throws {TypeError} If there is no such way
 * @throws {SocketError} If the connection cannot be made
 *
 * @example Bytes that nobody has read
 * ```ts
 * import { connectionLab, tryToClose } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * await using lab = await connectionLab();
 * const { heard, left } = await tryToClose(lab, "close, bytes unread");
 * assertEquals([heard, left], ["ECONNRESET", []]);
 * ```
 */
export async function tryToClose(
  { network, connect }: ConnectionLab,
  way: WayToClose,
): Promise<Closing> {
  check(way, oneOf("close", "close, linger 0", "close, bytes unread"), {
    cannot: "Cannot try to close a connection",
    what: "the way",
  });
  const [client, accepted] = await connect();
  const { port } = client.localEndpoint();
  if (way === "close, linger 0") client.setOption("linger", 0);
  if (way === "close, bytes unread") {
    await accepted.send("hello");
    await connectionsWhen({ localPort: port }, ([row]) => row?.receiveQueue === 5, { network });
  }
  client.close();
  const heard = await outcomeOf(accepted.receive());
  accepted.close();
  const rows = await connectionsWhen(
    { port },
    (rows) => rows.every(({ state }) => state === "TIME_WAIT"),
    { network },
  );
  return { way, heard, left: rows.map(({ state }) => state) };
}

/** An end of a connection, as in "the client closes first". */
export type ClosingEnd = "client" | "server";

/** What the end that closes first may be. */
export const CLOSES_FIRST: Check<ClosingEnd> = oneOf("client", "server");

/** Closes both ends properly, one after the other: the first keeps a TIME_WAIT. */
export async function closeInTurn(
  closesFirst: ClosingEnd,
  { client, accepted }: { readonly client: Socket; readonly accepted: Socket },
): Promise<void> {
  const [first, second] = closesFirst === "client" ? [client, accepted] : [accepted, client];
  first.close();
  await second.receive();
  second.close();
}
