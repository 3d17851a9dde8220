/**
 * The bytes of real TCP segments: a client connects to a server, and a packet socket captures the
 * traffic.
 *
 * Counterpart of two sentences: that ports are 16-bit numbers, in the book chapter on ports and
 * sockets, and that the client's port number is included in all datagrams sent to the server, in
 * the article on ports and sockets with Telnet and FTP. This program prints where they are.
 *
 * It needs a network namespace, in which it may capture everything and use any port:
 *
 * ```sh
 * unshare --user --map-root-user --net deno run --allow-net --allow-ffi segment_bytes.ts 443
 * ```
 *
 * Each line is one segment: its flags, and the 20 bytes of the TCP header in hexadecimal. The
 * first two bytes are the sender's port, the next two the receiver's (RFC 9293, section 3.1).
 * Linux only.
 *
 * @module
 */

// From Linux's headers: asm-generic/socket.h, linux/if_ether.h, linux/if.h, linux/sockios.h.
const AF_PACKET = 17;
const SOCK_DGRAM = 2; // a packet without its Ethernet header: it begins with the IP header
const ETH_P_IP = 0x0800;
const MSG_DONTWAIT = 0x40;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const TCP = 6;

const text = Deno.args[0] ?? "443";
if (!/^[0-9]+$/.test(text) || Number(text) > 65535) {
  const rule = "it must be a whole number from 0 to 65535";
  console.error(`Cannot use port ${Deno.inspect(text)}: ${rule}`);
  Deno.exit(2);
}

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
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

// A new network has its loopback interface, but switched off: struct ifreq is a name and flags.
const request = new Uint8Array(40);
request.set(new TextEncoder().encode("lo"));
new DataView(request.buffer).setInt16(16, IFF_UP, true);
libc.ioctl(packets, BigInt(SIOCSIFFLAGS), request);

const listener = listen();
const client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
const accepted = await listener.accept();
const ours = [listener.addr.port, client.localAddr.port];
await client.write(new TextEncoder().encode("hello"));
await accepted.read(new Uint8Array(16));
for (const each of [client, accepted, listener]) each.close();

const packet = new Uint8Array(65536);
for (let count = next(); count > 0; count = next()) {
  const header = (packet[0]! & 15) * 4; // the IP header's length, in words of 4 bytes
  if (packet[9] !== TCP) continue;
  const segment = packet.subarray(header, count);
  const ports = new DataView(packet.buffer, header);
  if (!ours.includes(ports.getUint16(0)) || !ours.includes(ports.getUint16(2))) continue;
  console.log(`${flags(segment[13]!).padEnd(8)} ${segment.subarray(0, 20).toHex()}`);
}
libc.close(packets);

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port: Number(text) });
  } catch (error) {
    console.error(`Cannot listen on 127.0.0.1 port ${text}: ${error}`);
    Deno.exit(1);
  }
}

function next(): number {
  return Number(libc.recv(packets, packet, BigInt(packet.length), MSG_DONTWAIT));
}

function flags(bits: number): string {
  const names = ["FIN", "SYN", "RST", "PSH", "ACK"];
  return names.filter((_, index) => bits & (1 << index)).join(",");
}
