/**
 * One computer, one address, four servers: a web server, an SSH server, a database and an API.
 * Each has its own port and its own protocol.
 *
 * Counterpart of the host that the book chapter on ports and sockets draws with four applications,
 * with the question: which of them is a packet for? The port decides, and nothing else: the kernel
 * does not look at the data, so a client that connects to the wrong port gets an answer in the
 * wrong protocol. Try it.
 *
 * ```sh
 * deno run --allow-net four_services.ts                            # the kernel picks four ports
 * deno run --allow-net four_services.ts 8080 2222 6379 3000        # web, SSH, database, API
 * deno run --allow-net four_services.ts 8080 2222 6379 3000 10     # and seconds that a client has
 * deno run --allow-net four_services.ts 80 22 5432 3000 10 192.168.1.100    # and an address
 * curl http://127.0.0.1:8080/      ssh -p 2222 127.0.0.1      nc 127.0.0.1 6379
 * ```
 *
 * Without an address they listen on 127.0.0.1, which only this computer can reach, since none of
 * them asks who you are. Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** The lines that a client sends; undefined for one that is too long or not UTF-8. */
type Lines = AsyncIterable<string | undefined>;
/** A protocol is a function from the lines that arrive to the bytes that are sent. */
type Protocol = (lines: Lines) => AsyncIterable<string | Uint8Array>;

const HOSTNAME = Deno.args[5] ?? "127.0.0.1";
const MAX_CONNECTIONS = 100; // to each service; a connection costs a file descriptor
const MAX_LINE_BYTES = 1024; // limits the memory that a line without an end can take
const MAX_HEADER_LINES = 100;
const MAX_KEYS = 1000;
const REQUEST_LINE = /^[A-Z]+ [!-~]+ HTTP\/1\.[01]$/;

const seconds = readNumber("seconds", Deno.args[4] ?? "60", 3600);
const protocols = { web, ssh, database, api };
const wanted = Object.keys(protocols).map((_, index) =>
  readNumber("port", Deno.args[index] ?? "0", 65535)
);
const ports = new Map<string, number>();
const store = new Map<string, string>();
for (const [index, [name, protocol]] of Object.entries(protocols).entries()) {
  const listener = listen(name, wanted[index] ?? 0);
  ports.set(name, listener.addr.port);
  console.log(`${name} listening on ${HOSTNAME}:${listener.addr.port}`);
  acceptAll(name, listener, protocol);
}

/** HTTP (RFC 9112): a request line, header lines, an empty line. One request per connection. */
async function* web(lines: Lines): AsyncIterable<string> {
  const head: string[] = [];
  for await (const line of lines) {
    if (line === undefined || head.length === MAX_HEADER_LINES) return yield page(400);
    if (line === "" && head.length > 0) return yield answerToRequest(head);
    if (line !== "") head.push(line);
    if (head.length === 1 && !REQUEST_LINE.test(line)) return yield page(400);
  }
}

function answerToRequest([requestLine = "", ...headers]: string[]): string {
  const [method = "", target = "", version] = requestLine.split(" ");
  if (version === "HTTP/1.1" && !headers.some((line) => /^host:/i.test(line))) return page(400);
  if (!["GET", "HEAD"].includes(method)) return page(405);
  const answer = page(URL.parse(target, `http://${HOSTNAME}`)?.pathname === "/" ? 200 : 404);
  return method === "GET" ? answer : answer.slice(0, answer.indexOf("\r\n\r\n") + 4);
}

function page(status: 200 | 400 | 404 | 405): string {
  const reason = { 200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed" };
  const body = status === 200 ? "Hello from the web server!\n" : `${reason[status]}\n`;
  return `HTTP/1.1 ${status} ${reason[status]}\r\nDate: ${new Date().toUTCString()}\r\n` +
    `Allow: GET, HEAD\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n` +
    `Connection: close\r\n\r\n${body}`;
}

/** SSH (RFC 4253, 4.2): each side names its version in a line. Then come keys, which we lack. */
async function* ssh(lines: Lines): AsyncIterable<string | Uint8Array> {
  yield "SSH-2.0-four_services\r\n";
  for await (const line of lines) {
    // At most 255 characters, CR LF among them.
    if (line === undefined || !/^SSH-2\.0-[!-~][ -~]{0,244}$/.test(line)) {
      return yield "Invalid SSH identification string.\r\n";
    }
    return yield disconnect("This server has no keys: it only says which protocol it speaks");
  }
}

/** SSH_MSG_DISCONNECT (RFC 4253, 11.1), in a packet of section 6 as it is before there are keys. */
function disconnect(reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const payload = 1 + 4 + 4 + text.length + 4; // number, code, the text's length, text, no language
  const padding = 4 + (8 - (4 + 1 + payload + 4) % 8) % 8; // at least 4; the whole a multiple of 8
  const packet = new Uint8Array(4 + 1 + payload + padding);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 1 + payload + padding);
  view.setUint8(4, padding);
  view.setUint8(5, 1); // SSH_MSG_DISCONNECT
  view.setUint32(6, 11); // SSH_DISCONNECT_BY_APPLICATION
  view.setUint32(10, text.length);
  packet.set(text, 14);
  return packet;
}

/** A small part of the Redis protocol: inline commands (lines of words) and their answers. */
async function* database(lines: Lines): AsyncIterable<string> {
  for await (const line of lines) {
    if (line === undefined) return yield "-ERR Protocol error: line too long or not UTF-8\r\n";
    const [name = "", ...words] = line.split(" ").filter((word) => word !== "");
    // A web page can make a browser send HTTP to any port: Redis closes such a connection, and so
    // does this server.
    if (name === "POST" || name === "Host:") return;
    if (name.startsWith("*")) return yield "-ERR Protocol error: only inline commands here\r\n";
    if (name !== "") yield execute(name, words);
  }
}

function execute(name: string, words: string[]): string {
  const [key = "", value = ""] = words;
  switch (`${name.toUpperCase()} ${words.length}`) {
    case "PING 0":
      return "+PONG\r\n";
    case "GET 1":
      return bulk(store.get(key));
    case "SET 2":
      if (store.size === MAX_KEYS && !store.has(key)) return "-ERR no room for another key\r\n";
      store.set(key, value);
      return "+OK\r\n";
  }
  return /^(PING|GET|SET)$/i.test(name)
    ? `-ERR wrong number of arguments for '${name.toLowerCase()}' command\r\n`
    : `-ERR unknown command '${name}'\r\n`;
}

/** A bulk string: its length in bytes, then itself; the length -1 means that there is no value. */
function bulk(value: string | undefined): string {
  if (value === undefined) return "$-1\r\n";
  return `$${new TextEncoder().encode(value).length}\r\n${value}\r\n`;
}

/** JSON-RPC 2.0, one message on each line: "port" returns the port of a named service. */
async function* api(lines: Lines): AsyncIterable<string> {
  for await (const line of lines) {
    const answer = line === undefined ? rpcError(null, -32700, "Parse error") : answerToLine(line);
    if (answer !== undefined) yield JSON.stringify(answer) + "\n";
    if (line === undefined) return;
  }
}

function answerToLine(line: string): unknown {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return rpcError(null, -32700, "Parse error");
  }
  if (!Array.isArray(message) || message.length === 0) return answerToCall(message);
  const answers = message.map(answerToCall).filter((answer) => answer !== undefined);
  return answers.length > 0 ? answers : undefined;
}

function answerToCall(message: unknown): unknown {
  const { jsonrpc, method, params, id } = Object(message);
  const isId = (id ?? null) === null || ["string", "number"].includes(typeof id);
  if (jsonrpc !== "2.0" || typeof method !== "string" || !isId) {
    return rpcError(null, -32600, "Invalid Request");
  }
  if (id === undefined) return undefined; // a notification, which gets no answer
  if (method !== "port") return rpcError(id, -32601, "Method not found");
  const port = Array.isArray(params) && params.length === 1 ? ports.get(params[0]) : undefined;
  if (port === undefined) return rpcError(id, -32602, "Invalid params");
  return { jsonrpc, result: port, id };
}

function rpcError(id: string | number | null, code: number, message: string): unknown {
  return { jsonrpc: "2.0", error: { code, message }, id };
}

function listen(name: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: HOSTNAME, port });
  } catch (error) {
    console.error(`Cannot listen on ${HOSTNAME} port ${port} for ${name}: ${error}`);
    Deno.exit(1);
  }
}

async function acceptAll(name: string, listener: Deno.TcpListener, protocol: Protocol) {
  const connections = new Set<Deno.TcpConn>();
  const closeAll = () => [listener, ...connections].forEach((open) => open[Symbol.dispose]());
  Deno.addSignalListener("SIGINT", closeAll);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", closeAll);
  // Not `for await (const connection of listener)`: that loop ends at the first error.
  while (true) {
    try {
      const connection = await listener.accept();
      if (connections.size === MAX_CONNECTIONS) {
        connection.close();
        continue;
      }
      connections.add(connection); // and no await below, so that the next client can be accepted
      serve(name, connection, protocol).finally(() => connections.delete(connection));
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) break; // the listener was closed
      console.log(`${name} not accepted: ${error}`);
      if (error instanceof Deno.errors.NotConnected) continue; // the client has left already
      await new Promise((go) => setTimeout(go, 100)); // other errors may last: do not spin
    }
  }
  console.log(`${name} closed`);
}

async function serve(name: string, connection: Deno.TcpConn, protocol: Protocol): Promise<void> {
  const client = `${connection.remoteAddr.hostname}:${connection.remoteAddr.port}`;
  console.log(`${name} connection from ${client}`);
  try {
    for await (const answer of protocol(linesOf(connection))) {
      await within(seconds, connection, send(connection, answer));
    }
    // To close with data unread would send a reset, which may overtake the answer: read on.
    await connection.closeWrite();
    await within(seconds, connection, connection.readable.pipeTo(new WritableStream()));
  } catch (error) {
    console.log(`${name} lost ${client}: ${error}`);
  } finally {
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
  }
}

async function* linesOf(connection: Deno.TcpConn): Lines {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  for (let size = 0;;) {
    // The time limit is for the whole line: a byte now and then does not extend it.
    const started = performance.now();
    let end;
    while ((end = buffer.subarray(0, size).indexOf(0x0a)) === -1) {
      if (size === buffer.length) return yield undefined;
      const left = seconds - (performance.now() - started) / 1000;
      const count = await within(left, connection, connection.read(buffer.subarray(size)));
      if (count === null) return;
      size += count;
    }
    try {
      yield decoder.decode(buffer.subarray(0, end)).replace(/\r$/, "");
    } catch {
      return yield undefined;
    }
    buffer.copyWithin(0, end + 1, size);
    size -= end + 1;
  }
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function within<T>(limit: number, connection: Deno.TcpConn, step: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection[Symbol.dispose](), limit * 1000);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, answer: string | Uint8Array): Promise<void> {
  const data = typeof answer === "string" ? new TextEncoder().encode(answer) : answer;
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`,
  );
  Deno.exit(2);
}
