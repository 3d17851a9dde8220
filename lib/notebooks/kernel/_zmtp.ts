/**
 * ZMTP 3.0 with the NULL mechanism over TCP: as much of ZeroMQ as a client of a Jupyter kernel
 * needs. Source: https://rfc.zeromq.org/spec/23/
 *
 * A conversation: 64 bytes of greeting each way, a READY command each way, then messages. A
 * message is a list of frames; a frame is a flags byte, a length (one byte, or eight) and a body.
 */
const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;
/** No message of a kernel comes near this; a longer one means that the bytes are not ZMTP. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** How long the other side may take for its greeting, in milliseconds. */
const GREETING_MS = 2_000;

/** The kinds of socket that a kernel's client has. */
export type ZmtpSocketType = "DEALER" | "SUB" | "REQ";

/** The frames of one message. */
export type Frames = readonly Uint8Array[];

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
export function encodeFrame(
  body: Uint8Array,
  options: { more?: boolean; command?: boolean } = {},
): Uint8Array {
  const long = body.length > 255;
  const flags = (options.more ? MORE : 0) | (long ? LONG : 0) | (options.command ? COMMAND : 0);
  const header = long ? 9 : 2;
  const bytes = new Uint8Array(header + body.length);
  bytes[0] = flags;
  if (long) new DataView(bytes.buffer).setBigUint64(1, BigInt(body.length));
  else bytes[1] = body.length;
  bytes.set(body, header);
  return bytes;
}

/** Returns a whole message as it stands on the wire. */
export function encodeMessage(frames: Frames): Uint8Array {
  return concat(frames.map((frame, i) => encodeFrame(frame, { more: i < frames.length - 1 })));
}

/** Returns the READY command, which tells the other side what kind of socket this is. */
export function readyCommand(type: ZmtpSocketType): Uint8Array {
  const name = encoder.encode("READY");
  const key = encoder.encode("Socket-Type");
  const value = encoder.encode(type);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  const body = [Uint8Array.of(name.length), name, Uint8Array.of(key.length), key, length, value];
  return encodeFrame(concat(body), { command: true });
}

/** One ZMTP connection to a peer on this machine. */
export class ZmtpSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Connects to a port of 127.0.0.1 and shakes hands.
   *
   * @throws {Error} If nothing listens there, or what listens there does not speak ZMTP 3
   */
  static async connect(type: ZmtpSocketType, port: number): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = new ZmtpSocket(connection);
    const limit = setTimeout(() => socket.close(), GREETING_MS);
    try {
      // While nobody listens, the kernel may pick the very port that is dialled as the source
      // port: the connection is then one with itself and would answer with our own greeting.
      if (connection.localAddr.port === port) throw new Error(`Port ${port} answered with itself`);
      connection.setNoDelay(true);
      await writeAll(connection, concat([greeting(), readyCommand(type)]));
      const answer = await socket.#take(GREETING_BYTES);
      if (answer[0] !== 0xff || answer[9] !== 0x7f || answer[10]! < 3) {
        throw new Error(`Port ${port} does not speak ZMTP 3`);
      }
      await socket.#frame();
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  /** Asks a publisher for everything. */
  subscribe(): Promise<void> {
    return this.send([Uint8Array.of(1)]);
  }

  /** Sends one message; messages sent at once stand one behind the other. */
  send(frames: Frames): Promise<void> {
    const bytes = encodeMessage(frames);
    this.#writing = this.#writing.then(() => writeAll(this.#connection, bytes));
    return this.#writing;
  }

  /** Returns the next message. */
  async receive(): Promise<Frames> {
    const frames: Uint8Array[] = [];
    while (true) {
      const { flags, body } = await this.#frame();
      if (flags & COMMAND) continue;
      frames.push(body);
      if (!(flags & MORE)) return frames;
    }
  }

  /** Ends the connection; a waiting `receive` then throws. */
  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #frame(): Promise<{ flags: number; body: Uint8Array }> {
    const flags = (await this.#take(1))[0]!;
    const head = await this.#take(flags & LONG ? 8 : 1);
    const length = flags & LONG ? Number(new DataView(head.buffer).getBigUint64(0)) : head[0]!;
    if (length > MAX_FRAME_BYTES) {
      throw new Error(`A ZMTP frame of ${length} bytes is not credible`);
    }
    return { flags, body: await this.#take(length) };
  }

  /** Returns the next `count` bytes, in memory of their own. */
  async #take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#end - this.#start < count) {
      this.#makeRoom(count);
      const read = await this.#connection.read(this.#buffer.subarray(this.#end));
      if (read === null) throw new Error("The ZMTP peer has closed the connection");
      this.#end += read;
    }
    const bytes = this.#buffer.slice(this.#start, this.#start + count);
    this.#start += count;
    return bytes;
  }

  #makeRoom(count: number): void {
    const held = this.#buffer.subarray(this.#start, this.#end);
    if (this.#start + count > this.#buffer.length || this.#end === this.#buffer.length) {
      const grown = count > this.#buffer.length ? new Uint8Array(count * 2) : this.#buffer;
      grown.set(held.slice());
      this.#buffer = grown;
      this.#start = 0;
      this.#end = held.length;
    }
  }
}

/** Returns the text of a frame. */
export function frameText(frame: Uint8Array): string {
  return decoder.decode(frame);
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
