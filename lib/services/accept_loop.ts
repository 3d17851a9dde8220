/**
 * The accept loop that holds: it goes on whatever its clients do.
 *
 * @module
 */
import { quoteValue, textOrKind } from "../ports/_refusal.ts";
import { SocketError } from "../sockets/errno.ts";
import { type EndpointLike, Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import type { FourTuple } from "../tuples/four_tuple.ts";
import { closingLine } from "./_answers.ts";
import { toEndpoint } from "./_endpoint_like.ts";
import { MAX_WAIT, readLimit, readLimits } from "./_limits.ts";
import { encodeLine } from "./_lines.ts";
import {
  LineConnection,
  LineConnectionError,
  type LineConnectionOptions,
} from "./line_connection.ts";

/** The limits of an accept loop and of each of its conversations, each against an attack. */
export interface AcceptLoopOptions extends LineConnectionOptions {
  /**
   * Against a client that is told an endless line: as for every conversation, but 1,024 by default,
   * which leaves room for the answer in the client's 2,048.
   */
  readonly lineLimit?: number;
  /**
   * Against many at once, who would take all descriptors: how many conversations stand at a time.
   * Keep it well below the machine's limit (`ulimit -n`). 1,000 by default.
   */
  readonly maxConnections?: number;
  /**
   * What happens to whoever comes on top of that. "refuse": it is told so, and closed; nobody waits
   * for people who say nothing. "wait": it stays in the accept queue, unseen, until somebody leaves.
   * "refuse" by default.
   */
  readonly whenFull?: "refuse" | "wait";
  /**
   * Against a burst: how many connections may wait in the kernel's accept queue. The kernel drops
   * the handshakes of more, and those clients try again after a second. 1,024 by default, or what
   * the machine allows (`net.core.somaxconn`).
   */
  readonly backlog?: number;
  /**
   * Against running out of descriptors (EMFILE, ENFILE) or memory all the same: how long the loop
   * rests before it accepts again, in milliseconds. Accepting would fail again at once, and the loop
   * would do nothing else. Conversations go on meanwhile. 100 by default.
   */
  readonly backOff?: number;
}

/** What else an accept loop can be told; services decide it for themselves. */
export interface AcceptLoopRules extends AcceptLoopOptions {
  /**
   * Against strangers: returns the line with which a client is turned away before anything is spent
   * on it, or `undefined` if it may come in. Everybody may by default.
   */
  readonly turnAway?: (tuple: FourTuple) => string | undefined;
}

/** What became of the clients of an accept loop, counted. */
export interface AcceptCounts {
  /** Whose conversations stand. */
  readonly connected: number;
  /** With whom a conversation began. */
  readonly accepted: number;
  /** Who were told to go: too many, or strangers. */
  readonly turnedAway: number;
  /** Who had left before they were accepted. */
  readonly gone: number;
  /** How often the loop had to rest, out of descriptors or memory. */
  readonly backOffs: number;
}

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
 * about each is an option, with a default: {@linkcode AcceptLoopOptions}. A client that breaks a
 * limit is told which one, as the line protocol says.
 *
 * @example Capitals for everybody
 * ```ts
 * import { AcceptLoop, LineConnection } from "fourtuple";
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
          `got ${textOrKind(whenFull)}`,
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
