/**
 * A Telnet server: each client has a session of its own, all of them at the server's one port.
 *
 * Counterpart of the drawing in the article on ports and sockets with Telnet and FTP, in which three
 * computers have sessions with one server at port 23. Nobody logs in here and nothing is run: a
 * session answers four words, and one of them shows all sessions with what tells them apart.
 *
 * ```sh
 * deno run --allow-net telnet_server.ts 2323                # port; 0 lets the kernel pick one
 * deno run --allow-net telnet_server.ts 2323 127.0.0.2 600  # and address, and seconds of silence
 * telnet 127.0.0.1 2323                                     # or: nc 127.0.0.1 2323
 * ```
 *
 * Bytes from 255 on are for the two programs and not for people: what a client offers in this way
 * is declined (RFC 854, RFC 855), so it shows itself what is typed. Ctrl-C and SIGTERM close
 * everything and end it with exit code 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are counted: whoever comes on top must go. */
const MAX_CONNECTIONS = 100;
/** So that a line without an end costs no more memory than this. */
const MAX_LINE_BYTES = 512;
/** RFC 854: "interpret as command", and the commands that we must know. */
const [SE, SB, WILL, WONT, DO, DONT, IAC] = [240, 250, 251, 252, 253, 254, 255] as const;
const HELP = "I know: who, where, time, logout";

// Only this computer reaches 127.0.0.1; 0.0.0.0 is for the whole network: ask for it on purpose.
const [portText = "2323", hostname = "127.0.0.1", secondsText = "600"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 86_400) * 1000;

const listener = listen();
const connections = new Set<Deno.TcpConn>();
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has none
console.log(`Listening on ${text(listener.addr)}`);

// Not `for await (const connection of listener)`: that loop ends with the first failure.
while (true) {
  try {
    const connection = await listener.accept();
    if (connections.size === MAX_CONNECTIONS) connection.close();
    else serve(connection); // no await: meanwhile the next one may come
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) break; // the listener was closed
    console.log(`Not accepted: ${error}`);
    if (error instanceof Deno.errors.NotConnected) continue; // it had left already, no harm done
    await new Promise((go) => setTimeout(go, 100)); // what else it is may last, so do not spin
  }
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  const client = text(connection.remoteAddr);
  connections.add(connection);
  console.log(`Session of ${client}, ${connections.size} open`);
  try {
    connection.setNoDelay(true); // or a line waits until the one before it is acknowledged
    await say(connection, `Hello ${client}. ${HELP}`);
    for await (const line of linesOf(connection)) {
      if (line === undefined) await say(connection, `A line has up to ${MAX_LINE_BYTES} bytes`);
      if (line === undefined || line === "logout") break;
      for (const answer of answersTo(line, connection)) await say(connection, answer);
    }
    await say(connection, "Goodbye");
    // Closing with data unread would reset, and a reset may overtake what we said: read to the end.
    await connection.closeWrite();
    await inTime(connection, connection.readable.pipeTo(new WritableStream()));
    console.log(`Closed ${client}`);
  } catch (error) {
    console.log(`Lost ${client}: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // as close(), but no error when it is closed already
  }
}

function answersTo(line: string, { localAddr, remoteAddr }: Deno.TcpConn): string[] {
  if (line === "who") return [...connections].map((each) => text(each.remoteAddr));
  if (line === "where") return [`${text(remoteAddr)} -> ${text(localAddr)}`];
  if (line === "time") return [new Date().toISOString()];
  return line === "" ? [] : [HELP];
}

/** The lines that a person typed; undefined for one that is too long. */
async function* linesOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const part = new Uint8Array(MAX_LINE_BYTES);
  const filter = newFilter();
  let bytes: number[] = [];
  // The whole line has its time, not every read: a byte now and then does not hold us.
  for (let started = performance.now();;) {
    const left = patience - (performance.now() - started);
    const count = await inTime(connection, connection.read(part), left);
    if (count === null) return;
    const { typed, reply } = filter(part.subarray(0, count));
    await inTime(connection, send(connection, reply));
    for (const byte of typed) {
      if (byte !== 0x0a) bytes.push(byte);
      else {
        yield new TextDecoder().decode(Uint8Array.from(bytes)).trim();
        bytes = [];
        started = performance.now();
      }
      if (bytes.length > MAX_LINE_BYTES) return yield undefined;
    }
  }
}

/** What was typed, without the commands between, and our "no" to each offer and wish among them. */
function newFilter(): (part: Uint8Array) => { typed: number[]; reply: Uint8Array } {
  let state: "text" | "command" | "option" | "sub" | "command in sub" = "text";
  let command = 0;
  return (part) => {
    const typed: number[] = [];
    const reply: number[] = [];
    for (const byte of part) {
      if (state === "text" && byte !== IAC) typed.push(byte);
      else if (state === "text") state = "command";
      else if (state === "command") {
        command = byte;
        state = byte === SB ? "sub" : byte >= WILL && byte <= DONT ? "option" : "text";
        if (byte === IAC) typed.push(IAC); // twice is the byte itself
      } else if (state === "option") {
        if (command === WILL) reply.push(IAC, DONT, byte);
        if (command === DO) reply.push(IAC, WONT, byte);
        state = "text";
      } else if (state === "sub") state = byte === IAC ? "command in sub" : "sub";
      else state = byte === SE ? "text" : "sub";
    }
    return { typed, reply: Uint8Array.from(reply) };
  };
}

async function say(connection: Deno.TcpConn, line: string): Promise<void> {
  await inTime(connection, send(connection, new TextEncoder().encode(`${line}\r\n`)));
}

/** Waits for one step; a client that takes longer is hung up on. */
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

/** One write may take a part only. */
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

/** Only digits: Deno.listen alone would take "0x50", " 80" and "+80" as well. */
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
