/**
 * A TCP server that sends one client its own bytes back until the end of the client's input, and
 * ends.
 *
 * Counterpart of the echo program in the article on the difference between a port and a socket.
 * That program crashes when its client resets the connection, and waits for ever for a client that
 * stays silent. This one also prints what it does, step by step: it has two sockets, the one that
 * listens and the one that accept() made, and both have the same port.
 *
 * ```sh
 * deno run --allow-net echo_server.ts 65432                # port; 0 lets the kernel pick one
 * deno run --allow-net echo_server.ts 65432 127.0.0.2 10   # address, and seconds of patience
 * deno run --allow-net echo_client.ts 65432                # in another terminal; or: nc 127.0.0.1 65432
 * ```
 *
 * Ctrl-C and SIGTERM end it with exit code 0; the kernel then closes its sockets.
 *
 * @module
 */

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "65432", hostname = "127.0.0.1", secondsText = "60"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 3600) * 1000;

exitOnSignal("SIGINT");
if (Deno.build.os !== "windows") exitOnSignal("SIGTERM"); // Windows has no SIGTERM

using listener = listen();
console.log(`Listening on ${text(listener.addr)}`);
using connection = await acceptOne();
console.log(`Connected by ${text(connection.remoteAddr)}`);
console.log(`Accepted socket ${text(connection.localAddr)}`);
try {
  const buffer = new Uint8Array(1024);
  for (let count; (count = await inTime(connection.read(buffer))) !== null;) {
    await inTime(send(buffer.subarray(0, count)));
    console.log(`Echoed ${count} bytes`);
  }
  console.log("End of input");
} catch (error) {
  console.log(`Lost the client: ${error}`);
}

/** A client that connects and resets at once makes accept() fail: then it serves the next one. */
async function acceptOne(): Promise<Deno.TcpConn> {
  while (true) {
    try {
      return await listener.accept();
    } catch (error) {
      console.log(`Not accepted: ${error}`);
      if (!(error instanceof Deno.errors.NotConnected)) throw error;
    }
  }
}

/** Waits for one step. If the client takes longer, its connection is closed. */
async function inTime<T>(step: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection[Symbol.dispose](), patience);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** One write may send only a part. */
async function send(data: Uint8Array): Promise<void> {
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

function exitOnSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {
    console.log(`Closing on ${signal}`);
    Deno.exit(0);
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
