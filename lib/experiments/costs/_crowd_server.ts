/**
 * `_crowd_server.ts ADDRESS:PORT`: one thread and one epoll, which sends every client its bytes back.
 * Prints where it listens, and a line if it runs out of descriptors.
 */
import { Epoll } from "../../sockets/epoll.ts";
import { Socket } from "../../sockets/socket.ts";
import { SocketError } from "../../system/errno.ts";

/** Linux uses net.core.somaxconn instead, if that is less. `listen(2)` */
const BACKLOG = 4096;
const PAUSE_MS = 50;

const server = Socket.tcp();
server.bind(Deno.args[0]!);
server.listen(BACKLOG);
const epoll = new Epoll();
epoll.add(server);
console.log(`Listening on ${server.localEndpoint()}`);

const bytes = new Uint8Array(4096);
for (;;) {
  const { readable } = await epoll.wait();
  for (const socket of readable) {
    if (socket === server) await acceptAll();
    else if (!socket.isClosed) answer(socket);
  }
}

async function acceptAll(): Promise<void> {
  try {
    for (let client; (client = server.tryAccept());) epoll.add(client);
  } catch (error) {
    console.log(`Not accepted: ${error instanceof SocketError ? error.code : error}`);
    await new Promise((go) => setTimeout(go, PAUSE_MS)); // the queue stays readable: do not spin
  }
}

/** The messages are so short that the kernel has room for each answer. */
function answer(socket: Socket): void {
  try {
    const size = socket.tryReceiveInto(bytes);
    if (size === undefined) return;
    if (size === 0) socket.close();
    else socket.trySend(bytes, { size });
  } catch {
    socket.close(); // the client has reset it
  }
}
