/**
 * ZMTP 3.0 with the NULL mechanism, byte by byte: as much of ZeroMQ as Jupyter's five channels need.
 * Source: https://rfc.zeromq.org/spec/23/
 *
 * A conversation: 64 bytes of greeting each way, a READY command each way, then messages. A
 * message is a list of frames; a frame is a flags byte, a length (one byte, or eight) and a body.
 */
const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;
/** No message of a kernel comes near this; a longer one means that the bytes are not ZMTP. */
export const MAX_MESSAGE_BYTES: number = 256 * 1024 * 1024;
const MAX_FRAMES = 10_000;
const READ_BYTES = 64 * 1024;

/** The kinds of socket that a kernel's client has. */
export type ClientSocketType = "DEALER" | "SUB" | "REQ";

/** The kinds of socket that a kernel has. */
export type ServerSocketType = "ROUTER" | "PUB" | "REP";

/** The frames of one message. */
export type Frames = readonly Uint8Array[];

/** What a peer says of itself in its READY command. */
export interface Peer {
  /** Its kind of socket, such as "DEALER". */
  readonly type: string;
  /** The name that it wants to have in a ROUTER; empty if it has none. */
  readonly identity: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Returns the greeting: signature, version 3.0, mechanism NULL, not a server. */
export function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.set(encoder.encode("NULL"), 12);
  return bytes;
}

/** Returns one frame as it stands on the wire. */
function encodeFrame(
  body: Uint8Array,
  options: { more?: boolean; command?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  return concat([frameHeader(body.length, options), body]);
}

/** Returns a whole message as it stands on the wire. */
export function encodeMessage(frames: Frames): Uint8Array<ArrayBuffer> {
  const parts = frames.flatMap((frame, i) => [
    frameHeader(frame.length, { more: i < frames.length - 1 }),
    frame,
  ]);
  return concat(parts);
}

function frameHeader(
  length: number,
  { more = false, command = false }: { more?: boolean; command?: boolean },
): Uint8Array {
  const long = length > 255;
  const flags = (more ? MORE : 0) | (long ? LONG : 0) | (command ? COMMAND : 0);
  if (!long) return Uint8Array.of(flags, length);
  const bytes = new Uint8Array(9);
  bytes[0] = flags;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(length));
  return bytes;
}

/** Returns the READY command, which tells the other side what kind of socket this is. */
export function readyCommand(type: ClientSocketType | ServerSocketType): Uint8Array {
  return commandFrame("READY", concat([...property("Socket-Type", encoder.encode(type))]));
}

/** Returns a command as one frame: its name, then what it says. */
export function commandFrame(name: string, data: Uint8Array): Uint8Array {
  const bytes = encoder.encode(name);
  return encodeFrame(concat([Uint8Array.of(bytes.length), bytes, data]), { command: true });
}

function property(name: string, value: Uint8Array): Uint8Array[] {
  const key = encoder.encode(name);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  return [Uint8Array.of(key.length), key, length, value];
}

/** Splits a command into its name and what it says. */
export function readCommand(body: Uint8Array): { name: string; data: Uint8Array } {
  const length = body[0] ?? 0;
  return { name: frameText(body.subarray(1, 1 + length)), data: body.subarray(1 + length) };
}

/**
 * Reads what a peer's READY command says of it.
 *
 * @throws {Error} If it is another command, or one that ends too early
 */
function readReady(body: Uint8Array): Peer {
  const { name, data } = readCommand(body);
  if (name !== "READY") throw new Error("A ZMTP peer did not say that it is ready");
  const properties = new Map<string, Uint8Array>();
  for (let at = 0; at < data.length;) {
    const keyEnd = at + 1 + data[at]!;
    if (keyEnd + 4 > data.length) throw new Error("A ZMTP peer's READY command ends too early");
    const valueStart = keyEnd + 4;
    const length = new DataView(data.buffer, data.byteOffset + keyEnd).getUint32(0);
    // Names of properties have no case: section "Commands" of the specification.
    const key = frameText(data.subarray(at + 1, keyEnd)).toLowerCase();
    properties.set(key, data.slice(valueStart, valueStart + length));
    at = valueStart + length;
  }
  return {
    type: frameText(properties.get("socket-type") ?? new Uint8Array()),
    identity: properties.get("identity") ?? new Uint8Array(),
  };
}

interface Frame {
  readonly flags: number;
  readonly body: Uint8Array;
}

/** Reads greeting, commands and messages from a connection. */
export class FrameReader {
  readonly #connection: Deno.TcpConn;
  readonly #onCommand: (body: Uint8Array) => void;
  readonly #maxBytes: () => number;
  #buffer = new Uint8Array(READ_BYTES);
  #start = 0;
  #end = 0;

  /**
   * Reads from a connection, and nobody else may.
   *
   * @param onCommand Called for each command that comes between messages
   * @param maxBytes Returns how long a message may be by now, in bytes; 256 MiB by default
   */
  constructor(
    connection: Deno.TcpConn,
    onCommand: (body: Uint8Array) => void = () => {},
    maxBytes: () => number = () => MAX_MESSAGE_BYTES,
  ) {
    this.#connection = connection;
    this.#onCommand = onCommand;
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads the greeting and the READY command.
   *
   * @throws {Error} If the peer does not speak ZMTP 3 with the NULL mechanism
   */
  async peer(): Promise<Peer> {
    while (this.#end < GREETING_BYTES) await this.#read();
    const bytes = this.#buffer.subarray(0, GREETING_BYTES);
    this.#start = GREETING_BYTES;
    const mechanism = frameText(bytes.subarray(12, 32)).replace(/\0+$/, "");
    if (bytes[0] !== 0xff || bytes[9] !== 0x7f || bytes[10]! < 3 || mechanism !== "NULL") {
      throw new Error("The peer does not speak ZMTP 3 with the NULL mechanism");
    }
    const { flags, body } = await this.#frame();
    if (!(flags & COMMAND)) throw new Error("A ZMTP peer did not say that it is ready");
    return readReady(body);
  }

  /**
   * Returns the next message.
   *
   * @throws {Error} If the connection ends, or what it sends is not credible
   */
  async message(): Promise<Frames> {
    const frames: Uint8Array[] = [];
    let size = 0;
    while (true) {
      const { flags, body } = await this.#frame();
      if (flags & COMMAND) {
        this.#onCommand(body);
        continue;
      }
      frames.push(body);
      size += body.length;
      if (!(flags & MORE)) return frames;
      if (frames.length > MAX_FRAMES || size > this.#maxBytes()) {
        throw new Error("A ZMTP message of this length is not credible");
      }
    }
  }

  async #frame(): Promise<Frame> {
    while (true) {
      const frame = this.#nextFrame();
      if (frame !== undefined) return frame;
      await this.#read();
    }
  }

  /** Returns the next frame if all of it is here: most come several at once. */
  #nextFrame(): Frame | undefined {
    const held = this.#end - this.#start;
    const flags = this.#buffer[this.#start]!;
    const headerBytes = flags & LONG ? 9 : 2;
    if (held < 1 || held < headerBytes) return undefined;
    const at = this.#start + headerBytes;
    const length = flags & LONG
      ? Number(new DataView(this.#buffer.buffer, this.#start + 1).getBigUint64(0))
      : this.#buffer[this.#start + 1]!;
    if (length > this.#maxBytes()) {
      throw new Error(`A ZMTP frame of ${length} bytes is not credible`);
    }
    if (held < headerBytes + length) return undefined;
    this.#start = at + length;
    return { flags, body: this.#buffer.slice(at, at + length) }; // in memory of its own
  }

  async #read(): Promise<void> {
    this.#makeRoom();
    const read = await this.#connection.read(this.#buffer.subarray(this.#end));
    if (read === null) throw new Error("The ZMTP peer has closed the connection");
    this.#end += read;
  }

  /** The memory grows with what has come, not with the length that a frame claims to have. */
  #makeRoom(): void {
    if (this.#end < this.#buffer.length) return;
    const held = this.#buffer.subarray(this.#start, this.#end);
    const isFull = held.length > this.#buffer.length / 2;
    const isTooLarge = held.length === 0 && this.#buffer.length > READ_BYTES;
    if (isFull || isTooLarge) {
      const grown = new Uint8Array(isFull ? this.#buffer.length * 2 : READ_BYTES);
      grown.set(held);
      this.#buffer = grown;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = held.length;
  }
}

/** Returns the text of a frame. */
export function frameText(frame: Uint8Array): string {
  return decoder.decode(frame);
}

/** Writes all of `bytes`. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

/** Ends a connection; one that has ended already is no error. */
export function closeConnection(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Joins byte arrays into one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
