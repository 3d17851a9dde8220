/**
 * A TCP client that sends each of its messages to an echo server and reads as many bytes back.
 *
 * Counterpart of the client that the article on ports and sockets describes in steps but does not
 * print: it connects from a port that its kernel picks, talks over the one connection, and closes.
 *
 * ```sh
 * deno run --allow-net echo_client.ts 65432                            # the server's port
 * deno run --allow-net echo_client.ts 65432 127.0.0.1 "one" "another"  # its address, and messages
 * ```
 *
 * @module
 */

const PATIENCE_MS = 3_000;

const [portText = "65432", hostname = "127.0.0.1", ...words] = Deno.args;
const port = readPort(portText);
const messages = words.length > 0 ? words : ["Hello, echo"];
const timer = setTimeout(() => fail(`no echo within ${PATIENCE_MS / 1000} seconds`), PATIENCE_MS);

try {
  using connection = await Deno.connect({ hostname, port });
  console.log(`Connected ${text(connection.localAddr)} -> ${text(connection.remoteAddr)}`);

  for (const message of messages) {
    const data = new TextEncoder().encode(message);
    // Sends and reads at the same time. A client that reads only after it has sent a long message
    // may wait for a server that itself waits until its client reads.
    const [echo] = await Promise.all([receive(connection, data.length), send(connection, data)]);
    const text = Deno.inspect(new TextDecoder().decode(echo));
    if (echo.some((byte, index) => byte !== data[index])) {
      throw new Error(`the server sent ${text} instead of ${Deno.inspect(message)}`);
    }
    console.log(`Echo: ${text}`);
  }
  await connection.closeWrite();
  if (await connection.read(new Uint8Array(1)) !== null) {
    throw new Error("the server sent more than it received");
  }
  console.log("Closed");
} catch (error) {
  fail(`${error}`);
}
clearTimeout(timer);

function fail(why: string): never {
  console.error(`Cannot get an echo from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

/** A stream has no message boundaries: the echo may arrive in pieces, so it counts the bytes. */
async function receive(connection: Deno.TcpConn, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(size);
  for (let received = 0; received < size;) {
    const count = await connection.read(data.subarray(received));
    if (count === null) throw new Error(`the server closed after ${received} of ${size} bytes`);
    received += count;
  }
  return data;
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server listens on it. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
