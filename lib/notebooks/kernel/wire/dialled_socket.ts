/** A ZMTP connection that this side dials: a client's DEALER, SUB or REQ socket. */
import {
  type ClientSocketType,
  closeConnection,
  concat,
  encodeMessage,
  FrameReader,
  type Frames,
  greeting,
  readyCommand,
  writeAll,
} from "./zmtp.ts";

/** How long the other side may take for its greeting, in milliseconds. */
const GREETING_MS = 2_000;

/** One ZMTP connection to a peer on this machine. */
export class DialledSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #reader: FrameReader;
  #writing: Promise<void> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reader = new FrameReader(connection);
  }

  /**
   * Connects to a port of 127.0.0.1 and shakes hands.
   *
   * @throws {Error} If nothing listens there, or what listens there does not speak ZMTP 3
   */
  static async connect(type: ClientSocketType, port: number): Promise<DialledSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = new DialledSocket(connection);
    const limit = setTimeout(() => socket.close(), GREETING_MS);
    try {
      // While nobody listens, the kernel may pick the very port that is dialled as the source
      // port: the connection is then one with itself and would answer with our own greeting.
      if (connection.localAddr.port === port) throw new Error(`Port ${port} answered with itself`);
      connection.setNoDelay(true);
      await writeAll(connection, concat([greeting(), readyCommand(type)]));
      await socket.#reader.peer();
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
  receive(): Promise<Frames> {
    return this.#reader.message();
  }

  /** Ends the connection; a waiting `receive` then throws. */
  close(): void {
    closeConnection(this.#connection);
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.close();
  }
}
