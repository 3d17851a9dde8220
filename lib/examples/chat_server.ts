/**
 * A chat server: it sends each line of a client to all the others, on connections that stay open.
 *
 * Counterpart of the pattern of long-lived connections in the article on clients, servers and
 * ports: a client connects once and stays, and data flows both ways as needed. So the server also
 * sends to clients that have not asked anything, and it speaks first.
 *
 * ```sh
 * deno run --allow-net chat_server.ts 7000                 # port; 0 lets the kernel pick one
 * deno run --allow-net chat_server.ts 7000 127.0.0.2 600   # and address, and seconds of silence
 * deno run --allow-net chat_client.ts 7000                 # or: nc 127.0.0.1 7000
 * ```
 *
 * A message is a line, since a stream has no message boundaries: several lines may arrive at once,
 * or half a line. The first line of a client is its name. A client that is silent for too long is
 * disconnected. Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 100;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** Limits the memory that a line without an end can take. */
const MAX_LINE_BYTES = 512;
/** How long a client may not read before its connection is closed. */
const DEAF_MS = 2_000;

/** A client that has given its name, and what is being sent to it. */
type Member = { readonly connection: Deno.TcpConn; said: Promise<void> };

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "7000", hostname = "127.0.0.1", secondsText = "600"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 86_400) * 1000;

const listener = listen();
const connections = new Set<Deno.TcpConn>();
const members = new Map<string, Member>();
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM
console.log(`Listening on ${text(listener.addr)}`);

// Not `for await (const connection of listener)`: that loop ends at the first error.
while (true) {
  try {
    const connection = await listener.accept();
    if (admit(connection)) attend(connection); // no await, so that the next client can be accepted
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

async function attend(connection: Deno.TcpConn): Promise<void> {
  const client = text(connection.remoteAddr);
  const member: Member = { connection, said: Promise.resolve() };
  let name: string | undefined;
  connections.add(connection);
  try {
    connection.setKeepAlive(true); // so that the kernel notices when the other computer is gone
    connection.setNoDelay(true); // otherwise a line waits until the one before it is acknowledged
    await say(member, "Your name?");
    for await (const line of linesOf(connection)) {
      if (line === undefined) {
        await say(member, `A line ends within ${MAX_LINE_BYTES} bytes`);
        break;
      } else if (name !== undefined) {
        // The next line of this client is read only when this one has been sent to all.
        await tell(`${name}: ${line}`, member);
      } else if (!/^[A-Za-z0-9_-]{1,20}$/.test(line) || members.has(line)) {
        await say(member, members.has(line) ? "Taken" : "A name has 1 to 20 letters or digits");
        break;
      } else {
        members.set(name = line, member);
        console.log(`${name} came from ${client}, ${members.size} here`);
        await say(member, `Welcome ${name}, ${members.size} here`);
        await tell(`* ${name} came`, member);
      }
    }
    await connection.closeWrite();
    await inTime(connection, readOn(connection), DEAF_MS);
  } catch (error) {
    console.log(`Lost ${name ?? client}: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
    if (name !== undefined) {
      members.delete(name);
      console.log(`${name} left, ${members.size} here`);
      await tell(`* ${name} left`, member);
    }
  }
}

/** Sends a line to all clients but one, at the same time. */
async function tell(line: string, except: Member): Promise<void> {
  const others = [...members.values()].filter((member) => member !== except);
  await Promise.all(others.map((member) => say(member, line)));
}

/** Sends a line after those before it. If the client does not read, its connection is closed. */
function say(member: Member, line: string): Promise<void> {
  const { connection } = member;
  const data = new TextEncoder().encode(`${line}\n`);
  member.said = member.said.then(() => inTime(connection, send(connection, data), DEAF_MS))
    .catch(() => connection[Symbol.dispose]()); // the function that reads from it sees the error
  return member.said;
}

/** The lines of a connection, without their line ends; undefined for one that is too long. */
async function* linesOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  for (let size = 0;;) {
    // The time limit is for the whole line: a byte now and then does not extend it.
    const started = performance.now();
    let end: number;
    while ((end = buffer.subarray(0, size).indexOf(0x0a)) === -1) {
      if (size === buffer.length) return yield undefined;
      const left = patience - (performance.now() - started);
      const count = await inTime(connection, connection.read(buffer.subarray(size)), left);
      if (count === null) return;
      size += count;
    }
    const line = new TextDecoder().decode(buffer.subarray(0, end));
    yield line.replace(/\p{Cc}/gu, ""); // removes what the others' terminals would obey
    buffer.copyWithin(0, end + 1, size);
    size -= end + 1;
  }
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function inTime<T>(
  connection: Deno.TcpConn,
  step: Promise<T>,
  milliseconds: number,
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
