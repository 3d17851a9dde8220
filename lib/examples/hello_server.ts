/**
 * A TCP server that answers the first message of each client with a greeting, and closes.
 *
 * Counterpart of the TCP server in the book chapter on ports and sockets. That program listens on
 * every interface, serves one client at a time, so that a silent one keeps all others waiting, and
 * ends for everybody when a client resets its connection. This one can be reached only from this
 * computer unless you give it another address, has a task and a deadline for every client, and
 * goes on.
 *
 * ```sh
 * deno run --allow-net hello_server.ts 8080                # port; 0 lets the kernel pick one
 * deno run --allow-net hello_server.ts 8080 127.0.0.2 10   # and address, and seconds for a client
 * deno run --allow-net hello_client.ts 8080                # in another terminal; or: nc 127.0.0.1 8080
 * ```
 *
 * Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

const GREETING = new TextEncoder().encode("Hello from server!");

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 100;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;

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
  console.log(`Connection from ${client}`);
  connections.add(connection);
  const deadline = setTimeout(() => connection[Symbol.dispose](), patience);
  try {
    const buffer = new Uint8Array(1024);
    const count = await connection.read(buffer); // what has arrived so far
    const question = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
    // inspect() escapes what the terminal would obey.
    console.log(`Received from ${client}: ${Deno.inspect(question)}`);
    await send(connection, GREETING);
    await connection.closeWrite();
    await readOn(connection);
    console.log(`Closed ${client}`);
  } catch (error) {
    console.log(`Lost ${client}: ${error}`);
  } finally {
    clearTimeout(deadline);
    connections.delete(connection);
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
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
