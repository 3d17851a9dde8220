import { type AddressInfo, createServer } from "node:net";

const server = createServer((socket) => socket.on("data", (data) => socket.write(data)));
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port);
});
