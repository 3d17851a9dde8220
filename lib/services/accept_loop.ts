/**
 * The accept loop that holds: it goes on whatever its clients do.
 *
 * @module
 */
import { partOf, quoteValue } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import { Socket } from "../sockets/socket.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { closingLine } from "./_answers.ts";
import { MAX_WAIT, readLimit, readLimits } from "./_limits.ts";
import { encodeLine } from "./_lines.ts";
import type { AcceptCounts, AcceptLoopRules } from "./accept_options.ts";
import { LineConnection } from "./line_connection.ts";
import { LineConnectionError } from "./line_limits.ts";

/** Talks with one client; the conversation is closed when the promise settles. */
export type Serve = (client: LineConnection) => Promise<void>;

/** What says of an error that the client has left, or that this side has closed its connection. */
const CLIENT_LEFT = new Set([
  ...["ECONNRESET", "EPIPE", "ENOTCONN", "ECONNABORTED", "ETIMEDOUT", "EHOSTUNREACH", "EPROTO"],
  ...["ENETUNREACH", "ENETDOWN", "EBADF", "ECANCELED"],
]);

/** A fault a client would be a leak; the first few tell what is wrong. */
const MAX_FAULTS = 10;

/**
 * A TCP server that accepts for as long as it is open. Each client has its own conversation, and
 * none waits for another.
 *
 * The four lines that beginners write (listen, accept, talk, again) are ended, or stopped for
 * everybody, by one client that leaves at once, says nothing, or does not read. What this loop does
 * about each is an option, with a default: `AcceptLoopOptions`. A client that breaks a
 * limit is told which one, as the line protocol says.
 *
 * @example Capitals for everybody
 * ```ts
 * import { AcceptLoop, LineConnection } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = AcceptLoop.listen("127.0.0.1:0", async (client) => {
 *   for (let line; (line = await client.readLine()) !== undefined;) {
 *     await client.writeLine(line.toUpperCase());
 *   }
 * }, { idleDeadline: 200 });
 *
 * using client = await LineConnection.connect(server.endpoint);
 * assertEquals(await client.ask("good morning"), "GOOD MORNING");
 * // And now this client says nothing.
 * assertEquals(await client.readLine(), "closed idle: a whole line comes within 200 ms");
 * assertEquals(await client.readLine(), undefined);
 * ```
 */
export class AcceptLoop implements AsyncDisposable {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  readonly #listener: Socket;
  readonly #serve: Serve;
  readonly #options: AcceptLoopRules;
  readonly #maxConnections: number;
  readonly #backOff: number;
  readonly #conversations = new Map<LineConnection, Promise<void>>();
  readonly #faults: unknown[] = [];
  readonly #accepting: Promise<void>;
  readonly #counts = { accepted: 0, turnedAway: 0, gone: 0, backOffs: 0 };
  #closing: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  private constructor(listener: Socket, serve: Serve, options: AcceptLoopRules) {
    const { maxConnections, whenFull = "refuse", backlog, backOff, lineLimit = 1024 } = options;
    this.#maxConnections = readLimit("maxConnections", maxConnections, {
      preset: 1000,
      most: 1_000_000,
    });
    this.#backOff = readLimit("backOff", backOff, { preset: 100, most: MAX_WAIT });
    const waiting = readLimit("backlog", backlog, { preset: 1024, most: MAX_WAIT, least: 0 });
    if (whenFull !== "refuse" && whenFull !== "wait") {
      throw new TypeError(
        `Cannot use ${quoteValue(whenFull)} as "whenFull": it is "refuse" or "wait", ` +
          `got ${partOf(whenFull)}`,
      );
    }
    this.#options = { ...options, whenFull, ...readLimits({ ...options, lineLimit }) };
    this.#serve = serve;
    this.#listener = listener;
    listener.listen(waiting);
    this.endpoint = listener.localEndpoint();
    this.#accepting = this.#acceptAll();
  }

  /**
   * Listens, and serves whoever comes.
   *
   * @param at Where: an endpoint, with port 0 for any; or a bound socket, which the loop closes from
   * here on
   * @param serve Talks with one client. A `LineConnectionError` or a `SocketError` of its client that
   * it lets pass ends that conversation and is nothing unusual.
   * @throws {SocketError} If the port cannot be had, as `Socket.bind` and `Socket.listen` say
   * @throws {TypeError} If an option is of the wrong kind
   * @throws {RangeError} If a limit is not a whole number in its bounds
   */
  static listen(
    at: EndpointLike | Socket,
    serve: Serve,
    options: AcceptLoopRules = {},
  ): AcceptLoop {
    const socket = at instanceof Socket ? at : bound(at);
    try {
      return new AcceptLoop(socket, serve, options);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** What became of the clients so far. */
  get counts(): AcceptCounts {
    return { connected: this.#conversations.size, ...this.#counts };
  }

  /**
   * Ends everything: no more clients, every conversation closed, all that served them at an end.
   * Closing twice does no harm.
   *
   * @throws {AggregateError} If what served a client failed by its own fault, not the client's: the
   * first ten such errors
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Ends everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns where it listens, as text. */
  toString(): string {
    return `${this.endpoint}`;
  }

  async #close(): Promise<void> {
    this.#listener.close();
    this.#wake?.();
    for (const conversation of this.#conversations.keys()) conversation.close();
    await Promise.all([this.#accepting, ...this.#conversations.values()]);
    if (this.#faults.length > 0) {
      throw new AggregateError(
        this.#faults,
        `Cannot serve all clients of "${this}": what serves them fails only by their fault, ` +
          `got ${this.#faults[0]}`,
      );
    }
  }

  async #acceptAll(): Promise<void> {
    // The constructor's caller first has the loop, then the loop its clients.
    await Promise.resolve();
    while (!this.#listener.isClosed) {
      if (this.#isFull && this.#options.whenFull === "wait") {
        await this.#rest();
        continue;
      }
      try {
        await this.#admit(await this.#listener.accept());
      } catch (error) {
        if (this.#listener.isClosed) return;
        if (isClientGone(error)) this.#counts.gone++;
        else {
          if (!(error instanceof SocketError)) this.#note(error);
          this.#counts.backOffs++;
          await this.#rest(this.#backOff);
        }
      }
    }
  }

  get #isFull(): boolean {
    return this.#conversations.size >= this.#maxConnections;
  }

  async #admit(socket: Socket): Promise<void> {
    // Between the accept and this line somebody may have closed the loop.
    if (this.#listener.isClosed) return socket.close();
    let conversation;
    try {
      // Who has reset the connection already has no endpoint any more, and this throws.
      conversation = LineConnection.on(socket, this.#options);
      const farewell = this.#isFull
        ? closingLine("full", `this server has ${this.#maxConnections} at a time`)
        : this.#options.turnAway?.(conversation.tuple);
      if (farewell !== undefined) {
        this.#counts.turnedAway++;
        return await turnAway(socket, farewell);
      }
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#counts.accepted++;
    this.#conversations.set(conversation, this.#converse(conversation));
  }

  async #converse(conversation: LineConnection): Promise<void> {
    // After this the conversation stands in the map, from which the end takes it.
    await Promise.resolve();
    try {
      await this.#serve(conversation);
      await conversation.end();
    } catch (error) {
      if (error instanceof LineConnectionError) {
        // To a client that does not read there is nothing more to say.
        if (error.reason !== "unread") {
          await conversation.end(closingLine(error.reason, error.rule));
        }
      } else if (!isClientGone(error)) {
        this.#note(error);
      }
    } finally {
      conversation.close();
      this.#conversations.delete(conversation);
      this.#wake?.();
    }
  }

  /** Waits until somebody leaves, which frees a descriptor too, or the time is over. */
  #rest(milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => go(), milliseconds);
      const go = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = go;
    });
  }

  #note(error: unknown): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(error);
  }
}

/** Says a last line without ever waiting: whoever floods the server costs it no time. */
async function turnAway(socket: Socket, farewell: string): Promise<void> {
  try {
    await socket.send(encodeLine(farewell), { timeout: 0 });
    socket.shutdown("write");
    // With bytes unread the close would be a reset.
    await socket.receive({ timeout: 0 });
  } catch (error) {
    const isNothingThere = error instanceof DOMException && error.name === "TimeoutError";
    if (!isNothingThere && !isClientGone(error)) throw error;
  } finally {
    socket.close();
  }
}

function isClientGone(error: unknown): boolean {
  return error instanceof SocketError && CLIENT_LEFT.has(error.code);
}

/** Binds, also where connections of an earlier server are in TIME_WAIT. */
function bound(at: EndpointLike): Socket {
  const endpoint = toEndpoint(at);
  const socket = Socket.tcp({ family: endpoint.family });
  try {
    socket.setOption("reuseAddress", true);
    socket.bind(endpoint);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
