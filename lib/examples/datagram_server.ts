/**
 * A UDP server that sends every datagram back to its sender.
 *
 * Counterpart of the server in the datagram drawing of the book chapter on ports and sockets: one
 * socket for all clients, no listen, no accept, and nothing to close when a client leaves. Anybody
 * can forge the sender's address of a datagram, so an answer is never longer than its question: a
 * server that gives long answers to short questions can be used to flood somebody else.
 *
 * ```sh
 * deno run --allow-net datagram_server.ts 9999             # a port; 0 lets the kernel pick one
 * deno run --allow-net datagram_server.ts 9999 127.0.0.2   # and an address
 * deno run --allow-net datagram_client.ts 9999             # in another terminal; or: nc -u 127.0.0.1 9999
 * ```
 *
 * Ctrl-C and SIGTERM close it; the exit code is then 0.
 *
 * @module
 */
import { createSocket } from "node:dgram"; // Deno's own datagrams are still behind --unstable-net
import { isIPv6 } from "node:net";

/** A datagram has up to 65,507 bytes; a line of the log need not have them all. */
const MAX_SHOWN_BYTES = 200;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "9999", hostname = "127.0.0.1"] = Deno.args;
const port = readPort(portText);

const socket = createSocket(isIPv6(hostname) ? "udp6" : "udp4");
socket.on("error", (error) => {
  console.error(`Cannot receive on ${hostname} port ${port}: ${error.message}`);
  Deno.exit(1);
});
socket.on("message", (data, client) => {
  const begin = Deno.inspect(data.subarray(0, MAX_SHOWN_BYTES).toString());
  const more = data.length > MAX_SHOWN_BYTES ? " …" : "";
  console.log(`${data.length} bytes from ${text(client)}: ${begin}${more}`);
  socket.send(data, client.port, client.address, (error) => {
    if (error) console.log(`Not sent to ${text(client)}: ${error.message}`);
  });
});
socket.bind(port, hostname, () => console.log(`Receiving on ${text(socket.address())}`));
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM

function closeOnSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {
    console.log(`Closing on ${signal}`);
    socket.close();
  });
}

/** Digits only: "0x50", " 80" and "+80" are refused. */
function readPort(given: string): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= 65535) return Number(given);
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 0 to 65535`,
  );
  Deno.exit(2);
}

function text({ address, port }: { address: string; port: number }): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
