/** Clients for the tests, polite and hostile; each wait has a limit. */
import { assertEquals, assertLess } from "@std/assert";
import {
  type Endpoint,
  LineConnection,
  type LineConnectOptions,
  Socket,
  SocketError,
} from "fourtuple";

/** How long a polite client waits at most. */
export const PATIENCE = 5000;

/** Connects a polite client. */
export function polite(
  server: Endpoint,
  options: LineConnectOptions = {},
): Promise<LineConnection> {
  return LineConnection.connect(server, { idleDeadline: PATIENCE, ...options });
}

/** Connects a bare socket, for a client that keeps to no rule. */
export async function raw(server: Endpoint): Promise<Socket> {
  const socket = Socket.tcp({ family: server.family, timeout: PATIENCE });
  try {
    await socket.connect(server);
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** Resets the connection: RST, no FIN. */
export function reset(socket: Socket): void {
  socket.setOption("linger", 0);
  socket.close();
}

/** Asserts that a polite client is served at once, whatever others do. */
export async function assertServesOthers(server: Endpoint): Promise<void> {
  const begun = performance.now();
  using client = await polite(server);
  const answer = await client.ask("good morning");
  assertEquals(answer.slice(answer.indexOf(",")), ", line 1: good morning");
  assertLess(performance.now() - begun, PATIENCE, "another client had to wait");
}

/** Sends the same again and again until the server takes no more; returns how many bytes it took. */
export async function sendForever(
  socket: Socket,
  data: Uint8Array<ArrayBuffer>,
): Promise<{ sent: number; ended: string }> {
  for (let sent = 0;;) {
    try {
      sent += await socket.send(data.subarray(sent % data.length), { timeout: PATIENCE });
    } catch (error) {
      return { sent, ended: error instanceof SocketError ? error.code : `${error}` };
    }
  }
}
