/**
 * A server that takes more clients than it has descriptors. It echoes or, given a range of ports,
 * allocates them. For each line that it reads, it prints its counts.
 */
import { AcceptLoop, PortRange, startServerAllocated } from "fourtuple";

const [endpoint = "", range] = Deno.args;
const options = { maxConnections: 100_000, maxPerAddress: 100_000, backOff: 20 };
const server = range === undefined ? echo() : allocate(PortRange.parse(range));
console.log(`Listening on ${server.endpoint}`);

const decoder = new TextDecoder();
for await (const piece of Deno.stdin.readable) {
  for (const id of decoder.decode(piece).trim().split("\n")) {
    console.log(`${id} ${JSON.stringify(server.counts())}`);
  }
}
await server.close();

function echo() {
  const loop = AcceptLoop.listen(endpoint, async (client) => {
    for (let line, count = 0; (line = await client.readLine()) !== undefined;) {
      await client.writeLine(`echo, line ${++count}: ${line}`);
    }
  }, options);
  return { endpoint: loop.endpoint, counts: () => loop.counts, close: () => loop.close() };
}

function allocate(ports: PortRange) {
  const service = startServerAllocated(endpoint, ports, options);
  const close = () => service.close();
  return { endpoint: service.endpoint, counts: () => service.snapshot(), close };
}
