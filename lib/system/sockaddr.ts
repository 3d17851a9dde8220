/** An endpoint in the form of the kernel: `struct sockaddr_in` and `sockaddr_in6`, `ip(7)`, `ipv6(7)`. */
import { Endpoint } from "../tuples/endpoint.ts";
import { AF, AF_INET, AF_INET6 } from "./constants.ts";

/** The longest address that the kernel writes: `struct sockaddr_storage`. */
export const MAX_SOCKADDR_BYTES = 128;

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;

/** An address, read from the form of the kernel. */
export interface KernelAddress {
  /** The endpoint, without a zone. */
  readonly endpoint: Endpoint;
  /** The number of the interface that a link-local address belongs to; 0 for any. */
  readonly scope: number;
}

/**
 * Packs an endpoint. The family is in the machine's byte order, which is little-endian on every machine
 * that Deno runs on; port and address are in network order.
 */
export function packSockaddr(endpoint: Endpoint, scope = 0): Uint8Array<ArrayBuffer> {
  const isIpv4 = endpoint.family === "IPv4";
  const bytes = new Uint8Array(isIpv4 ? IPV4_BYTES : IPV6_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF[endpoint.family], true);
  view.setUint16(2, endpoint.port);
  bytes.set(endpoint.toBytes(), isIpv4 ? 4 : 8);
  if (!isIpv4) view.setUint32(24, scope, true);
  return bytes;
}

/** Unpacks what the kernel wrote, or returns `undefined` if that is not an internet address. */
export function unpackSockaddr(bytes: Uint8Array): KernelAddress | undefined {
  if (bytes.length < 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const family = view.getUint16(0, true);
  if (family === AF_INET && bytes.length >= IPV4_BYTES) {
    return { endpoint: Endpoint.fromBytes(bytes.subarray(4, 8), view.getUint16(2)), scope: 0 };
  }
  if (family === AF_INET6 && bytes.length >= IPV6_BYTES) {
    const endpoint = Endpoint.fromBytes(bytes.subarray(8, 24), view.getUint16(2));
    return { endpoint, scope: view.getUint32(24, true) };
  }
  return undefined;
}
