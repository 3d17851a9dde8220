/**
 * A TCP connection on which both ends send lines, with a limit to everything that the other end
 * could do too long or too much.
 *
 * @module
 */
import type { EndpointLike } from "../tuples/endpoint.ts";
import { quote } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import type { Socket } from "../sockets/socket.ts";
import { FourTuple } from "../tuples/four_tuple.ts";
import { MAX_WAIT, readLimits } from "./_limits.ts";
import { encodeLine, LineBuffer } from "./_lines.ts";
import { connect, connectFrom } from "./connect_from.ts";
import {
  LineConnectionError,
  type LineConnectionOptions,
  type LineConnectOptions,
} from "./line_limits.ts";

/** To whom nobody listens any more is read so long and so much, before the connection is closed. */
const LAST_MS = 1000;
const LAST_BYTES = 65_536;

/**
 * Lines over one TCP connection; clients and servers have the same class.
 *
 * No call waits for ever: see `LineConnectionOptions`. The memory that it takes is one line.
 * It has one reader and one writer at a time.
 *
 * @example A client and a server of one line
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { LineConnection } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Socket.tcp();
 * listener.bind("127.0.0.1:0");
 * listener.listen();
 *
 * using client = await LineConnection.connect(listener.localEndpoint());
 * using server = LineConnection.on(await listener.accept());
 * assertEquals(String(client.tuple), String(server.tuple.reversed()));
 *
 * await client.writeLine("hello");
 * assertEquals(await server.readLine(), "hello");
 * const ended = server.end("bye");
 * assertEquals(await client.readLine(), "bye");
 * assertEquals(await client.readLine(), undefined); // the server has left
 * client.close();
 * await ended;
 * ```
 */
export class LineConnection implements Disposable {
  /** The connection's name, seen from this end. */
  readonly tuple: FourTuple;
  readonly #socket: Socket;
  readonly #lines: LineBuffer;
  readonly #limits: Required<LineConnectionOptions>;
  readonly #begun = performance.now();
  #active = this.#begun;

  private constructor(socket: Socket, limits: Required<LineConnectionOptions>) {
    this.tuple = FourTuple.from(socket.localEndpoint(), socket.remoteEndpoint());
    this.#socket = socket;
    this.#limits = limits;
    this.#lines = new LineBuffer(limits.lineLimit);
  }

  /**
   * Talks over a connected socket, and closes it at the end. If this throws, the socket is still
   * the caller's to close.
   *
   * @throws {SocketError} If it is not connected, or the other end reset it before (ENOTCONN)
   * @throws {TypeError} If a limit is not a number
   * @throws {RangeError} If a limit is not a whole number in its bounds
   */
  static on(socket: Socket, options: LineConnectionOptions = {}): LineConnection {
    return new LineConnection(socket, readLimits(options));
  }

  /**
   * Connects to a server.
   *
   * @param server Where it listens
   * @throws {SocketError} As `Socket.connect` does and, with `from`, as `connectFrom` does
   * @throws {DOMException} If no answer came within the idle deadline
   * @throws {TypeError} If a limit is not a number
   * @throws {RangeError} If a limit is not a whole number in its bounds
   */
  static async connect(
    server: EndpointLike,
    options: LineConnectOptions = {},
  ): Promise<LineConnection> {
    const limits = readLimits(options);
    const wait = { timeout: limits.idleDeadline };
    const socket = options.from === undefined
      ? await connect(server, wait)
      : await connectFrom(options.from, server, wait);
    try {
      return new LineConnection(socket, limits);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Whether this end has closed it. */
  get isClosed(): boolean {
    return this.#socket.isClosed;
  }

  /** Says that the other end is not idle: it does something elsewhere. */
  touch(): void {
    this.#active = performance.now();
  }

  /**
   * Waits for a line and returns it, without its end; `undefined` if the other end has left. What it
   * said after its last line's end is no line, and dropped.
   *
   * @throws {LineConnectionError} If it takes too long ("idle", "late"), is too long ("line") or no
   * text ("text")
   * @throws {SocketError} If the other end resets the connection (ECONNRESET), or this end closes it
   * meanwhile (ECANCELED)
   */
  async readLine(): Promise<string | undefined> {
    this.touch();
    for (;;) {
      const line = this.#lines.take();
      if (line !== undefined) {
        if ("text" in line) return line.text;
        throw this.#fault(line.fault);
      }
      const count = await this.#receive(this.#lines.room);
      if (count === 0) return undefined;
      this.#lines.fill(count);
    }
  }

  /**
   * Sends a line.
   *
   * @param line The text, without an end
   * @throws {SyntaxError} If it has a control character in it, such as a line break
   * @throws {LineConnectionError} If the other end does not read ("unread")
   * @throws {SocketError} If the other end is gone (EPIPE, ECONNRESET)
   */
  async writeLine(line: string): Promise<void> {
    const bytes = encodeLine(line);
    const deadline = performance.now() + this.#limits.writeDeadline;
    for (let sent = 0; sent < bytes.length;) {
      const left = Math.ceil(deadline - performance.now());
      if (left <= 0) throw this.#unread();
      try {
        sent += await this.#socket.send(bytes.subarray(sent), { timeout: left });
      } catch (error) {
        if (isTimeout(error)) throw this.#unread();
        throw error;
      }
    }
  }

  /**
   * Sends a line and waits for one.
   *
   * @returns The answer
   * @throws {LineConnectionError} If the other end has left without an answer ("gone"), and as
   * `writeLine` and `readLine` do
   * @throws {SocketError} As `writeLine` and `readLine` do
   */
  async ask(line: string): Promise<string> {
    await this.writeLine(line);
    const answer = await this.readLine();
    if (answer !== undefined) return answer;
    throw new LineConnectionError(
      `Cannot ask "${this.tuple.remote}" ${quote(line)}`,
      "gone",
      { rule: "the other end answers in a line", got: "the end of the connection" },
    );
  }

  /**
   * Closes so that the other end can still read what was said: it is told the end first, and what it
   * still sends is read, for at most a second and 64 kB. To close with bytes unread is to reset, and
   * a reset may overtake the last line.
   *
   * @param lastLine What to say last, unless the other end has left; nothing by default
   * @throws {SyntaxError} If the last line has a control character in it
   */
  async end(lastLine?: string): Promise<void> {
    const deadline = performance.now() + LAST_MS;
    try {
      if (lastLine !== undefined) await this.writeLine(lastLine);
      this.#socket.shutdown("write");
      const into = new Uint8Array(4096);
      for (let read = 0, left; read < LAST_BYTES; read += into.length) {
        if ((left = Math.ceil(deadline - performance.now())) <= 0) break;
        if (await this.#socket.receiveInto(into, { timeout: left }) === 0) break;
      }
    } catch (error) {
      // Who leaves first, or does not read, is not there to be told.
      if (
        !(error instanceof SocketError || error instanceof LineConnectionError || isTimeout(error))
      ) {
        throw error;
      }
    } finally {
      this.close();
    }
  }

  /** Closes at once; what waits here fails with ECANCELED. Closing twice does no harm. */
  close(): void {
    this.#socket.close();
  }

  /** Closes at once. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns the four-tuple as text. */
  toString(): string {
    return `${this.tuple}`;
  }

  /** What Deno prints, and the Deno kernel shows, of a conversation. */
  [Symbol.for("Deno.customInspect")](): string {
    return `LineConnection { ${this}${this.isClosed ? ", closed" : ""} }`;
  }

  async #receive(into: Uint8Array<ArrayBuffer>): Promise<number> {
    const { idleDeadline, totalDeadline } = this.#limits;
    for (;;) {
      const now = performance.now();
      const late = this.#begun + totalDeadline - now;
      if (late <= 0) throw this.#fault("late");
      const idle = this.#active + idleDeadline - now;
      if (idle <= 0) throw this.#fault("idle");
      try {
        const timeout = Math.min(MAX_WAIT, Math.ceil(Math.min(late, idle)));
        return await this.#socket.receiveInto(into, { timeout });
      } catch (error) {
        // Meanwhile the other end may have been active elsewhere: look at the clock again.
        if (!isTimeout(error)) throw error;
      }
    }
  }

  #fault(reason: "idle" | "late" | "line" | "text"): LineConnectionError {
    const { idleDeadline, totalDeadline, lineLimit } = this.#limits;
    const [rule, got] = {
      idle: [`a whole line comes within ${idleDeadline} ms`, "none"],
      late: [`a conversation lasts at most ${totalDeadline} ms`, "one that goes on"],
      line: [`a line has at most ${lineLimit} bytes`, "more"],
      text: ["a line is UTF-8 without control characters", "other bytes"],
    }[reason] as [string, string];
    return new LineConnectionError(`Cannot read a line of "${this.tuple.remote}"`, reason, {
      rule,
      got,
    });
  }

  #unread(): LineConnectionError {
    return new LineConnectionError(`Cannot send a line to "${this.tuple.remote}"`, "unread", {
      rule: `the other end reads within ${this.#limits.writeDeadline} ms`,
      got: "no room for more",
    });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
