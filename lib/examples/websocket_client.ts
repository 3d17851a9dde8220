/**
 * A WebSocket client: it prints what the server sends, from the first message on, and sends its
 * own messages.
 *
 * Counterpart of the WebSockets in the article on clients, servers and ports. `WebSocket` is the
 * same in every browser; below it are one TCP connection and one HTTP request.
 *
 * ```sh
 * deno run --allow-net websocket_client.ts 8080                           # the server's port
 * deno run --allow-net websocket_client.ts 8080 127.0.0.1 3 "Hello there"  # address, how many messages
 * ```
 *
 * It leaves when the server says goodbye, or after that many messages.
 *
 * @module
 */

const OPEN_MS = 5_000;

const [portText = "8080", hostname = "127.0.0.1", countText = "100000", ...words] = Deno.args;
const port = readNumber("port", portText, 65535);
const count = readNumber("count", countText, 100_000);

const timer = setTimeout(() => fail(`no answer within ${OPEN_MS / 1000} seconds`), OPEN_MS);
const host = hostname.includes(":") ? `[${hostname}]` : hostname;
const socket = open(`ws://${host}:${port}/`);
let received = 0;
socket.addEventListener("open", () => {
  clearTimeout(timer);
  for (const word of words) socket.send(word);
});
socket.addEventListener("message", ({ data }) => {
  received += 1;
  if (received <= count) console.log(`Received: ${Deno.inspect(data)}`);
  if (received === count) socket.close(1000);
});
socket.addEventListener("error", (event) => {
  fail(event instanceof ErrorEvent ? event.message : "the connection broke");
});
socket.addEventListener("close", ({ code }) => console.log(`Closed with code ${code}`));

function open(url: string): WebSocket {
  try {
    return new WebSocket(url);
  } catch (error) {
    fail(`${error}`);
  }
}

function fail(why: string): never {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server listens on it. */
function readNumber(name: string, given: string, most: number): number {
  const number = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (number >= 1 && number <= most) return number;
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 1 to ${most}`,
  );
  Deno.exit(2);
}
