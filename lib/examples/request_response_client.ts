/**
 * A web client that sends one request after another, all on one connection.
 *
 * Counterpart of the pattern request and response in the article on clients, servers and ports:
 * the client asks, the server answers, and so on. The connection is a stream without message
 * boundaries, so an answer has to say how long it is: HTTP does that in the header Content-Length.
 *
 * ```sh
 * deno run --allow-net request_response_client.ts 8080                  # port of a web server
 * deno run --allow-net request_response_client.ts 8080 127.0.0.1 200    # address, how many requests
 * ```
 *
 * @module
 */

const MAX_ANSWER_BYTES = 64 * 1024;
const PATIENCE_MS = 5_000; // for each answer

const [portText = "8080", hostname = "127.0.0.1", countText = "3"] = Deno.args;
const port = readNumber("port", portText, 65535);
const count = readNumber("count", countText, 100_000);
const host = hostname.includes(":") ? `[${hostname}]` : hostname;

const buffer = new Uint8Array(MAX_ANSWER_BYTES);
let size = 0; // how much of it is filled: bytes that are not yet a whole answer
let timer = limitWait();
try {
  const started = performance.now();
  using connection = await Deno.connect({ hostname, port });
  console.log(`Connected ${text(connection.localAddr)} -> ${text(connection.remoteAddr)}`);
  for (let number = 1; number <= count; number++) {
    clearTimeout(timer);
    timer = limitWait();
    const asked = performance.now();
    await send(connection, `GET /${number} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    const answer = await receiveAnswer(connection);
    console.log(`${(performance.now() - asked).toFixed(3)} ms: ${Deno.inspect(answer)}`);
  }
  const milliseconds = (performance.now() - started).toFixed(1);
  console.log(`${count} answers over 1 connection in ${milliseconds} ms`);
} catch (error) {
  fail(`${error}`);
}
clearTimeout(timer);

async function receiveAnswer(connection: Deno.TcpConn): Promise<string> {
  while (true) {
    const answer = takeAnswer();
    if (answer !== undefined) return answer;
    if (size === buffer.length) throw new Error(`the answer has over ${size} bytes`);
    const count = await connection.read(buffer.subarray(size));
    if (count === null) throw new Error("the connection ended before the answer");
    size += count;
  }
}

/** Takes one whole answer out of the buffer, if there is one, and leaves the bytes after it. */
function takeAnswer(): string | undefined {
  const latin1 = new TextDecoder("latin1"); // one character for each byte
  const head = /^.*?\r\n\r\n/s.exec(latin1.decode(buffer.subarray(0, size)))?.[0];
  if (head === undefined) return undefined;
  if (!/^HTTP\/1\.1 200 /.test(head)) throw new Error(head.split("\r\n")[0]);
  const length = /^content-length: *([0-9]+) *\r$/im.exec(head)?.[1];
  if (length === undefined) throw new Error("the answer does not say how long it is");
  const end = head.length + Number(length);
  if (size < end) return undefined;
  const body = new TextDecoder().decode(buffer.subarray(head.length, end));
  buffer.copyWithin(0, end, size);
  size -= end;
  return body;
}

function limitWait(): ReturnType<typeof setTimeout> {
  return setTimeout(() => fail(`no answer within ${PATIENCE_MS / 1000} seconds`), PATIENCE_MS);
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
