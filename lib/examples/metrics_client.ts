/**
 * A metrics client: it sends each measurement in a datagram, and does not wait for an answer.
 *
 * Counterpart of the pattern fire and forget in the article on clients, servers and ports. The
 * client does not learn whether anybody receives its datagrams: without a server it prints the
 * same.
 *
 * ```sh
 * deno run --allow-net metrics_client.ts 8125                           # the server's port
 * deno run --allow-net metrics_client.ts 8125 127.0.0.1 200 page.views  # address, how many, name
 * ```
 *
 * @module
 */
import { createSocket } from "node:dgram"; // Deno's own datagrams are still behind --unstable-net
import { isIPv4, isIPv6 } from "node:net";

const [portText = "8125", hostname = "127.0.0.1", countText = "3", name = "page.views"] = Deno.args;
const port = readNumber("port", portText, 65535);
const count = readNumber("count", countText, 100_000);
const six = isIPv6(hostname);
if (!six && !isIPv4(hostname)) {
  fail(2, `Cannot use address ${Deno.inspect(hostname)}: it must be an IPv4 or IPv6 address`);
}
if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
  fail(2, `Cannot use name ${Deno.inspect(name)}: it must be 1 to 64 letters, digits, _, . and -`);
}

const socket = createSocket(six ? "udp6" : "udp4");
const started = performance.now();
for (let number = 1; number <= count; number++) {
  const sending = performance.now();
  await send(`${name}:1|c`);
  console.log(`${(performance.now() - sending).toFixed(3)} ms: ${name}:1|c`);
}
const milliseconds = (performance.now() - started).toFixed(1);
console.log(`Sent ${count} datagrams in ${milliseconds} ms; how many arrived is not known`);
socket.close();

/** Resolves when this computer's kernel has taken the datagram: that is all that "sent" means. */
function send(line: string): Promise<void> {
  return new Promise((resolve) => {
    socket.send(line, port, hostname, (error) => {
      if (!error) return resolve();
      // Deno does not say which error it was if it is not one of the common ones.
      const isUnknown = (error as { code?: string }).code === "UNKNOWN";
      const why = isUnknown ? "this computer cannot send there, perhaps it has no route" : error;
      fail(1, `Cannot send to ${hostname} port ${port}: ${why}`);
    });
  });
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server receives on it. */
function readNumber(name: string, given: string, most: number): number {
  const number = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (number >= 1 && number <= most) return number;
  fail(2, `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 1 to ${most}`);
}

function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}
