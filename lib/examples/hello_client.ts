/**
 * A TCP client that says hello, prints the answer, and leaves.
 *
 * Counterpart of the TCP client in the book chapter on ports and sockets. That program takes what
 * one call returns for the whole answer, and waits for ever if no answer comes. A connection is a
 * stream without message boundaries: this client reads to the end of it, up to a limit of bytes
 * and seconds.
 *
 * ```sh
 * deno run --allow-net hello_client.ts 8080             # the server's port
 * deno run --allow-net hello_client.ts 8080 127.0.0.2   # and its address
 * ```
 *
 * @module
 */

const QUESTION = new TextEncoder().encode("Hello from client!");
const MAX_ANSWER_BYTES = 1024;
const PATIENCE_MS = 3_000;

const [portText = "8080", hostname = "127.0.0.1"] = Deno.args;
const port = readPort(portText);
const timer = setTimeout(() => fail(`no answer within ${PATIENCE_MS / 1000} seconds`), PATIENCE_MS);

try {
  // The client asks for no port of its own: the kernel picks one.
  using connection = await Deno.connect({ hostname, port });
  console.log(`Connected ${text(connection.localAddr)} -> ${text(connection.remoteAddr)}`);

  await send(connection, QUESTION);
  await connection.closeWrite(); // half-close: the server reads the end of input
  const { answer, isWhole } = await receiveAll(connection);
  console.log(`Received: ${Deno.inspect(answer)}${isWhole ? "" : " and more"}`);
} catch (error) {
  fail(`${error}`);
}
clearTimeout(timer);

function fail(why: string): never {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

async function receiveAll(
  connection: Deno.TcpConn,
): Promise<{ answer: string; isWhole: boolean }> {
  const buffer = new Uint8Array(MAX_ANSWER_BYTES + 1); // one byte more shows that there is more
  let size = 0;
  while (size < buffer.length) {
    const count = await connection.read(buffer.subarray(size));
    if (count === null) break;
    size += count;
  }
  const answer = new TextDecoder().decode(buffer.subarray(0, Math.min(size, MAX_ANSWER_BYTES)));
  return { answer, isWhole: size <= MAX_ANSWER_BYTES };
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
