/** A server that takes more clients than it has descriptors; tells its counts line by line. */
import { AcceptLoop } from "fourtuple";

const server = AcceptLoop.listen(Deno.args[0]!, async (client) => {
  for (let line, count = 0; (line = await client.readLine()) !== undefined;) {
    await client.writeLine(`echo, line ${++count}: ${line}`);
  }
}, { maxConnections: 100_000, backOff: 20 });
console.log(`Listening on ${server.endpoint}`);

const decoder = new TextDecoder();
for await (const piece of Deno.stdin.readable) {
  for (const id of decoder.decode(piece).trim().split("\n")) {
    console.log(`${id} ${JSON.stringify(server.counts)}`);
  }
}
await server.close();
