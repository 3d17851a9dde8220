/**
 * A TCP server that sends every client its own bytes back, many clients at a time.
 *
 * The echo program of the article on the difference between a port and a socket, grown into a
 * server that keeps running: accept() makes a socket for every client, all with the server's one
 * port, and each has a task of its own, so that no client waits for another.
 *
 * ```sh
 * deno run --allow-net echo_server_many.ts 65432                # port; 0 lets the kernel pick one
 * deno run --allow-net echo_server_many.ts 65432 127.0.0.2 10   # address, and seconds of patience
 * deno run --allow-net echo_client.ts 65432                     # or: nc 127.0.0.1 65432
 * ```
 *
 * Ctrl-C and SIGTERM close everything; the exit code is then 0.
 *
 * @module
 */

/** A connection costs a file descriptor, and those are limited: further clients are rejected. */
const MAX_CONNECTIONS = 500;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "65432", hostname = "127.0.0.1", secondsText = "60"] = Deno.args;
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
    if (admit(connection)) echo(connection); // no await, so that the next client can be accepted
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

async function echo(connection: Deno.TcpConn): Promise<void> {
  const client = text(connection.remoteAddr);
  connections.add(connection);
  console.log(`Connected by ${client}, ${connections.size} open`);
  try {
    const buffer = new Uint8Array(16 * 1024);
    let total = 0;
    for (let count; (count = await inTime(connection, connection.read(buffer))) !== null;) {
      await inTime(connection, send(connection, buffer.subarray(0, count)));
      total += count;
    }
    console.log(`Closed ${client} after ${total} bytes`);
  } catch (error) {
    console.log(`Lost ${client}: ${error}`);
  } finally {
    connections.delete(connection);
    connection[Symbol.dispose](); // like close(), but without an error if it is closed already
  }
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function inTime<T>(connection: Deno.TcpConn, step: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection[Symbol.dispose](), patience);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
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
