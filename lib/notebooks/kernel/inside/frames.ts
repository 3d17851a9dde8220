/**
 * How outputs travel from the Deno kernel to ours: in frames on the Deno kernel's own standard output,
 * between the bytes that child programs print there. The pipe keeps the order of both, so an output
 * needs no time to "settle", and nothing is lost when a reader is slow: the writer then waits.
 *
 * A frame is cut into chunks, each written by one call, since the kernel does not mix other writers'
 * bytes into a write of at most PIPE_BUF bytes (pipe(7)). A chunk is the marker, its flags, its length
 * in two bytes, and that many bytes of the frame. A frame is its kind, its own number and that of its
 * cell in four bytes each, and a body.
 *
 * Standard error is another pipe. So that what programs print there keeps its place too, a mark is
 * written there before each frame: the marker and the frame's number.
 *
 * @module
 */

/** What a frame says. */
export type FrameKind =
  /** Text for standard output; its last character may go on in the next frame. */
  | "stdout"
  /** The same for standard error. */
  | "stderr"
  /** A message of the Jupyter protocol. */
  | "message"
  /** A cell begins. What programs print from here on is shown in this cell. */
  | "begin"
  /** A cell has ended, and all of its outputs came before. */
  | "end";

/** One frame. */
export interface Frame {
  /** What it says. */
  readonly kind: FrameKind;
  /** Its number; those of a kernel grow, and wrap at 2³². */
  readonly number: number;
  /** The number of the cell that it belongs to; 0 if it is unknown. */
  readonly cell: number;
  /** UTF-8, or an {@linkcode encodeOutputMessage | encoded message}. */
  readonly body: Uint8Array;
}

/** A message of the Jupyter protocol as a cell sends it. */
export interface OutputMessage {
  /** Its type, as "display_data". */
  readonly type: string;
  /** Its content. */
  readonly content: Record<string, unknown>;
  /** Its metadata. */
  readonly metadata: Record<string, unknown>;
  /** Its binary parts. */
  readonly buffers: readonly Uint8Array[];
}

/** The type of a message that answers a question of the kernel outside, and that no cell shows. */
export const ANSWER = "fourtuple_answer";

/** The kinds by their number. */
const KINDS: readonly FrameKind[] = ["stdout", "stderr", "message", "begin", "end"];

/** The length of a marker in bytes: long enough that no program prints it by accident. */
const MARKER_BYTES = 16;

/** Returns a new marker. It begins with a byte that UTF-8 does not have, so that it is found fast. */
export function newMarker(): Uint8Array {
  const marker = crypto.getRandomValues(new Uint8Array(MARKER_BYTES));
  marker[0] = 0xff;
  return marker;
}

const CHUNK_HEADER_BYTES = MARKER_BYTES + 3;
const FRAME_HEADER_BYTES = 9;
const MARK_BYTES = MARKER_BYTES + 4;
/** A chunk's flags. An interrupted writer leaves a frame without its last chunk. */
const IS_FIRST = 1;
const IS_LAST = 2;

/** PIPE_BUF, from limits.h of Linux and of the other systems. */
const PIPE_BUF = Deno.build.os === "linux" ? 4096 : 512;
const CHUNK_BYTES = PIPE_BUF - CHUNK_HEADER_BYTES;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes bytes to a pipe by one call, before it returns. The memory is used again afterwards. */
export type PipeWrite = (bytes: Uint8Array) => void;

/** The two pipes. */
export interface FramePipes {
  /** Standard output. */
  readonly out: PipeWrite;
  /** Standard error. */
  readonly err: PipeWrite;
}

/** Writes frames. */
export class FrameWriter {
  readonly #pipes: FramePipes;
  readonly #mark = new Uint8Array(MARK_BYTES);
  readonly #chunk = new Uint8Array(PIPE_BUF);
  readonly #small = new Uint8Array(CHUNK_BYTES);
  #number = 0;

  /** Makes a writer with a marker that the reader knows, made by {@linkcode newMarker}. */
  constructor(marker: Uint8Array, pipes: FramePipes) {
    this.#pipes = pipes;
    this.#mark.set(marker);
    this.#chunk.set(marker);
  }

  /** Writes one frame. */
  write(kind: FrameKind, cell: number, body: string | Uint8Array = ""): void {
    // A code unit is at most three bytes of UTF-8.
    if (typeof body === "string" && body.length * 3 <= CHUNK_BYTES - FRAME_HEADER_BYTES) {
      const { written } = encoder.encodeInto(body, this.#small.subarray(FRAME_HEADER_BYTES));
      return this.#send(this.#small.subarray(0, FRAME_HEADER_BYTES + written), kind, cell);
    }
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    const frame = new Uint8Array(FRAME_HEADER_BYTES + bytes.length);
    frame.set(bytes, FRAME_HEADER_BYTES);
    this.#send(frame, kind, cell);
  }

  #send(frame: Uint8Array<ArrayBuffer>, kind: FrameKind, cell: number): void {
    const number = this.#number = (this.#number + 1) >>> 0;
    new DataView(this.#mark.buffer).setUint32(MARKER_BYTES, number);
    this.#pipes.err(this.#mark);
    frame[0] = KINDS.indexOf(kind);
    const view = new DataView(frame.buffer);
    view.setUint32(1, number);
    view.setUint32(5, cell);
    for (let at = 0; at < frame.length;) {
      const part = frame.subarray(at, at + CHUNK_BYTES);
      const isFirst = at === 0;
      at += part.length;
      this.#chunk[MARKER_BYTES] = (isFirst ? IS_FIRST : 0) | (at === frame.length ? IS_LAST : 0);
      this.#chunk[MARKER_BYTES + 1] = part.length >> 8;
      this.#chunk[MARKER_BYTES + 2] = part.length;
      this.#chunk.set(part, CHUNK_HEADER_BYTES);
      this.#pipes.out(this.#chunk.subarray(0, CHUNK_HEADER_BYTES + part.length));
    }
  }
}

/** Takes the frames out of the bytes of a pipe. */
export class FrameReader {
  readonly #marker: Uint8Array;
  #rest: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];

  /** Makes a reader of frames with this marker. */
  constructor(marker: Uint8Array) {
    this.#marker = marker;
  }

  /** Returns the frames that `bytes` complete, and what others wrote between them, in order. */
  *read(bytes: Uint8Array): Generator<Frame | Uint8Array> {
    let left: Uint8Array = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    while (true) {
      const at = indexOfMarker(left, this.#marker);
      if (at > 0) yield left.subarray(0, at);
      left = left.subarray(at);
      if (left.length < CHUNK_HEADER_BYTES) break;
      const length = left[MARKER_BYTES + 1]! << 8 | left[MARKER_BYTES + 2]!;
      const end = CHUNK_HEADER_BYTES + length;
      if (left.length < end) break;
      const flags = left[MARKER_BYTES]!;
      if (flags & IS_FIRST) this.#parts = [];
      this.#parts.push(left.subarray(CHUNK_HEADER_BYTES, end));
      if (flags & IS_LAST) yield frameOf(joined(this.#parts));
      left = left.subarray(end);
    }
    this.#rest = left;
  }

  /** Returns what is left when the pipe has ended. */
  rest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest;
  }
}

/** Splits the bytes of standard error at the marks. */
export class MarkReader {
  readonly #marker: Uint8Array;
  #rest: Uint8Array = new Uint8Array();

  /** Makes a reader of marks with this marker. */
  constructor(marker: Uint8Array) {
    this.#marker = marker;
  }

  /** Returns the bytes between the marks, and the number of each mark, in order. */
  *read(bytes: Uint8Array): Generator<number | Uint8Array> {
    let left: Uint8Array = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    while (true) {
      const at = indexOfMarker(left, this.#marker);
      if (at > 0) yield left.subarray(0, at);
      left = left.subarray(at);
      if (left.length < MARK_BYTES) break;
      yield new DataView(left.buffer, left.byteOffset).getUint32(MARKER_BYTES);
      left = left.subarray(MARK_BYTES);
    }
    this.#rest = left;
  }

  /** Returns what is left when the pipe has ended. */
  rest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest;
  }
}

/** Returns a message as the body of a frame: the length of its JSON, the JSON, then each buffer. */
export function encodeOutputMessage({ buffers, ...json }: OutputMessage): Uint8Array {
  return joined([encoder.encode(JSON.stringify(json)), ...buffers].flatMap((part) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, part.length);
    return [length, part];
  }));
}

/** Reads what {@linkcode encodeOutputMessage} made. */
export function decodeOutputMessage(body: Uint8Array): OutputMessage {
  const view = new DataView(body.buffer, body.byteOffset);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 4 + view.getUint32(at);
    parts.push(body.subarray(at + 4, end));
    at = end;
  }
  const [json, ...buffers] = parts;
  return { ...JSON.parse(decoder.decode(json)), buffers };
}

function frameOf(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [number, cell] = [view.getUint32(1), view.getUint32(5)];
  return { kind: KINDS[bytes[0]!]!, number, cell, body: bytes.subarray(FRAME_HEADER_BYTES) };
}

/** Returns where the marker begins, even if only its first bytes are there; the length if nowhere. */
function indexOfMarker(bytes: Uint8Array, marker: Uint8Array): number {
  for (let at = bytes.indexOf(marker[0]!); at >= 0; at = bytes.indexOf(marker[0]!, at + 1)) {
    const length = Math.min(marker.length, bytes.length - at);
    let same = 1;
    while (same < length && bytes[at + same] === marker[same]) same++;
    if (same === length) return at;
  }
  return bytes.length;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
