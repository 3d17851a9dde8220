/**
 * A Telnet server: each client has a session of its own, all on the server's one port.
 *
 * Counterpart of the drawing in the article on ports and sockets with Telnet and FTP, in which
 * three computers have sessions with one server at port 23. There is no login here, and no command
 * is run: a session answers four words, and one of them lists all sessions by the addresses and
 * ports that tell them apart.
 *
 * ```sh
 * deno run --allow-net telnet_server.ts 2323                # port; 0 lets the kernel pick one
 * deno run --allow-net telnet_server.ts 2323 127.0.0.2 600  # and address, and seconds of silence
 * telnet 127.0.0.1 2323                                     # or: nc 127.0.0.1 2323
 * ```
 *
 * The byte 255 begins a command between the two programs, which people do not see. The server
 * declines everything that a client offers in this way (RFC 854, RFC 855), so the client itself
 * shows what is typed. Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 100;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** Limits the memory that a line without an end can take. */
const MAX_LINE_BYTES = 512;
/** RFC 854: "interpret as command", and the commands that the server must know. */
const [SE, AYT, EC, EL] = [240, 246, 247, 248] as const;
const [SB, WILL, WONT, DO, DONT, IAC] = [250, 251, 252, 253, 254, 255] as const;
/** What a terminal sends to erase a character, and a line. */
const [DELETE, KILL] = [0x7f, 0x15] as const;
const HELP = "I know: who, where, time, logout";

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "2323", hostname = "127.0.0.1", secondsText = "600"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 86_400) * 1000;

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
  connections.add(connection);
  console.log(`Session of ${client}, ${connections.size} open`);
  try {
    connection.setNoDelay(true); // otherwise a line waits until the one before it is acknowledged
    await say(connection, `Hello ${client}. ${HELP}`);
    for await (const line of linesOf(connection)) {
      if (line === undefined) await say(connection, `A line has up to ${MAX_LINE_BYTES} bytes`);
      if (line === undefined || line === "logout") break;
      for (const answer of answersTo(line, connection)) await say(connection, answer);
    }
    await say(connection, "Goodbye");
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

function answersTo(line: string, { localAddr, remoteAddr }: Deno.TcpConn): string[] {
  if (line === "who") return [...connections].map((each) => text(each.remoteAddr));
  if (line === "where") return [`${text(remoteAddr)} -> ${text(localAddr)}`];
  if (line === "time") return [new Date().toISOString()];
  return line === "" ? [] : [HELP];
}

/** The lines that a person types; undefined for one that is too long. */
async function* linesOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const part = new Uint8Array(MAX_LINE_BYTES);
  const filter = newFilter();
  let bytes: number[] = [];
  let received = 0; // for this line, commands included
  // The time limit is for the whole line: a byte now and then does not extend it.
  for (let started = performance.now();;) {
    const left = patience - (performance.now() - started);
    const count = await inTime(connection, connection.read(part), left);
    if (count === null) return;
    received += count;
    const { typed, reply } = filter(part.subarray(0, count));
    await inTime(connection, send(connection, reply));
    for (const byte of typed) {
      // A terminal's Enter may come as CR LF, as CR NUL or as LF alone (RFC 1123, section 3.3.1).
      const isEnter = byte === 0x0a || (byte === 0x00 && bytes.at(-1) === 0x0d);
      if (byte === DELETE || byte === 0x08) bytes.pop();
      else if (byte === KILL) bytes = [];
      else if (!isEnter) bytes.push(byte);
      else {
        yield new TextDecoder().decode(Uint8Array.from(bytes)).trim();
        bytes = [];
        received = 0;
        started = performance.now();
      }
      if (bytes.length > MAX_LINE_BYTES) return yield undefined;
    }
    if (received > MAX_IGNORED_BYTES) return yield undefined; // commands without an end
  }
}

/**
 * What was typed, without the commands, and a "no" to each offer and request among them. Two commands
 * erase what was typed, and one asks whether the server is still there (RFC 1123, section 3.2.4).
 */
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
        if (byte === IAC) typed.push(IAC); // sent twice, it means the byte itself
        if (byte === EC) typed.push(DELETE);
        if (byte === EL) typed.push(KILL);
        if (byte === AYT) reply.push(...new TextEncoder().encode("Yes\r\n"));
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
