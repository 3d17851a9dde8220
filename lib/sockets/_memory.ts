/** The bytes that a socket sends, and the memory that it receives into. */
import { partOf, refusal } from "../refusal.ts";

/** What all calls take and return. */
export type Bytes = Uint8Array<ArrayBuffer>;

const MAX_RECEIVED = 65_536;
// One for all sockets: nothing runs between a `recv` and the copy of what it received.
const RECEIVED = new Uint8Array(MAX_RECEIVED);
const ENCODER = new TextEncoder();

/** Returns text as UTF-8, and bytes as they are. */
export function toBytes(data: Bytes | string): Bytes {
  if (typeof data === "string") return ENCODER.encode(data);
  if (data instanceof Uint8Array) return data;
  throw refusal(TypeError, {
    cannot: "Cannot send",
    rule: "data is a Uint8Array or a text",
    part: partOf(data),
  });
}

/** Returns how many bytes to send. More than there are would send the memory behind them. */
export function sizeOf(data: Bytes, size: number = data.length): number {
  if (size <= data.length) return size;
  throw refusal(RangeError, {
    cannot: `Cannot send ${data.length} bytes`,
    rule: "size is at most their number",
    part: `${size}`,
  });
}

/** Refuses memory without room, since the nothing that it gets looks like the end of a connection. */
export function checkMemory(into: Bytes): void {
  if (into instanceof Uint8Array && into.length > 0) return;
  throw refusal(into instanceof Uint8Array ? RangeError : TypeError, {
    cannot: "Cannot receive",
    rule: "memory is a Uint8Array of at least one byte",
    part: into instanceof Uint8Array ? "an empty one" : partOf(into),
  });
}

/** Returns memory to receive at most `size` bytes into; its content is copied at once. */
export function memoryFor(size: number = MAX_RECEIVED): Bytes {
  if (size === MAX_RECEIVED) return RECEIVED;
  return size < MAX_RECEIVED ? RECEIVED.subarray(0, size) : new Uint8Array(size);
}
