/**
 * A TCP connection on which both ends send lines, with a limit for everything that the other end
 * could do for too long or too often.
 *
 * `LineConnection` comes first; the limits, with their defaults, are below it.
 *
 * @module
 */
import {
  check,
  checkOptions,
  instanceOf,
  MAX_INT,
  milliseconds,
  type OptionChecks,
  quote,
  type RefusalParts,
  wholeNumber,
} from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import { FourTuple } from "../tuples/four_tuple.ts";
import { encodeLine, LineBuffer } from "./_line_buffer.ts";
import { connect, connectFrom } from "./connect_from.ts";
import type { CloseReason } from "./line_protocol.ts";

/**
 * Lines over one TCP connection, for clients and servers alike.
 *
 * No call waits for ever, see `LineConnectionOptions`. A connection keeps at most one line in
 * memory. It has one reader and one writer at a time.
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
  /** The connection's four-tuple, seen from this end. */
  readonly tuple: FourTuple;
  readonly #socket: Socket;
  readonly #lines: LineBuffer;
  readonly #limits: Required<LineConnectionOptions>;
  readonly #begun = performance.now();
  #active = this.#begun;

  private constructor(
    socket: Socket,
    {
      idleDeadline = IDLE_DEADLINE_MS,
      totalDeadline = 600_000,
      writeDeadline = 5_000,
      lineLimit = 2048,
    }: LineConnectionOptions,
  ) {
    this.tuple = FourTuple.from(socket.localEndpoint(), socket.remoteEndpoint());
    this.#socket = socket;
    this.#limits = { idleDeadline, totalDeadline, writeDeadline, lineLimit };
    this.#lines = new LineBuffer(lineLimit);
  }

  /**
   * Talks over a connected socket, and closes it at the end. If this throws, the socket stays open
   * and is the caller's to close.
   *
   * @throws {SocketError} If it is not connected, or the other end has reset it (ENOTCONN)
   * @throws {TypeError} If `socket` is not a `Socket`, or an option is not known or of the wrong kind
   * @throws {RangeError} If a limit is out of its bounds
   */
  static on(socket: Socket, options: LineConnectionOptions = {}): LineConnection {
    const cannot = "Cannot make a line connection";
    check(socket, instanceOf(Socket, "a Socket"), { cannot, what: "what it talks over" });
    checkOptions(options, LINE_CONNECTION_CHECKS, cannot);
    return new LineConnection(socket, options);
  }

  /**
   * Connects to a server.
   *
   * @param server Where it listens
   * @throws {SocketError} As `Socket.connect` does and, with `from`, as `connectFrom` does
   * @throws {DOMException} If no answer comes within the idle deadline, named "TimeoutError"
   * @throws {TypeError} If an option is not known or of the wrong kind
   * @throws {RangeError} If a limit is out of its bounds
   */
  static async connect(
    server: EndpointLike,
    options: LineConnectOptions = {},
  ): Promise<LineConnection> {
    checkOptions(options, LINE_CONNECT_CHECKS, `Cannot connect to ${quote(`${server}`)}`);
    const { from, ...limits } = options;
    const wait = { timeout: limits.idleDeadline ?? IDLE_DEADLINE_MS };
    const socket = from === undefined
      ? await connect(server, wait)
      : await connectFrom(from, server, wait);
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

  /** Says that the other end is not idle, since it is active on another connection. */
  touch(): void {
    this.#active = performance.now();
  }

  /**
   * Waits for a line and returns it without its line end, or `undefined` if the other end has left.
   * Bytes after the last line end are not a line, and are dropped.
   *
   * @throws {LineConnectionError} If the line takes too long ("idle", "late"), is too long ("line")
   * or is not text ("text")
   * @throws {SocketError} If the other end resets the connection (ECONNRESET), or this end closes it
   * during the wait (ECANCELED)
   */
  async readLine(): Promise<string | undefined> {
    this.touch();
    for (;;) {
      const line = this.#lines.take();
      if (line !== undefined) {
        if ("text" in line) return line.text;
        throw this.#fault(line.fault);
      }
      const count = await this.#receive(this.#lines.free);
      if (count === 0) return undefined;
      this.#lines.fill(count);
    }
  }

  /**
   * Sends a line.
   *
   * @param line The text, without a line end
   * @throws {SyntaxError} If it contains a control character, such as a line break
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
    throw new LineConnectionError("gone", {
      cannot: `Cannot ask "${this.tuple.remote}" ${quote(line)}`,
      rule: "the other end answers in a line",
      part: "the end of the connection",
    });
  }

  /**
   * Closes so that the other end can still read what was sent. First this end stops sending (a
   * half-close); then it reads what the other end still sends, for at most a second and 64 kB. To
   * close with bytes unread would send a reset, which may overtake the last line.
   *
   * @param lastLine What to send last, unless the other end has left; nothing by default
   * @throws {SyntaxError} If the last line contains a control character
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
      // The other end has left, or does not read: there is nobody to send a last line to.
      if (
        !(error instanceof SocketError || error instanceof LineConnectionError || isTimeout(error))
      ) {
        throw error;
      }
    } finally {
      this.close();
    }
  }

  /** Closes at once; a call that waits fails with ECANCELED. Closing twice does no harm. */
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
        const timeout = Math.min(MAX_INT, Math.ceil(Math.min(late, idle)));
        return await this.#socket.receiveInto(into, { timeout });
      } catch (error) {
        // touch() may have been called during the wait: read the clock again.
        if (!isTimeout(error)) throw error;
      }
    }
  }

  #fault(reason: "idle" | "late" | "line" | "text"): LineConnectionError {
    const { idleDeadline, totalDeadline, lineLimit } = this.#limits;
    const [rule, part] = {
      idle: [`a whole line comes within ${idleDeadline} ms`, "none"],
      late: [`a conversation lasts at most ${totalDeadline} ms`, "one that goes on"],
      line: [`a line has at most ${lineLimit} bytes`, "more"],
      text: ["a line is UTF-8 without control characters", "other bytes"],
    }[reason] as [string, string];
    return new LineConnectionError(reason, {
      cannot: `Cannot read a line of "${this.tuple.remote}"`,
      rule,
      part,
    });
  }

  #unread(): LineConnectionError {
    return new LineConnectionError("unread", {
      cannot: `Cannot send a line to "${this.tuple.remote}"`,
      rule: `the other end reads within ${this.#limits.writeDeadline} ms`,
      part: "no room for more",
    });
  }
}

/** The limits of a conversation. Each protects against one attack. */
export interface LineConnectionOptions {
  /**
   * Against silence, and against a byte now and then: how long a whole line may take, in
   * milliseconds. 30,000 by default.
   */
  readonly idleDeadline?: number;
  /**
   * Against a client that says just enough to stay: how long the conversation may last, in
   * milliseconds. 600,000 by default.
   */
  readonly totalDeadline?: number;
  /**
   * Against a client that never reads, until the kernel's buffers are full: how long the sending of
   * a line may take, in milliseconds. 5,000 by default.
   */
  readonly writeDeadline?: number;
  /**
   * Against a line without an end: how many bytes a line has at most, 1 to 65,536. 2,048 by default,
   * enough for an answer that repeats the longest line that a service takes.
   */
  readonly lineLimit?: number;
}

/** How a client connects. */
export interface LineConnectOptions extends LineConnectionOptions {
  /**
   * The client's own endpoint, which it binds before it connects, as `connectFrom` does; by default
   * the kernel picks it.
   */
  readonly from?: EndpointLike;
}

/** The default of `idleDeadline`, which also limits the time that connecting takes. */
const IDLE_DEADLINE_MS = 30_000;

/** What the options of a line connection have to be. */
export const LINE_CONNECTION_CHECKS: OptionChecks<LineConnectionOptions> = {
  idleDeadline: milliseconds({ least: 1 }),
  totalDeadline: milliseconds({ least: 1 }),
  writeDeadline: milliseconds({ least: 1 }),
  lineLimit: wholeNumber({ least: 1, most: 65_536 }), // which each connection has in memory
};

const LINE_CONNECT_CHECKS: OptionChecks<LineConnectOptions> = {
  ...LINE_CONNECTION_CHECKS,
  from: {
    rule: "an endpoint",
    allows: (value): value is EndpointLike =>
      typeof value === "string" || typeof value === "object" && value !== null,
  },
};

/** How long, and how many bytes, `end` reads before it closes. */
const LAST_MS = 1000;
const LAST_BYTES = 65_536;

/** Thrown when the other end has broken a limit or has left. The conversation is over. */
export class LineConnectionError extends Error {
  /** Always "LineConnectionError". */
  override readonly name = "LineConnectionError";
  /** Which limit was broken. */
  readonly reason: CloseReason;
  /** The limit as a sentence, which can be sent to the other end. */
  readonly rule: string;
  /** What came instead. */
  readonly part: string;

  /** Says what cannot be done, and because of which limit. */
  constructor(reason: CloseReason, { cannot, rule, part }: RefusalParts) {
    super(`${cannot}: ${rule}, got ${part}`);
    this.reason = reason;
    this.rule = rule;
    this.part = part;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
