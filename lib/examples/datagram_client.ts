/**
 * A UDP client that sends each of its messages as one datagram and waits for the answer to each.
 *
 * Counterpart of the client in the datagram drawing of the book chapter on ports and sockets. UDP
 * has no connection and no guarantee, as the drawing says but does not show: if nobody receives,
 * sending still succeeds, and only a time limit ends the wait.
 *
 * ```sh
 * deno run --allow-net datagram_client.ts 9999                            # port of the server
 * deno run --allow-net datagram_client.ts 9999 127.0.0.1 "one" "another"  # address, messages
 * ```
 *
 * @module
 */
import { createSocket } from "node:dgram"; // Deno's own datagrams are still behind --unstable-net
import { isIPv4, isIPv6, SocketAddress } from "node:net";

const PATIENCE_MS = 2_000;

const [portText = "9999", hostname = "127.0.0.1", ...words] = Deno.args;
const port = readPort(portText);
const messages = words.length > 0 ? words : ["Hello, datagram"];
const six = isIPv6(hostname);
if (!six && !isIPv4(hostname)) {
  fail(2, `Cannot use address ${Deno.inspect(hostname)}: it must be an IPv4 or IPv6 address`);
}

// Written as the kernel writes it: ::1, not 0:0::1.
const { address } = new SocketAddress({ address: hostname, family: six ? "ipv6" : "ipv4" });
const socket = createSocket(six ? "udp6" : "udp4");
try {
  for (const message of messages) {
    await send(message);
    console.log(`Answer: ${Deno.inspect(await receive())}`);
  }
} catch (error) {
  // Deno does not say which error it was if it is not one of the common ones.
  const isUnknown = (error as { code?: string }).code === "UNKNOWN";
  const why = isUnknown ? "this computer cannot send there, perhaps it has no route" : error;
  fail(1, `Cannot get an answer from ${address} port ${port}: ${why}`);
}
socket.close();

/** Resolves when this computer's kernel has taken the datagram: it may be too long, or have no way. */
function send(message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, port, address, (error) => error ? reject(error) : resolve());
  });
}

function receive(): Promise<string> {
  return new Promise((resolve, reject) => {
    // The datagram was lost, or the answer was, or nobody receives: UDP does not say which.
    const late = new Error(`nothing came within ${PATIENCE_MS / 1000} seconds`);
    const timer = setTimeout(() => reject(late), PATIENCE_MS);
    socket.on("message", function take(data, from) {
      if (from.address !== address || from.port !== port) return; // a stranger
      clearTimeout(timer);
      socket.off("message", take);
      resolve(data.toString());
    });
  });
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server receives on it. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  fail(2, `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`);
}

function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}
