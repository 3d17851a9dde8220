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
 * curl http://127.0.0.1:8080/      ssh -p 2222 127.0.0.1      redis-cli -p 6379 SET key value
 * nc 127.0.0.1 6379                # and type SET key value, then GET key
 * nc 127.0.0.1 3000                # {"jsonrpc":"2.0","method":"port","params":["web"],"id":1}
 * ```
 *
 * Without an address they listen on 127.0.0.1, which only this computer can reach, since none of
 * them asks who you are. Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A protocol is a function from what arrives to what is sent. A character of a text is a byte. */
type Protocol = (input: Input) => AsyncIterable<string | Uint8Array>;

const HOSTNAME = Deno.args[5] ?? "127.0.0.1";
const MAX_CONNECTIONS = 100; // to each service; a connection costs a file descriptor
const MAX_LINE_BYTES = 1024; // limits the memory that a line without an end can take
const MAX_HEADER_LINES = 100;
const MAX_KEYS = 1000;
const MAX_COMMAND_BYTES = 16 * 1024; // and so much memory can each key take
const MAX_IGNORED_BYTES = 1024 * 1024; // how much is read of a client that should only leave
/** RFC 9112, section 3; a method is a token as in RFC 9110, section 5.6.2. */
const REQUEST_LINE = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+ [!-~]+ HTTP\/1\.[01]$/;
/** RFC 9110, section 9, and RFC 5789. Any other method is not known here. */
const METHODS = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)$/;

const REASONS = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  501: "Not Implemented",
};

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
async function* web(lines: Input): AsyncIterable<string> {
  const head: string[] = [];
  let count = 0; // with empty lines before the request, which RFC 9112, section 2.2, allows
  for await (const line of lines) {
    if (line === undefined || count++ === MAX_HEADER_LINES) return yield answerTo(head, 400);
    if (line === "" && head.length > 0) return yield answerTo(head, statusOf(head));
    if (line !== "") head.push(line);
    if (head.length === 1 && !REQUEST_LINE.test(line)) return yield answerTo(head, 400);
  }
}

function statusOf([requestLine = "", ...headers]: string[]): keyof typeof REASONS {
  const [method = "", target = "", version] = requestLine.split(" ");
  const hosts = headers.filter((line) => /^host:/i.test(line)).length;
  if (hosts > 1 || (version === "HTTP/1.1" && hosts === 0)) return 400;
  if (!METHODS.test(method)) return 501;
  if (method !== "GET" && method !== "HEAD") return 405;
  return URL.parse(target, `http://${HOSTNAME}`)?.pathname === "/" ? 200 : 404;
}

/** The answer to HEAD ends with the headers, whatever they say. */
function answerTo([requestLine = ""]: string[], status: keyof typeof REASONS): string {
  const answer = page(status);
  return /^HEAD /.test(requestLine) ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4) : answer;
}

function page(status: keyof typeof REASONS): string {
  const reason = REASONS[status];
  const body = status === 200 ? "Hello from the web server!\n" : `${reason}\n`;
  return `HTTP/1.1 ${status} ${reason}\r\nDate: ${new Date().toUTCString()}\r\n` +
    `Allow: GET, HEAD\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n` +
    `Connection: close\r\n\r\n${body}`;
}

/** SSH (RFC 4253, 4.2): each side names its version in a line. Then come keys, which we lack. */
async function* ssh(lines: Input): AsyncIterable<string | Uint8Array> {
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

/**
 * A small part of the Redis protocol (RESP version 2). A program sends a command as an array of
 * strings, a person types it as a line of words; the answers are the same.
 */
async function* database(input: Input): AsyncIterable<string> {
  for await (const line of input) {
    if (line === undefined) return yield "-ERR Protocol error: line too long\r\n";
    // A web page can make a browser send HTTP to any port: Redis closes such a connection, and so
    // does this server.
    if (/^(POST|Host:)( |$)/.test(line)) return;
    const words = line.startsWith("*") ? await readArray(line, input) : wordsOf(line);
    if (words === undefined) return; // the client left in the middle
    if (typeof words === "string") return yield `-ERR Protocol error: ${words}\r\n`;
    if (words.length > 0) yield execute(words);
    if (words[0]?.toUpperCase() === "QUIT") return;
  }
}

function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^ ]+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

/** The line "*2" means two strings: a line with a length, such as "$3", then that many bytes. */
async function readArray(first: string, input: Input): Promise<string[] | string | undefined> {
  if (!/^\*(-1|[0-9]{1,3})$/.test(first)) return "invalid multibulk length";
  const words: string[] = [];
  const started = performance.now();
  let size = 0;
  while (words.length < Number(first.slice(1))) {
    const line = await input.line(started);
    if (line === null) return undefined;
    if (!line?.startsWith("$")) return `expected '$', got '${printable(line?.slice(0, 1) ?? "")}'`;
    const length = /^\$[0-9]{1,9}$/.test(line) ? Number(line.slice(1)) : Infinity;
    if ((size += length) > MAX_COMMAND_BYTES) return "invalid bulk length";
    const word = await input.take(length + 2, started); // CR LF ends it
    if (word === undefined) return undefined;
    words.push(word.slice(0, -2));
  }
  return words;
}

/** How many words a command takes after its name, and what it does. */
type Command = [least: number, most: number, run: (...words: string[]) => string];

const COMMANDS = new Map<string, Command>([
  ["PING", [0, 1, (text) => text === undefined ? "+PONG\r\n" : bulk(text)]],
  ["ECHO", [1, 1, (text) => bulk(text)]],
  ["GET", [1, 1, (key) => bulk(store.get(key!))]],
  ["SET", [2, 2, (key, value) => {
    if (store.size === MAX_KEYS && !store.has(key!)) return "-ERR no room for another key\r\n";
    store.set(key!, value!);
    return "+OK\r\n";
  }]],
  ["DEL", [1, Infinity, (...keys) => `:${keys.filter((key) => store.delete(key)).length}\r\n`]],
  ["EXISTS", [1, Infinity, (...keys) => `:${keys.filter((key) => store.has(key)).length}\r\n`]],
  ["QUIT", [0, 0, () => "+OK\r\n"]],
  // Clients begin with one of these: which commands and which version of the protocol are there,
  // which database is meant, who the client is, and whether the server is ready.
  ["COMMAND", [0, Infinity, () => "*0\r\n"]],
  ["HELLO", [0, Infinity, (version = "2") => version === "2" ? HELLO : "-NOPROTO only 2\r\n"]],
  ["SELECT", [1, 1, (index) => index === "0" ? "+OK\r\n" : "-ERR DB index is out of range\r\n"]],
  ["CLIENT", [
    1,
    Infinity,
    (what = "") =>
      /^set(name|info)$/i.test(what)
        ? "+OK\r\n"
        : `-ERR unknown subcommand '${printable(what)}'\r\n`,
  ]],
  ["INFO", [0, Infinity, () => bulk("# Server\r\nredis_mode:standalone\r\nloading:0\r\n")]],
]);

const HELLO = "*14\r\n" +
  ["server", "redis", "version", "7.0.0"].map(bulk).join("") + `${bulk("proto")}:2\r\n` +
  `${bulk("id")}:1\r\n` + ["mode", "standalone", "role", "master", "modules"].map(bulk).join("") +
  "*0\r\n";

function execute([name = "", ...words]: string[]): string {
  const [least, most, run] = COMMANDS.get(name.toUpperCase()) ?? [];
  if (run === undefined) return `-ERR unknown command '${printable(name)}'\r\n`;
  if (words.length >= least! && words.length <= most!) return run(...words);
  return /^set$/i.test(name) && words.length > 2
    ? "-ERR syntax error: this server keeps values without a time limit or a condition\r\n"
    : `-ERR wrong number of arguments for '${name.toLowerCase()}' command\r\n`;
}

/** A bulk string: its length in bytes, then itself; the length -1 means that there is no value. */
function bulk(value: string | undefined): string {
  return value === undefined ? "$-1\r\n" : `$${value.length}\r\n${value}\r\n`;
}

/** What an error can repeat of a command: a line break would begin another answer. */
function printable(text: string): string {
  return text.slice(0, 128).replace(/[^ -\xff]/g, " ");
}

/** JSON-RPC 2.0, one message on each line: "port" returns the port of a named service. */
async function* api(lines: Input): AsyncIterable<Uint8Array> {
  for await (const line of lines) {
    const answer = line === undefined ? rpcError(null, -32700, "Parse error") : answerToLine(line);
    if (answer !== undefined) yield new TextEncoder().encode(JSON.stringify(answer) + "\n");
    if (line === undefined) return;
  }
}

function answerToLine(line: string): unknown {
  let message: unknown;
  try {
    const utf8 = new TextDecoder("utf-8", { fatal: true });
    message = JSON.parse(utf8.decode(Uint8Array.from(line, (byte) => byte.charCodeAt(0))));
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
      if (!admit(name, connection, connections)) continue;
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

/** Whether there is a place for a client. One address gets half of the places at most. */
function admit(name: string, client: Deno.TcpConn, connections: Set<Deno.TcpConn>): boolean {
  const { hostname, port } = client.remoteAddr;
  const same = [...connections].filter(({ remoteAddr }) => remoteAddr.hostname === hostname).length;
  if (connections.size < MAX_CONNECTIONS && same < MAX_CONNECTIONS / 2) return true;
  const here = `${connections.size} of ${MAX_CONNECTIONS} clients are here`;
  console.log(`${name} rejected ${hostname}:${port}: ${here}, ${same} from its address`);
  client.close();
  return false;
}

async function serve(name: string, connection: Deno.TcpConn, protocol: Protocol): Promise<void> {
  const client = `${connection.remoteAddr.hostname}:${connection.remoteAddr.port}`;
  console.log(`${name} connection from ${client}`);
  try {
    for await (const answer of protocol(new Input(connection))) {
      await within(seconds, connection, send(connection, answer));
    }
    await connection.closeWrite();
    await within(seconds, connection, readOn(connection));
  } catch (error) {
    console.log(`${name} lost ${client}: ${error}`);
  } finally {
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
  }
}

/** What a client sends: lines, and where a line announces them, a number of bytes. */
class Input {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(MAX_COMMAND_BYTES + 2);
  #size = 0; // how much of it is filled

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** The lines to the end of the input, as `line` returns them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string | undefined> {
    for (let line; (line = await this.line()) !== null;) yield line;
  }

  /** The next line, without its end; undefined if it is too long; null at the end of the input. */
  async line(started = performance.now()): Promise<string | undefined | null> {
    let end: number;
    while (
      (end = this.#buffer.subarray(0, Math.min(this.#size, MAX_LINE_BYTES)).indexOf(0x0a)) === -1
    ) {
      if (this.#size >= MAX_LINE_BYTES) return undefined;
      if (!await this.#receive(started)) return null;
    }
    return this.#use(end + 1).replace(/\r?\n$/, "");
  }

  /** The next bytes, that many; undefined if the input ends before. */
  async take(count: number, started: number): Promise<string | undefined> {
    while (this.#size < count) {
      if (!await this.#receive(started)) return undefined;
    }
    return this.#use(count);
  }

  /** The time limit is for the whole line or command: a byte now and then does not extend it. */
  async #receive(started: number): Promise<boolean> {
    const left = seconds - (performance.now() - started) / 1000;
    const reading = this.#connection.read(this.#buffer.subarray(this.#size));
    const count = await within(left, this.#connection, reading);
    this.#size += count ?? 0;
    return count !== null;
  }

  #use(count: number): string {
    const used = String.fromCharCode(...this.#buffer.subarray(0, count));
    this.#buffer.copyWithin(0, count, this.#size);
    this.#size -= count;
    return used;
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

/** To close with data unread would send a reset, which may overtake the last answer: reads on. */
async function readOn(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (let count; (count = await connection.read(buffer)) !== null; total += count) {
    if (total > MAX_IGNORED_BYTES) throw new Error(`over ${total} bytes after the last answer`);
  }
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, answer: string | Uint8Array): Promise<void> {
  const data = typeof answer === "string"
    ? Uint8Array.from(answer, (byte) => byte.charCodeAt(0))
    : answer;
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
