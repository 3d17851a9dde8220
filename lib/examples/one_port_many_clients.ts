/**
 * One server port, several connections: what tells them apart, seen from the server.
 *
 * Counterpart of the list of connections in the book chapter on ports and sockets, where two
 * clients on one computer and one on another have connected to port 80: the protocol, the local
 * address and the local port are the same three times, and still there are three five-tuples.
 *
 * ```sh
 * deno run --allow-net one_port_many_clients.ts 8080              # port; 0 lets the kernel pick one
 * deno run --allow-net one_port_many_clients.ts 8080 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.2
 * ```
 *
 * The other arguments: the server's address, then the address of each client. The second line
 * shows their defaults; with an IPv6 server, three clients have the server's address. 127.0.0.2 is
 * an address of this computer on Linux only.
 *
 * @module
 */
import { once } from "node:events";
import { connect } from "node:net"; // Deno.connect() does not let a client choose its address

const PATIENCE_MS = 3_000;
const MAX_CLIENTS = 1000;

const [portText = "8080", hostname = "127.0.0.1", ...rest] = Deno.args;
const port = readPort(portText);
const usual = hostname.includes(":")
  ? [hostname, hostname, hostname] // of IPv6, loopback has one address only
  : ["127.0.0.1", "127.0.0.1", "127.0.0.2"];
const clients = rest.length > 0 ? rest : usual;
if (clients.length > MAX_CLIENTS) {
  refuse(`Cannot have ${clients.length} clients: it must be at most ${MAX_CLIENTS}`);
}

using open = new DisposableStack(); // closes everything in it at the end
try {
  const listener = open.use(Deno.listen({ hostname, port }));
  console.log(`Listening on ${text(listener.addr)}`);
  for (const [index, localAddress] of clients.entries()) {
    const client = connect({ host: hostname, port: listener.addr.port, localAddress });
    open.defer(() => client.destroy());
    await once(client, "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { localAddr, remoteAddr } = open.use(await listener.accept());
    const tuple = [localAddr.hostname, localAddr.port, remoteAddr.hostname, remoteAddr.port];
    console.log(`Connection ${index + 1}: (TCP, ${tuple.join(", ")})`);
  }
} catch (error) {
  console.error(`Cannot connect to ${hostname} port ${port}: ${error}`);
  Deno.exitCode = 1;
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readPort(given: string): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= 65535) return Number(given);
  refuse(`Cannot use port ${Deno.inspect(given)}: it must be a whole number from 0 to 65535`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
