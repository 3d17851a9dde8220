/**
 * `_thread_server.ts ADDRESS:PORT`: a thread for each client, which sends it its bytes back. The main
 * thread only accepts. Prints where it listens.
 */
import { Socket } from "../../sockets/socket.ts";

const server = Socket.tcp();
server.bind(Deno.args[0]!);
server.listen();
console.log(`Listening on ${server.localEndpoint()}`);

for (;;) {
  const client = await server.accept();
  // A descriptor is the whole process's: the new thread uses it, and closes it.
  const thread = new Worker(new URL("./_client_thread.ts", import.meta.url), { type: "module" });
  thread.postMessage(client.descriptor);
}
