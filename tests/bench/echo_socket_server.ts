import { Socket } from "../../lib/sockets/socket.ts";

const server = Socket.tcp();
server.bind("127.0.0.1:0");
server.listen(4096);
console.log(server.localEndpoint().port);
for (;;) echo(await server.accept());

async function echo(accepted: Socket): Promise<void> {
  using socket = accepted;
  const message = new Uint8Array(4096);
  for (let length; (length = await socket.receiveInto(message)) > 0;) {
    await socket.sendAll(message, { size: length });
  }
}
