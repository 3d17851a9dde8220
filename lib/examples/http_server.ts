/**
 * A web server that keeps a connection open as long as its client sends requests.
 *
 * Counterpart of two patterns in the article on clients, servers and ports: request and response,
 * again and again on one connection, as HTTP/1.1 does it without "Connection: close"; and one
 * connection per request, as HTTP/1.0 did it. The client decides which of the two it is.
 *
 * ```sh
 * deno run --allow-net http_server.ts 8080                # port; 0 lets the kernel pick one
 * deno run --allow-net http_server.ts 8080 127.0.0.2 10   # and address, and seconds of patience
 * curl -v http://127.0.0.1:8080/one http://127.0.0.1:8080/two    # with -I: only the headers
 * ```
 *
 * Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 500;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** Limits the memory that a request without an end can take. */
const MAX_HEAD_BYTES = 8 * 1024;
/** RFC 9112, section 3; a method is a token as in RFC 9110, section 5.6.2. */
const REQUEST_LINE = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+) ([!-~]+) HTTP\/1\.([01])$/;
/** RFC 9112, section 5: no blank before the colon, and none before the name. */
const FIELD = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+:/;
/** RFC 9110, section 9, and RFC 5789. Any other method is not known here. */
const METHODS = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)$/;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "8080", hostname = "127.0.0.1", secondsText = "60"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 3600) * 1000;

const listener = listen();
const connections = new Set<Deno.TcpConn>();
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM
console.log(`Listening on ${text(listener.addr)}`);

// Not `for await (const connection of listener)`: that loop ends at the first error.
while (true) {
  try {
    const connection = await listener.accept();
    if (admit(connection)) serve(connection); // no await, so that the next client can be accepted
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) break; // the listener was closed
    console.log(`Not accepted: ${error}`);
    if (error instanceof Deno.errors.NotConnected) continue; // the client has left already
    await new Promise((go) => setTimeout(go, 100)); // other errors may last: do not spin
  }
}

/** Whether there is a place for a client. One address gets half of the places at most. */
function admit(client: Deno.TcpConn): boolean {
  const { hostname } = client.remoteAddr;
  const same = [...connections].filter(({ remoteAddr }) => remoteAddr.hostname === hostname).length;
  if (connections.size < MAX_CONNECTIONS && same < MAX_CONNECTIONS / 2) return true;
  const here = `${connections.size} of ${MAX_CONNECTIONS} clients are here`;
  console.log(`Rejected ${text(client.remoteAddr)}: ${here}, ${same} from its address`);
  client.close();
  return false;
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  const client = text(connection.remoteAddr);
  let answered = 0;
  connections.add(connection);
  try {
    for await (const head of headsOf(connection)) {
      const { answer, last } = respond(head);
      await inTime(connection, send(connection, answer));
      answered += 1;
      if (last) break;
    }
    await connection.closeWrite();
    await inTime(connection, readOn(connection));
    console.log(`Closed ${client} after ${answered} answers`);
  } catch (error) {
    console.log(`Lost ${client} after ${answered} answers: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
  }
}

/**
 * The requests of a connection, each up to its empty line; undefined for one that is too long.
 * Bytes after one request are the beginning of the next: a stream has no message boundaries.
 */
async function* headsOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  const decoder = new TextDecoder("latin1"); // one character for each byte
  for (let size = 0;;) {
    // The time limit is for the whole request: a byte now and then does not extend it.
    const started = performance.now();
    let end: RegExpExecArray | null;
    // An empty line before a request is passed over (RFC 9112, section 2.2).
    while (
      (end = /(?<=[^\r\n])\r?\n\r?\n/.exec(decoder.decode(buffer.subarray(0, size)))) === null
    ) {
      if (size === buffer.length) return yield undefined;
      const left = patience - (performance.now() - started);
      const count = await inTime(connection, connection.read(buffer.subarray(size)), left);
      if (count === null) return;
      size += count;
    }
    yield decoder.decode(buffer.subarray(0, end.index));
    const next = end.index + end[0].length;
    buffer.copyWithin(0, next, size);
    size -= next;
  }
}

/** The answer to a request, and whether it is the last one of its connection. */
function respond(head: string | undefined): { answer: Uint8Array; last: boolean } {
  const [requestLine = "", ...fields] = head?.replace(/^[\r\n]+/, "").split(/\r?\n/) ?? [];
  const [, method = "", target = "", minor] = REQUEST_LINE.exec(requestLine) ?? [];
  const says = (field: RegExp) => fields.some((line) => field.test(line));
  const hosts = fields.filter((line) => /^host:/i.test(line)).length;
  const known = method === "GET" || method === "HEAD";
  // A body would be read as the next request, which is how requests are smuggled past a proxy.
  const hasBody = says(/^transfer-encoding:/i) || says(/^content-length:(?!\s*0\s*$)/i);
  // A name that others read differently would hide a body, and two hosts would be two servers.
  const isBad = !minor || (minor === "1" && hosts === 0) || hosts > 1 ||
    !fields.every((line) => FIELD.test(line));
  const last = minor !== "1" || hasBody || isBad || says(/^connection:.*\bclose\b/i);
  const page = (status: string, body: string) => ({
    // The answer to HEAD ends with the headers, whatever they say: the next byte that the client
    // reads belongs to the next answer.
    answer: new TextEncoder().encode(
      `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nAllow: GET, HEAD\r\n` +
        `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\n` +
        `Connection: ${last ? "close" : "keep-alive"}\r\n\r\n${method === "HEAD" ? "" : body}`,
    ),
    last,
  });
  if (isBad || (known && hasBody)) {
    return page("400 Bad Request", "Bad Request\n");
  }
  if (!METHODS.test(method)) return page("501 Not Implemented", "Only GET and HEAD\n");
  if (!known) return page("405 Method Not Allowed", "Only GET and HEAD\n");
  return page("200 OK", `You asked for ${target}\n`);
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function inTime<T>(
  connection: Deno.TcpConn,
  step: Promise<T>,
  milliseconds = patience,
): Promise<T> {
  const timer = setTimeout(() => connection[Symbol.dispose](), milliseconds);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** To close with data unread would send a reset, which may overtake the last answer: reads on. */
async function readOn(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (let count; (count = await connection.read(buffer)) !== null; total += count) {
    if (total > MAX_IGNORED_BYTES) throw new Error(`over ${total} bytes after the last answer`);
  }
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    console.error(`Cannot listen on ${hostname} port ${port}: ${error}`);
    Deno.exit(1);
  }
}

function closeOnSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {
    console.log(`Closing on ${signal}`);
    listener[Symbol.dispose]();
    for (const connection of connections) connection[Symbol.dispose]();
  });
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
