/**
 * A chat: whatever a client says, all the others hear, each line on the connection that they keep.
 *
 * Counterpart of the pattern of long-lived connections in the article on clients, servers and
 * ports: a client connects once and stays, and data flows both ways as needed. So the server also
 * speaks to clients that have not asked anything, and it has the first word.
 *
 * ```sh
 * deno run --allow-net chat_server.ts 7000                 # port; 0 lets the kernel pick one
 * deno run --allow-net chat_server.ts 7000 127.0.0.2 600   # and address, and seconds of silence
 * deno run --allow-net chat_client.ts 7000                 # or: nc 127.0.0.1 7000
 * ```
 *
 * A message is a line, for a stream has no seams: several lines may come at once, or half a one. The
 * first line of a client is its name. Whoever is silent for too long is hung up on. Ctrl-C and
 * SIGTERM close everything and end it with exit code 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are counted: whoever comes on top must go. */
const MAX_CONNECTIONS = 100;
/** So that a line without an end costs no more memory than this. */
const MAX_LINE_BYTES = 512;
/** How long a client may leave no room for the next line before it is hung up on. */
const DEAF_MS = 2_000;

/** Somebody who has told a name, and what is on its way to them. */
type Member = { readonly connection: Deno.TcpConn; said: Promise<void> };

// Only this computer reaches 127.0.0.1; 0.0.0.0 is for the whole network: ask for it on purpose.
const [portText = "7000", hostname = "127.0.0.1", secondsText = "600"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 86_400) * 1000;

const listener = listen();
const connections = new Set<Deno.TcpConn>();
const members = new Map<string, Member>();
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has none
console.log(`Listening on ${text(listener.addr)}`);

// Not `for await (const connection of listener)`: that loop ends with the first failure.
while (true) {
  try {
    const connection = await listener.accept();
    if (connections.size === MAX_CONNECTIONS) connection.close();
    else attend(connection); // no await: meanwhile the next one may come
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) break; // the listener was closed
    console.log(`Not accepted: ${error}`);
    if (error instanceof Deno.errors.NotConnected) continue; // it had left already, no harm done
    await new Promise((go) => setTimeout(go, 100)); // what else it is may last, so do not spin
  }
}

async function attend(connection: Deno.TcpConn): Promise<void> {
  const client = text(connection.remoteAddr);
  const member: Member = { connection, said: Promise.resolve() };
  let name: string | undefined;
  connections.add(connection);
  try {
    connection.setKeepAlive(true); // so that the kernel finds out about a computer that is gone
    connection.setNoDelay(true); // or a line waits until the one before it is acknowledged
    await say(member, "Your name?");
    for await (const line of linesOf(connection)) {
      if (line === undefined) {
        await say(member, `A line ends within ${MAX_LINE_BYTES} bytes`);
        break;
      } else if (name !== undefined) {
        // No further line of this client is read before all have heard this one.
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
    // Closing with data unread would reset, and a reset may overtake what we said: read to the end.
    await connection.closeWrite();
    await inTime(connection, connection.readable.pipeTo(new WritableStream()), DEAF_MS);
  } catch (error) {
    console.log(`Lost ${name ?? client}: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // as close(), but no error when it is closed already
    if (name !== undefined) {
      members.delete(name);
      console.log(`${name} left, ${members.size} here`);
      await tell(`* ${name} left`, member);
    }
  }
}

/** Says a line to everybody but one, to all at the same time. */
async function tell(line: string, except: Member): Promise<void> {
  const others = [...members.values()].filter((member) => member !== except);
  await Promise.all(others.map((member) => say(member, line)));
}

/** Says a line after what was said before; a client that does not read is hung up on. */
function say(member: Member, line: string): Promise<void> {
  const { connection } = member;
  const data = new TextEncoder().encode(`${line}\n`);
  member.said = member.said.then(() => inTime(connection, send(connection, data), DEAF_MS))
    .catch(() => connection[Symbol.dispose]()); // whoever reads from it finds out
  return member.said;
}

/** The lines of a connection, without their ends; undefined for one that is too long. */
async function* linesOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  for (let size = 0;;) {
    // The whole line has its time, not every read: a byte now and then does not hold us.
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
    yield line.replace(/\p{Cc}/gu, ""); // what the others' terminals would obey
    buffer.copyWithin(0, end + 1, size);
    size -= end + 1;
  }
}

/** Waits for one step; a client that takes longer is hung up on. */
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
