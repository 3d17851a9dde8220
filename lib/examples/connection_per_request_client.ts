/**
 * A web client that opens a connection for each request, reads the answer to its end, and closes.
 *
 * Counterpart of the pattern of one connection per request in the article on clients, servers and
 * ports, as HTTP/1.0 does it: the end of the connection is the end of the answer, and each request
 * costs a handshake, a client port, and a close.
 *
 * ```sh
 * deno run --allow-net connection_per_request_client.ts 8080                # a web server's port
 * deno run --allow-net connection_per_request_client.ts 8080 127.0.0.1 200  # address, requests
 * ```
 *
 * @module
 */

const MAX_ANSWER_BYTES = 64 * 1024;
const PATIENCE_MS = 5_000; // for each answer

const [portText = "8080", hostname = "127.0.0.1", countText = "3"] = Deno.args;
const port = readNumber("port", portText, 65535);
const count = readNumber("count", countText, 100_000);

try {
  const started = performance.now();
  for (let number = 1; number <= count; number++) {
    const asked = performance.now();
    const { from, answer } = await ask(`/${number}`);
    console.log(`${(performance.now() - asked).toFixed(3)} ms from ${from}: ${answer}`);
  }
  const milliseconds = (performance.now() - started).toFixed(1);
  console.log(`${count} answers over ${count} connections in ${milliseconds} ms`);
} catch (error) {
  fail(`${error}`);
}

async function ask(path: string): Promise<{ from: string; answer: string }> {
  const late = () => fail(`no answer within ${PATIENCE_MS / 1000} seconds`);
  const timer = setTimeout(late, PATIENCE_MS);
  using connection = await Deno.connect({ hostname, port });
  await send(connection, `GET ${path} HTTP/1.0\r\n\r\n`);
  const [head = "", body] = (await receiveAll(connection)).split(/\r\n\r\n(.*)/s);
  clearTimeout(timer);
  if (body === undefined) throw new Error("the connection ended before the answer");
  if (!/^HTTP\/1\.[01] 200 /.test(head)) throw new Error(head.split("\r\n")[0]);
  return { from: text(connection.localAddr), answer: Deno.inspect(body) };
}

async function receiveAll(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(MAX_ANSWER_BYTES);
  for (let size = 0; size < buffer.length;) {
    const count = await connection.read(buffer.subarray(size));
    if (count === null) return new TextDecoder().decode(buffer.subarray(0, size));
    size += count;
  }
  throw new Error(`the answer has over ${MAX_ANSWER_BYTES} bytes`);
}

function fail(why: string): never {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, request: string): Promise<void> {
  const data = new TextEncoder().encode(request);
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server listens on it. */
function readNumber(name: string, given: string, most: number): number {
  const number = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (number >= 1 && number <= most) return number;
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 1 to ${most}`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
