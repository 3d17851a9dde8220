/**
 * Four-tuples as a few 32-bit words, which is how the kernel compares them.
 *
 * @module
 */
import { kindOf, refusal } from "../../refusal.ts";
import { Endpoint } from "../endpoint.ts";
import { FourTuple } from "../four_tuple.ts";

/**
 * A four-tuple in 32-bit words: 3 for IPv4 (local address, remote address, ports), or 9 for IPv6 (4,
 * 4 and 1). The word with the ports has the local one in its upper half. The first part of an address
 * is the highest byte: 10.0.0.5 is 0x0a000005.
 */
export type PackedTuple = Uint32Array;

/** The words of an IPv4 tuple. */
export const IPV4_WORDS = 3;
/** The words of an IPv6 tuple. */
export const IPV6_WORDS = 9;

/**
 * Packs a four-tuple into 32-bit words: 3 for IPv4, 9 for IPv6.
 *
 * @param tuple A four-tuple without zones, which packed words cannot hold
 * @throws {TypeError} If `tuple` is no {@linkcode FourTuple}
 * @throws {RangeError} If one of its addresses has a zone
 *
 * @example The words of an IPv4 tuple
 * ```ts
 * import { packTuple, parseFourTuple, unpackTuple } from "fourtuple/tuples";
 * import { assertEquals } from "@std/assert";
 *
 * const words = packTuple(parseFourTuple("10.0.0.5:51234 -> 203.0.113.80:443"));
 * assertEquals([...words], [0x0a000005, 0xcb007150, 51234 * 2 ** 16 + 443]);
 * assertEquals(String(unpackTuple(words)), "10.0.0.5:51234 -> 203.0.113.80:443");
 * ```
 */
export function packTuple(tuple: FourTuple): Uint32Array<ArrayBuffer> {
  if (!(tuple instanceof FourTuple)) {
    const cannot = "Cannot pack a four-tuple";
    throw refusal(TypeError, { cannot, rule: "it is a FourTuple", part: kindOf(tuple) });
  }
  const zone = tuple.local.zone ?? tuple.remote.zone;
  if (zone !== undefined) {
    throw refusal(RangeError, {
      cannot: `Cannot pack four-tuple "${tuple}"`,
      rule: "packed words cannot hold a zone",
      part: `"%${zone}"`,
    });
  }
  const words = new Uint32Array(tuple.local.family === "IPv4" ? IPV4_WORDS : IPV6_WORDS);
  packInto(tuple, words);
  return words;
}

/**
 * Returns the four-tuple that {@linkcode packTuple} packed.
 *
 * @param words 3 words of IPv4 or 9 of IPv6
 * @throws {TypeError} If `words` is no `Uint32Array`
 * @throws {RangeError} If there are neither 3 nor 9 words
 *
 * @example There and back
 * ```ts
 * import { packTuple, parseFourTuple, unpackTuple } from "fourtuple/tuples";
 * import { assert } from "@std/assert";
 *
 * const tuple = parseFourTuple("[2001:db8::5]:51234 -> [2001:db8::80]:443");
 * assert(unpackTuple(packTuple(tuple)).equals(tuple));
 * ```
 */
export function unpackTuple(words: PackedTuple): FourTuple {
  if (!(words instanceof Uint32Array)) {
    const cannot = "Cannot unpack a four-tuple";
    throw refusal(TypeError, { cannot, rule: "it is a Uint32Array", part: kindOf(words) });
  }
  if (!isPackedLength(words.length)) {
    throw refusal(RangeError, {
      cannot: `Cannot unpack four-tuple "${words}"`,
      rule: `it is ${IPV4_WORDS} or ${IPV6_WORDS} words`,
      part: `${words.length}`,
    });
  }
  return unpack(words);
}

/** Whether a packed tuple can have this many words. */
export function isPackedLength(length: number): boolean {
  return length === IPV4_WORDS || length === IPV6_WORDS;
}

/** Writes addresses and ports into the first 3 or 9 of the words, and leaves zones out. */
export function packInto({ local, remote }: FourTuple, words: Uint32Array): void {
  const width = local.family === "IPv4" ? 1 : 4;
  writeAddress(local, words, 0);
  writeAddress(remote, words, width);
  words[2 * width] = local.port << 16 | remote.port;
}

/** Reads what {@linkcode packInto} wrote, with zones if the addresses have some. */
export function unpack(
  words: Uint32Array,
  zones: { readonly local?: string | undefined; readonly remote?: string | undefined } = {},
): FourTuple {
  const width = words.length === IPV4_WORDS ? 1 : 4;
  const ports = words[2 * width]!;
  return FourTuple.from(
    readEndpoint(words.subarray(0, width), { port: ports >>> 16, zone: zones.local }),
    readEndpoint(words.subarray(width, 2 * width), { port: ports & 0xffff, zone: zones.remote }),
  );
}

function writeAddress(endpoint: Endpoint, words: Uint32Array, at: number): void {
  if (endpoint.family === "IPv4") {
    words[at] = ipv4Number(endpoint.address);
    return;
  }
  const view = new DataView(endpoint.toBytes().buffer);
  for (let word = 0; word < 4; word++) words[at + word] = view.getUint32(4 * word);
}

/** Reads an address that an Endpoint has checked, without making a string or array on the way. */
function ipv4Number(address: string): number {
  const [ZERO, NINE] = [48, 57];
  let number = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code >= ZERO && code <= NINE) part = 10 * part + code - ZERO;
    else [number, part] = [number << 8 | part, 0];
  }
  return (number << 8 | part) >>> 0;
}

function readEndpoint(
  words: Uint32Array,
  { port, zone }: { port: number; zone: string | undefined },
): Endpoint {
  const view = new DataView(new ArrayBuffer(words.byteLength));
  words.forEach((word, index) => view.setUint32(4 * index, word));
  const endpoint = Endpoint.fromBytes(new Uint8Array(view.buffer), port);
  return zone === undefined ? endpoint : Endpoint.from(`${endpoint.address}%${zone}`, port);
}
