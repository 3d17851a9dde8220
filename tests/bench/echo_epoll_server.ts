import { Epoll } from "../../lib/sockets/epoll.ts";
import { Socket } from "../../lib/sockets/socket.ts";

const server = Socket.tcp();
server.bind("127.0.0.1:0");
server.listen(4096);
console.log(server.localEndpoint().port);

const message = new Uint8Array(4096);
const epoll = new Epoll();
epoll.add(server);
for (;;) {
  const { readable } = await epoll.wait();
  for (const socket of readable) {
    if (socket === server) acceptAll();
    else echo(socket);
  }
}

function acceptAll(): void {
  for (let socket; (socket = server.tryAccept()) !== undefined;) epoll.add(socket);
}

function echo(socket: Socket): void {
  const size = socket.tryReceiveInto(message);
  // A message of the bench fits into the kernel's buffer, so that one send takes all of it.
  if (!size || socket.trySend(message, { size }) !== size) socket.close();
}
