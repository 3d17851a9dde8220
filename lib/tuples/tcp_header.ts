/**
 * The header of a TCP segment: the two ports, and where its bytes belong.
 *
 * @module
 */
import { check, instanceOf, refusal } from "../refusal.ts";

/** What a segment does beside carrying bytes. RFC 9293, section 3.1, "Control bits" */
export type TcpFlag = "FIN" | "SYN" | "RST" | "PSH" | "ACK" | "URG";

/** The fields of a TCP header, without the options that may follow it. RFC 9293, section 3.1 */
export interface TcpHeader {
  /** The sender's port. */
  readonly source: number;
  /** The receiver's port. */
  readonly destination: number;
  /**
   * The number of the segment's first byte; each direction counts its bytes from a number of its own.
   * A SYN and a FIN count as one byte.
   */
  readonly sequence: number;
  /** With the flag ACK: the number of the byte that the sender expects next. */
  readonly acknowledgement: number;
  /** The flags that are set, from the lowest bit up. */
  readonly flags: readonly TcpFlag[];
  /** How many bytes the sender has room for, before it is scaled (RFC 7323). */
  readonly window: number;
  /** The checksum as it is in the header. On loopback Linux leaves it unfinished. */
  readonly checksum: number;
}

const HEADER_BYTES = 20;
/** From the lowest bit up. */
const FLAGS: readonly TcpFlag[] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

/**
 * Reads the header of a TCP segment. All numbers are in network byte order, the highest byte first.
 *
 * @param bytes The first 20 bytes of the segment; more may follow
 * @throws {TypeError} If `bytes` is not a Uint8Array
 * @throws {RangeError} If there are fewer than 20
 *
 * @example A client's first segment, to port 443
 * ```ts
 * import { parseTcpHeader } from "fourtuple/tuples";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.fromHex("c82201bb1a2b3c4d00000000a002ffd7fe300000");
 * const { source, destination, sequence, flags } = parseTcpHeader(bytes);
 * assertEquals([source, destination, sequence], [51234, 443, 0x1a2b3c4d]);
 * assertEquals(flags, ["SYN"]);
 * ```
 */
export function parseTcpHeader(bytes: Uint8Array): TcpHeader {
  const cannot = "Cannot read a TCP header";
  check(bytes, instanceOf(Uint8Array, "a Uint8Array"), { cannot, what: "what holds it" });
  if (bytes.length < HEADER_BYTES) {
    const rule = `it has ${HEADER_BYTES} bytes`;
    throw refusal(RangeError, { cannot, rule, part: `${bytes.length}` });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = view.getUint8(13);
  return {
    source: view.getUint16(0),
    destination: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: view.getUint32(8),
    flags: FLAGS.filter((_, index) => bits & (1 << index)),
    window: view.getUint16(14),
    checksum: view.getUint16(16),
  };
}
