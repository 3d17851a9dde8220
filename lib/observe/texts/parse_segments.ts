/**
 * The TCP segments that the example `segment_bytes.ts` prints.
 *
 * @module
 */
import { check, quote, refusal, text } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { parseTcpHeader, type TcpHeader } from "../../tuples/tcp_header.ts";

/** A segment that was captured. */
export interface CapturedSegment extends TcpHeader {
  /** The header's first 20 bytes, as they were. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Segments in the order in which they passed; shows itself as a table. */
export class CapturedSegments extends ShownAsTable {
  /** The segments. */
  readonly segments: readonly CapturedSegment[];

  /** Makes a list of these. */
  constructor(segments: readonly CapturedSegment[]) {
    super();
    this.segments = segments;
  }

  /** Returns a row a segment; without the flag ACK there is no acknowledgement. */
  override toTable(): Table {
    return new Table({
      columns: ["from port", "to port", "flags", "sequence number", "acknowledgement", "checksum"],
      rows: this.segments.map((segment) => [
        segment.source,
        segment.destination,
        segment.flags.join(" "),
        segment.sequence,
        segment.flags.includes("ACK") ? segment.acknowledgement : "",
        segment.checksum.toString(16).padStart(4, "0"),
      ]),
    });
  }
}

const LINE = /^([A-Z,]*) *([0-9a-f]{40,})$/;

/**
 * Reads lines such as `SYN      c82201bb…`: the flags, and at least the first 20 bytes of a TCP header
 * in hexadecimal. The flags are taken from the header itself.
 *
 * @param lines What the program printed
 * @throws {TypeError} If a line is not a string
 * @throws {SyntaxError} If a line is something else
 *
 * @example The beginning of a connection
 * ```ts
 * import { parseSegments } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const { segments } = parseSegments([
 *   "SYN      c82201bb0000000a00000000a002ffd7fe300000",
 *   "SYN,ACK  01bbc822000000630000000ba012ffcbfe300000",
 * ]);
 * assertEquals(segments[1]!.acknowledgement, segments[0]!.sequence + 1);
 * ```
 */
export function parseSegments(lines: Iterable<string>): CapturedSegments {
  const segments = [...lines].map((line) => {
    const cannot = "Cannot read a segment";
    check(line, text, { cannot, what: "a line" });
    const hex = LINE.exec(line.trim())?.[2];
    if (hex === undefined || hex.length % 2 === 1) {
      const rule = "a line has flags and 20 bytes in hexadecimal";
      throw refusal(SyntaxError, { cannot, rule, part: quote(line) });
    }
    const bytes = Uint8Array.fromHex(hex);
    return { ...parseTcpHeader(bytes), bytes };
  });
  return new CapturedSegments(segments);
}
