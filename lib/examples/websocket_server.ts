/**
 * A WebSocket server that speaks first: it welcomes each client and then sends news without being
 * asked.
 *
 * Counterpart of the WebSockets in the article on clients, servers and ports, under long-lived
 * connections. A WebSocket (RFC 6455) begins as an HTTP request, because of browsers; after one
 * answer it is a connection for messages in both directions. Each message is sent in a frame that
 * begins with its length, since a stream has no message boundaries.
 *
 * ```sh
 * deno run --allow-net websocket_server.ts 8080                     # port; 0: the kernel picks
 * deno run --allow-net websocket_server.ts 8080 127.0.0.2 1000 60   # address, ms between news, how many
 * deno run --allow-net websocket_client.ts 8080                     # or new WebSocket(…) in a browser
 * ```
 *
 * The server also answers what a client sends. After the last news it says goodbye. Ctrl-C and
 * SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 200;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 8 * 1024;
const MAX_MESSAGE_BYTES = 1024;
/** How long a client may not read, or may take to say goodbye. */
const PATIENCE_MS = 2_000;
/** RFC 6455, section 1.3: proves that the server means WebSocket and not just any request. */
const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** RFC 6455, section 11.8. */
const OPCODE = { more: 0, text: 1, bytes: 2, close: 8, ping: 9, pong: 10 };
/** RFC 6455, section 7.4.1: why a conversation ends. */
const CODE = { done: 1000, protocol: 1002, bytes: 1003, noText: 1007, tooLong: 1009 };

/** A client: received bytes that are not used yet, and what is being sent to it. */
type Peer = {
  readonly connection: Deno.TcpConn;
  readonly buffer: Uint8Array;
  size: number;
  sent: Promise<void>;
  saidGoodbye: boolean;
};

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "8080", hostname = "127.0.0.1", everyText = "1000", countText = "60"] = Deno.args;
const port = readNumber("port", portText, 65535);
const every = readNumber("milliseconds", everyText, 60_000);
const newsCount = readNumber("count", countText, 100_000);

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
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  const sent = Promise.resolve();
  const peer: Peer = { connection, buffer, size: 0, sent, saidGoodbye: false };
  connections.add(connection);
  try {
    connection.setNoDelay(true); // otherwise a frame waits until the one before it is acknowledged
    const answer = await inTime(connection, readHead(peer).then(answerTo));
    await inTime(connection, send(connection, new TextEncoder().encode(answer)));
    if (answer.startsWith("HTTP/1.1 101 ")) {
      console.log(`Talking with ${client}`);
      using _news = startNews(peer, client);
      await hear(peer);
    }
    await connection.closeWrite();
    await inTime(connection, readOn(connection));
    console.log(`Closed ${client}`);
  } catch (error) {
    console.log(`Lost ${client}: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
  }
}

/** The request, up to its empty line. */
async function readHead(peer: Peer): Promise<string> {
  const decoder = new TextDecoder("latin1"); // one character for each byte
  while (true) {
    const end = decoder.decode(peer.buffer.subarray(0, peer.size)).indexOf("\r\n\r\n");
    if (end !== -1) return decoder.decode(take(peer, end + 4));
    await receive(peer);
  }
}

/** The answer to a request: yes, if it asks for a WebSocket as RFC 6455, section 4.2.1, says. */
async function answerTo(head: string): Promise<string> {
  const field = (name: string) => new RegExp(`^${name}: *(.*?) *\\r?$`, "im").exec(head)?.[1] ?? "";
  const key = field("sec-websocket-key");
  if (
    !/^GET [!-~]+ HTTP\/1\.1\r?\n/.test(head) || field("host") === "" ||
    field("upgrade").toLowerCase() !== "websocket" ||
    !/\bupgrade\b/i.test(field("connection")) ||
    !/^[A-Za-z0-9+/]{22}==$/.test(key) || field("sec-websocket-version") !== "13"
  ) {
    return "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n";
  }
  const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + MAGIC));
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${new Uint8Array(hash).toBase64()}\r\n\r\n`;
}

/** Sends a welcome, then the news, then a goodbye, whatever the client sends. */
function startNews(peer: Peer, client: string): Disposable {
  let number = 0;
  let late: ReturnType<typeof setTimeout> | undefined;
  const news = setInterval(() => {
    if (number < newsCount) return sendText(peer, `News ${++number} of ${newsCount}`);
    clearInterval(news);
    sendFrame(peer, OPCODE.close, closeCode(CODE.done));
    // Now the client has to send its goodbye.
    late = setTimeout(() => peer.connection[Symbol.dispose](), PATIENCE_MS);
  }, every);
  sendText(peer, `Welcome, ${client}`);
  return {
    [Symbol.dispose]() {
      clearInterval(news);
      clearTimeout(late);
    },
  };
}

/** Answers what the client sends, until it says goodbye or sends something that is not allowed. */
async function hear(peer: Peer): Promise<void> {
  let begun: Uint8Array | undefined; // of a message in several frames (RFC 6455, section 5.4)
  while (true) {
    const frame = await readFrame(peer, begun);
    if (typeof frame === "number") return await sendFrame(peer, OPCODE.close, closeCode(frame));
    const { opcode, isFinal, payload } = frame;
    if (opcode === OPCODE.close) return await sendFrame(peer, OPCODE.close, goodbyeTo(payload));
    if (opcode === OPCODE.ping) await sendFrame(peer, OPCODE.pong, payload);
    if (opcode >= OPCODE.close) continue; // it may stand between the frames of a message
    begun = Uint8Array.of(...begun ?? [], ...payload);
    if (!isFinal) continue;
    const message = decode(begun);
    begun = undefined;
    if (message === undefined) {
      return await sendFrame(peer, OPCODE.close, closeCode(CODE.noText));
    }
    await sendText(peer, `You said ${message}`);
  }
}

/**
 * A frame of a client (RFC 6455, section 5.2): two bytes, perhaps two more, a mask, a message or a
 * part of it. A frame that breaks the rules is the code that says which.
 */
async function readFrame(
  peer: Peer,
  begun: Uint8Array | undefined,
): Promise<{ opcode: number; isFinal: boolean; payload: Uint8Array } | number> {
  const [first = 0, second = 0] = await receiveBytes(peer, 2);
  const opcode = first & 0x0f;
  const isFinal = (first & 0x80) !== 0;
  const isMasked = (second & 0x80) !== 0; // as every client's frame
  let length = second & 0x7f;
  const isControl = opcode >= OPCODE.close && opcode <= OPCODE.pong;
  const isExpected = isControl
    ? isFinal && length < 126
    : opcode <= OPCODE.bytes && (opcode === OPCODE.more) === (begun !== undefined);
  // The three bits between are for extensions, and none was agreed on.
  if ((first & 0x70) !== 0 || !isMasked || !isExpected) return CODE.protocol;
  if (opcode === OPCODE.bytes) return CODE.bytes;
  if (length === 127) return CODE.tooLong;
  if (length === 126) {
    const [high = 0, low = 0] = await receiveBytes(peer, 2);
    length = high << 8 | low;
    if (length < 126) return CODE.protocol; // a length takes no more bytes than it needs
  }
  if (length + (isControl ? 0 : begun?.length ?? 0) > MAX_MESSAGE_BYTES) return CODE.tooLong;
  const mask = await receiveBytes(peer, 4);
  const payload = (await receiveBytes(peer, length)).map((byte, index) => byte ^ mask[index % 4]!);
  return { opcode, isFinal, payload };
}

/** The answer to a goodbye: its own code, unless nobody may send that one (section 7.4). */
function goodbyeTo(payload: Uint8Array): Uint8Array {
  if (payload.length === 0) return payload;
  const [high = 0, low = 0] = payload;
  const code = high << 8 | low;
  const isSent = payload.length > 1 &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
      (code >= 3000 && code <= 4999));
  if (!isSent) return closeCode(CODE.protocol);
  return closeCode(decode(payload.subarray(2)) === undefined ? CODE.noText : code);
}

/** The text that bytes are, or undefined if they are none. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function sendText(peer: Peer, message: string): Promise<void> {
  return sendFrame(peer, OPCODE.text, new TextEncoder().encode(message));
}

/** Sends a frame after those before it. If the client does not read, its connection is closed. */
function sendFrame(peer: Peer, opcode: number, payload: Uint8Array): Promise<void> {
  if (peer.saidGoodbye) return peer.sent; // nothing is sent after a goodbye
  peer.saidGoodbye = opcode === OPCODE.close;
  const { connection } = peer;
  const length = payload.length < 126
    ? [payload.length]
    : [126, payload.length >> 8, payload.length & 0xff];
  const frame = Uint8Array.of(0x80 | opcode, ...length, ...payload);
  peer.sent = peer.sent.then(() => inTime(connection, send(connection, frame)))
    .catch(() => connection[Symbol.dispose]()); // the function that reads from it sees the error
  return peer.sent;
}

function closeCode(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 0xff);
}

async function receiveBytes(peer: Peer, count: number): Promise<Uint8Array> {
  while (peer.size < count) await receive(peer);
  return take(peer, count);
}

/** One read, which may return part of a frame, or several frames. */
async function receive(peer: Peer): Promise<void> {
  if (peer.size === peer.buffer.length) throw new Error(`over ${peer.size} bytes without an end`);
  const count = await peer.connection.read(peer.buffer.subarray(peer.size));
  if (count === null) throw new Error("it left without a goodbye");
  peer.size += count;
}

function take(peer: Peer, count: number): Uint8Array {
  const taken = peer.buffer.slice(0, count);
  peer.buffer.copyWithin(0, count, peer.size);
  peer.size -= count;
  return taken;
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function inTime<T>(connection: Deno.TcpConn, step: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection[Symbol.dispose](), PATIENCE_MS);
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
