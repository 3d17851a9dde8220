/**
 * A chat client: it sends each line of its input, and prints each line that it receives, in any
 * order.
 *
 * Counterpart of the clients with long-lived connections in the article on clients, servers and
 * ports. Reading and writing do not take turns here: two tasks share one connection, and neither
 * waits for the other. It can also talk to any other server that sends lines, such as
 * telnet_server.ts.
 *
 * ```sh
 * deno run --allow-net chat_client.ts 7000                # the server's port
 * deno run --allow-net chat_client.ts 7000 127.0.0.1 Ada  # address, and what to say first: a name
 * ```
 *
 * The end of the input (Ctrl-D) ends the client's half of the conversation. It still prints what
 * the server sends, for two seconds at most.
 *
 * @module
 */

const MAX_LINE_CHARACTERS = 4096;
const CONNECT_MS = 5_000;
const GOODBYE_MS = 2_000;

const [portText = "7000", hostname = "127.0.0.1", ...words] = Deno.args;
const port = readPort(portText);

try {
  const late = () => fail(`no connection within ${CONNECT_MS / 1000} seconds`);
  const timer = setTimeout(late, CONNECT_MS);
  const connection = await Deno.connect({ hostname, port });
  clearTimeout(timer);
  console.log(`Connected ${text(connection.localAddr)} -> ${text(connection.remoteAddr)}`);
  speak(connection).catch(() => {}); // the function that receives sees the error
  await hear(connection);
} catch (error) {
  fail(`${error}`);
}
Deno.exit(0); // reading the input may still wait

async function speak(connection: Deno.TcpConn): Promise<void> {
  for (const word of words) await send(connection, new TextEncoder().encode(`${word}\n`));
  for await (const data of Deno.stdin.readable) await send(connection, data);
  await connection.closeWrite();
  setTimeout(() => Deno.exit(0), GOODBYE_MS);
}

/** Prints whole lines: one read may end in the middle of a line, or of a character. */
async function hear(connection: Deno.TcpConn): Promise<void> {
  let line = "";
  for await (const part of connection.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (line + part).split("\n");
    line = lines.pop()!;
    for (const each of lines) show(each);
    if (line.length > MAX_LINE_CHARACTERS) throw new Error("a line without an end came");
  }
  if (line !== "") show(line);
}

function show(line: string): void {
  console.log(line.replace(/\p{Cc}/gu, "")); // removes what the terminal would obey
}

function fail(why: string): never {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server listens on it. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
