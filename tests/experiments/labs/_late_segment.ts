/**
 * Sends one TCP segment, an acknowledgement with any numbers: what a late one is to a connection
 * that has ended. Its arguments are the local and the remote end; it needs a network of its own.
 */
import { Endpoint, parseEndpoint } from "fourtuple";
import { libc } from "../../../lib/system/libc.ts";
import { AF_INET, IPPROTO_TCP, SOCK_RAW } from "../../../lib/system/constants.ts";
import { packSockaddr } from "../../../lib/system/sockaddr.ts";

const ACK = 0x10;
const HEADER_BYTES = 20;

const [local, remote] = Deno.args.map(parseEndpoint) as [Endpoint, Endpoint];
const { functions } = libc();
const raw = functions.socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
const [from, to] = [local, remote].map(({ address }) => packSockaddr(Endpoint.from(address, 0)));
functions.bind(raw, from!, from!.length);
const segment = acknowledgement();
const sent = functions.sendto(raw, segment, BigInt(segment.length), 0, to!, to!.length);
if (sent !== HEADER_BYTES) throw new Error(`${sent} of ${HEADER_BYTES} bytes were sent`);

/** Makes the header; RFC 9293, section 3.1. */
function acknowledgement(): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint16(0, local.port);
  header.setUint16(2, remote.port);
  header.setUint32(4, 1); // its number
  header.setUint32(8, 1); // what it acknowledges
  header.setUint8(12, (HEADER_BYTES / 4) << 4);
  header.setUint8(13, ACK);
  header.setUint16(14, 65_535); // the window
  header.setUint16(16, checksum(header));
  return new Uint8Array(header.buffer);
}

/** The one's complement of the sum of the header and the addresses, in words of 16 bits. */
function checksum(header: DataView): number {
  const bytes = [local, remote].flatMap(({ address }) => address.split(".").map(Number));
  let sum = IPPROTO_TCP + HEADER_BYTES;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + bytes[at + 1]!;
  for (let at = 0; at < HEADER_BYTES; at += 2) sum += header.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
