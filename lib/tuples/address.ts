/** Addresses as text and as bytes: strict when reading, with one spelling when writing. */
import ipaddr from "ipaddr.js";
import { quote, quotePart, type Refuse } from "../refusal.ts";

/** The two versions of the Internet Protocol. */
export type AddressFamily = "IPv4" | "IPv6";

/** An address that was read. */
export interface Address {
  /** Its version of the protocol. */
  readonly family: AddressFamily;
  /** The address in its one spelling, without its zone. */
  readonly text: string;
  /** The interface of a link-local address. */
  readonly zone: string | undefined;
}

/** Reads an address of either family; calls `refuse` with the rule and the part if it is none. */
export function readAddress(text: string, refuse: Refuse): Address {
  if (text === "") refuse("the address is missing", quote(text));
  const stray = /[^!-~]/u.exec(text);
  if (stray !== null) {
    refuse("an address is ASCII characters without blanks", quotePart(stray[0]));
  }
  if (text.includes(":")) return readIpv6(text, refuse);
  const percent = text.indexOf("%");
  if (percent !== -1) refuse("only an IPv6 address has a zone", quote(text.slice(percent)));
  if (isHostName(text)) {
    refuse("an address is numbers, not a host name that has to be resolved", quote(text));
  }
  return { family: "IPv4", text: readIpv4(text, refuse), zone: undefined };
}

/**
 * Reads the four decimal parts of an IPv4 address. ipaddr.js would read the forms of inet_aton(3)
 * too, in which 127.1 is 127.0.0.1 and 010.0.0.1 is 8.0.0.1.
 */
function readIpv4(text: string, refuse: Refuse): string {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  const parts = text.split(".");
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part)) {
      refuse("each part of an IPv4 address is decimal digits and nothing else", quote(part));
    }
    if (/^0[0-9]/.test(part)) {
      refuse(
        "a part of an IPv4 address has no leading zero, which some programs read as octal",
        quote(part),
      );
    }
  }
  if (parts.length !== 4) {
    refuse(
      "an IPv4 address has four parts separated by dots",
      `${parts.length} in ${quote(text)}`,
    );
  }
  return refuse(
    "each part of an IPv4 address is at most 255",
    quote(parts.find((part) => Number(part) > 255)!),
  );
}

function readIpv6(text: string, refuse: Refuse): Address {
  const percent = text.indexOf("%");
  const address = percent === -1 ? text : text.slice(0, percent);
  const zone = percent === -1 ? undefined : text.slice(percent + 1);
  const { parts } = ipaddr.IPv6.parse(checkedGroups(address, refuse));
  const canonical = formatGroups(parts);
  if (zone !== undefined) {
    // RFC 4007 section 11; the characters are those that a URL leaves as they are (RFC 3986, 2.3).
    if (zone === "") refuse("a zone has a name or a number after the %", quote(zone));
    const stray = /[^A-Za-z0-9._~-]/.exec(zone);
    if (stray !== null) {
      refuse("a zone is letters, digits and the characters - . _ ~", quote(stray[0]));
    }
    if (isMapped(parts)) refuse("an IPv4-mapped address has no zone, as IPv4 has none", `%${zone}`);
  }
  return { family: "IPv6", text: canonical, zone };
}

/** Returns the address as hexadecimal groups only, which ipaddr.js reads as the RFC says. */
function checkedGroups(address: string, refuse: Refuse): string {
  // The last four bytes may be written as IPv4 (RFC 4291, 2.2). ipaddr.js reads ::1.2.3.4 as the
  // mapped ::ffff:1.2.3.4, and a part 010 as octal; so this part is read here.
  const colon = address.lastIndexOf(":");
  const tail = address.slice(colon + 1);
  let groups = address;
  if (tail.includes(".")) {
    const [a, b, c, d] = readIpv4(tail, refuse).split(".").map(Number) as Bytes4;
    groups = `${address.slice(0, colon + 1)}${(a << 8 | b).toString(16)}:${
      (c << 8 | d).toString(16)
    }`;
  }
  if (ipaddr.IPv6.isValid(groups)) return groups;

  const stray = /[^0-9A-Fa-f:]+/.exec(groups);
  if (stray !== null) refuse("an IPv6 address is hexadecimal digits and colons", quote(stray[0]));
  if (groups.includes(":::")) refuse('zeros are left out with "::"', '":::"');
  const halves = groups.split("::");
  if (halves.length > 2) {
    refuse('zeros are left out once, with one "::"', `${halves.length - 1} of them`);
  }
  const parts = halves.flatMap((half) => half === "" ? [] : half.split(":"));
  if (parts.includes("")) refuse("there is a group before and after each colon", "none");
  const long = parts.find((part) => part.length > 4);
  if (long !== undefined) {
    refuse("a group of an IPv6 address has at most four hexadecimal digits", quote(long));
  }
  return refuse(
    halves.length === 1
      ? "an IPv6 address has eight groups"
      : 'an IPv6 address with "::" has at most seven groups',
    `${parts.length}`,
  );
}

type Bytes4 = [number, number, number, number];

/** Whether this is meant as a name: an address ends in a digit, a top-level domain does not. */
function isHostName(text: string): boolean {
  const last = text.replace(/\.$/, "").split(".").at(-1)!;
  return /^[A-Za-z_]/.test(last);
}

/** Returns the one spelling of eight groups: RFC 5952, mapped addresses with their IPv4 part. */
function formatGroups(parts: readonly number[]): string {
  if (isMapped(parts)) {
    const [high, low] = parts.slice(6) as [number, number];
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return new ipaddr.IPv6([...parts]).toRFC5952String();
}

/** ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
function isMapped(parts: readonly number[]): boolean {
  return parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
}

/** Returns the one spelling of 4 or 16 bytes in network order. */
export function formatBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return formatGroups(Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group)));
}

/** Returns the 4 or 16 bytes, in network order, of an address in its one spelling. */
export function addressBytes(text: string): Uint8Array<ArrayBuffer> {
  const mapped = mappedIpv4(text);
  return Uint8Array.from(
    mapped === undefined
      ? ipaddr.parse(text).toByteArray()
      : [...Array(10).fill(0), 0xff, 0xff, ...mapped.split(".").map(Number)],
  );
}

/** Returns the IPv4 address in a mapped one that is in its one spelling. */
export function mappedIpv4(text: string): string | undefined {
  return /^::ffff:([0-9.]+\.[0-9]+)$/.exec(text)?.[1];
}
