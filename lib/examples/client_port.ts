/**
 * A TCP client that chooses its own port, says hello from there, and prints the answer.
 *
 * Counterpart of the drawing with client A at port 6001 and client B at port 6002 in the article
 * on assigning port numbers to clients. No server can give a client its port: the client's own
 * kernel picks it, unless the client binds to one before it connects, as this one does. The
 * clients do not even need different ports: from another address, or to another server, the same
 * port can be used again.
 *
 * ```sh
 * deno run --allow-net client_port.ts 5000 127.0.0.1 6001            # the server's port, address, ours
 * deno run --allow-net client_port.ts 5000 127.0.0.1 6001 127.0.0.2  # and our address
 * ```
 *
 * @module
 */
import { once } from "node:events";
import { connect, isIP } from "node:net"; // Deno.connect() does not let a client choose its port

const PATIENCE_MS = 3_000;
const MAX_ANSWER_BYTES = 1024;

const [portText = "5000", hostname = "127.0.0.1", ownText = "6001", ownAddress] = Deno.args;
const port = readPort("port", portText);
const ownPort = readPort("own port", ownText);
const localAddress = ownAddress ?? (hostname.includes(":") ? "::1" : "127.0.0.1");
if (isIP(localAddress) === 0) {
  refuse(
    `Cannot use own address ${Deno.inspect(localAddress)}: it must be an IPv4 or IPv6 address`,
  );
}

const signal = AbortSignal.timeout(PATIENCE_MS);
const socket = connect({ host: hostname, port, localAddress, localPort: ownPort });
try {
  await once(socket, "connect", { signal });
  console.log(`Connected ${text(localAddress, socket.localPort!)} -> ${text(hostname, port)}`);
  socket.write(`Hello from port ${socket.localPort}\n`);
  const [data] = await once(socket, "data", { signal });
  const answer = new TextDecoder().decode(data.subarray(0, MAX_ANSWER_BYTES));
  console.log(`Received: ${Deno.inspect(answer)}`);
} catch (error) {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why(error)}`);
  Deno.exitCode = 1;
}
socket.destroy();

function why(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  if (name === "AbortError") return `nothing came within ${PATIENCE_MS / 1000} seconds`;
  if (code === "EADDRINUSE") return `EADDRINUSE: our port ${ownPort} is taken here`;
  if (code === "EADDRNOTAVAIL" || code === "EINVAL") { // what Deno makes of it
    return `${code}: this four-tuple is there already, or ${localAddress} is not ours`;
  }
  return code ?? `${error}`;
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0, which means any port. */
function readPort(name: string, given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  refuse(`Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function text(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
