/** What an address is for, by the blocks that IANA keeps (RFC 6890). */
import { Endpoint } from "../../tuples/endpoint.ts";
import { startsWith } from "./routes.ts";

/** A block of addresses. */
export interface AddressBlock {
  /** What its addresses are, worded to follow "is": "a multicast address". */
  readonly name: string;
  /** Where it is defined. */
  readonly source: string;
  /** Why no server answers there; `undefined` if one can. */
  readonly problem?: string;
  /** Set if it cannot be the other end of a TCP connection. */
  readonly isNoPeer?: true;
}

const DOCUMENTATION = {
  name: "an address for examples in documents",
  problem: "normally no machine has it",
};
const PRIVATE = { name: "a private address", source: "RFC 1918" };
const MULTICAST = {
  name: "a multicast address",
  problem: "it names a group, and TCP connects to one machine",
  isNoPeer: true,
} as const;

const UNSPECIFIED = {
  name: "the unspecified address",
  problem: "a server binds to it to mean all its addresses, and a client needs one of those " +
    "(Linux alone takes it for loopback)",
  isNoPeer: true,
} as const;

/** The most specific ones first. */
const BLOCKS: readonly [prefix: string, block: AddressBlock][] = [
  ["0.0.0.0/32", { ...UNSPECIFIED, source: "RFC 1122" }],
  ["0.0.0.0/8", {
    name: 'an address of "this network"',
    source: "RFC 1122",
    problem: "it is no destination",
    isNoPeer: true,
  }],
  ["10.0.0.0/8", PRIVATE],
  ["172.16.0.0/12", PRIVATE],
  ["192.168.0.0/16", PRIVATE],
  ["100.64.0.0/10", { name: "an address shared by a provider's customers", source: "RFC 6598" }],
  ["127.0.0.0/8", { name: "a loopback address", source: "RFC 1122" }],
  ["169.254.0.0/16", { name: "a link-local address", source: "RFC 3927" }],
  ["192.0.2.0/24", { ...DOCUMENTATION, source: "RFC 5737" }],
  ["198.51.100.0/24", { ...DOCUMENTATION, source: "RFC 5737" }],
  ["203.0.113.0/24", { ...DOCUMENTATION, source: "RFC 5737" }],
  ["198.18.0.0/15", { name: "an address for measuring devices", source: "RFC 2544" }],
  ["224.0.0.0/4", { ...MULTICAST, source: "RFC 5771" }],
  ["255.255.255.255/32", {
    name: "the broadcast address",
    source: "RFC 919",
    problem: "it means every machine next to this one, and TCP connects to one",
    isNoPeer: true,
  }],
  ["240.0.0.0/4", {
    name: "a reserved address",
    source: "RFC 1112",
    problem: "no machine has it",
  }],
  ["::/128", { ...UNSPECIFIED, source: "RFC 4291" }],
  ["::1/128", { name: "the loopback address", source: "RFC 4291" }],
  ["100::/64", {
    name: "an address whose packets are thrown away",
    source: "RFC 6666",
    problem: "nobody receives them",
  }],
  ["2001:db8::/32", { ...DOCUMENTATION, source: "RFC 3849" }],
  ["3fff::/20", { ...DOCUMENTATION, source: "RFC 9637" }],
  ["fc00::/7", { name: "a unique local address", source: "RFC 4193" }],
  ["fe80::/10", { name: "a link-local address", source: "RFC 4291" }],
  ["ff00::/8", { ...MULTICAST, source: "RFC 4291" }],
];

const PREFIXES = BLOCKS.map(([prefix, block]) => {
  const [address, bits] = prefix.split("/") as [string, string];
  return { bytes: Endpoint.from(address, 0).toBytes(), bits: Number(bits), block };
});

/** Returns the special block that an address is in; `undefined` if it is an ordinary public one. */
export function blockOf(endpoint: Endpoint): AddressBlock | undefined {
  const bytes = endpoint.unmapped().toBytes();
  return PREFIXES.find((prefix) => startsWith(bytes, prefix))?.block;
}
