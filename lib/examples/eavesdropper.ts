/**
 * Reads along: prints what two other programs say to each other over TCP.
 *
 * Counterpart of the sentence, in the article on assigning port numbers to clients, by which a port
 * of its own keeps each client's data "separate and secure". A port hides nothing: whoever can read
 * the packets on their way (on one of the two computers, on a router, in an open WLAN) can read what
 * is in them, unless the two programs encrypt it.
 *
 * It needs a network namespace, in which it may capture everything, and programs that talk there:
 *
 * ```sh
 * unshare --user --map-root-user --net sh          # a shell in a network of its own, and there:
 * ip link set lo up
 * deno run --allow-ffi eavesdropper.ts 5000 10 &   # a port, and for how many seconds
 * nc -l 127.0.0.1 5000 &
 * echo hello | nc 127.0.0.1 5000
 * ```
 *
 * Port 0 stands for all ports. Each line is a segment with data: its two ends, and its text. Linux
 * only.
 *
 * @module
 */

// From Linux's headers: asm-generic/socket.h, linux/if_ether.h.
const AF_PACKET = 17;
const SOCK_DGRAM = 2; // a packet without its Ethernet header: it begins with the IP header
const ETH_P_IP = 0x0800;
const MSG_DONTWAIT = 0x40;
const TCP = 6;
/** How long it sleeps when no packet is there. */
const PAUSE_MS = 5;

const [portText = "5000", secondsText = "60"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 3600) * 1000;

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
}).symbols;

const bigEndian = ((ETH_P_IP & 0xff) << 8) | (ETH_P_IP >> 8);
const packets = libc.socket(AF_PACKET, SOCK_DGRAM, bigEndian);
if (packets < 0) {
  console.error(
    "Cannot look at packets here: start this in a network of its own, see the first lines",
  );
  Deno.exit(1);
}
console.log(`Reading along at ${port === 0 ? "every port" : `port ${port}`}`);

const packet = new Uint8Array(65536);
const end = performance.now() + patience;
while (performance.now() < end) {
  const count = Number(libc.recv(packets, packet, BigInt(packet.length), MSG_DONTWAIT));
  if (count > 0) show(packet.subarray(0, count));
  else await new Promise((go) => setTimeout(go, PAUSE_MS));
}
libc.close(packets);

/** Prints a segment, if it is one of TCP with data, to or from the port (RFC 791, RFC 9293). */
function show(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (packet[9] !== TCP) return;
  const header = (packet[0]! & 15) * 4; // the lengths of both headers are in words of 4 bytes
  const data = header + (packet[header + 12]! >> 4) * 4;
  const text = new TextDecoder().decode(packet.subarray(data, view.getUint16(2)));
  const [source, destination] = [view.getUint16(header), view.getUint16(header + 2)];
  if (text === "" || (port !== 0 && port !== source && port !== destination)) return;
  const [from, to] = [packet.subarray(12, 16).join("."), packet.subarray(16, 20).join(".")];
  console.log(`${from}:${source} -> ${to}:${destination} ${JSON.stringify(text)}`);
}

/** Digits only: Number() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`,
  );
  Deno.exit(2);
}
