/**
 * A metrics server: it counts what datagrams report, and answers none of them.
 *
 * Counterpart of the pattern fire and forget in the article on clients, servers and ports, which
 * mentions logging and metrics over UDP. A datagram has one or more lines such as
 * "page.views:1|c": a name, and how much to add to its counter. StatsD made this format common.
 *
 * ```sh
 * deno run --allow-net metrics_server.ts 8125             # a port; 0 lets the kernel pick one
 * deno run --allow-net metrics_server.ts 8125 127.0.0.2   # and an address
 * deno run --allow-net metrics_client.ts 8125             # in another terminal
 * ```
 *
 * When something has arrived, it prints its counters, ten times a second at most, and how many lines
 * it could not count: not like that one, or with one name too many. It cannot know what was lost on
 * the way. Ctrl-C and SIGTERM close it; the exit code is then 0.
 *
 * @module
 */
import { createSocket } from "node:dgram"; // Deno's own datagrams are still behind --unstable-net
import { isIPv6 } from "node:net";

/** Any program may send any names: only this many are counted, and other lines are not. */
const MAX_NAMES = 1000;
const REPORT_MS = 100;
const LINE = /^([A-Za-z0-9_.-]{1,64}):([0-9]{1,9})\|c$/;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "8125", hostname = "127.0.0.1"] = Deno.args;
const port = readPort(portText);

let datagrams = 0;
let refused = 0;
let report: ReturnType<typeof setTimeout> | undefined;
const totals = new Map<string, number>();
const socket = createSocket(isIPv6(hostname) ? "udp6" : "udp4");
socket.on("error", (error) => {
  console.error(`Cannot receive on ${hostname} port ${port}: ${error.message}`);
  Deno.exit(1);
});
socket.on("message", (data) => {
  datagrams += 1;
  for (const line of data.toString().split("\n")) count(line);
  report ??= setTimeout(print, REPORT_MS);
});
socket.bind(port, hostname, () => console.log(`Receiving on ${text(socket.address())}`));
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM

function count(line: string): void {
  const [, name, value] = LINE.exec(line) ?? [];
  if (name === undefined || (totals.size === MAX_NAMES && !totals.has(name))) refused += 1;
  else totals.set(name, (totals.get(name) ?? 0) + Number(value));
}

function print(): void {
  report = undefined;
  const shown = [...totals].slice(0, 5).map(([name, total]) => `, ${name} ${total}`);
  console.log(`${datagrams} datagrams${shown.join("")}, ${refused} lines not counted`);
}

function closeOnSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {
    clearTimeout(report);
    print();
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
