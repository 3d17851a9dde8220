/**
 * A TCP server that goes on accepting, whatever its clients do.
 *
 * Read `AcceptLoop` from the top: `#acceptAll` is the loop, `#admit` decides about one connection,
 * `#converse` runs its conversation, and `close` ends everything. The limits, and what each of them
 * protects against, are the options below the class.
 *
 * @module
 */
import { callback, check, checkOptions, milliseconds, oneOf, wholeNumber } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import type { FourTuple } from "../tuples/four_tuple.ts";
import { encodeLine } from "./_line_buffer.ts";
import {
  LINE_CONNECTION_CHECKS,
  LineConnection,
  LineConnectionError,
  type LineConnectionOptions,
} from "./line_connection.ts";
import { closingLine } from "./line_protocol.ts";

/** Talks with one client. When the promise settles, the conversation is closed. */
export type Serve = (client: LineConnection) => Promise<void>;

/**
 * A TCP server that accepts clients until it is closed. Each client has its own conversation, and
 * none of them waits for another.
 *
 * The server that beginners write (listen, accept, talk, repeat) ends or hangs for everybody when
 * one client leaves at once, says nothing, or does not read. What this loop does about each of these
 * is an option with a default, see `AcceptLoopOptions`. A client that breaks a limit gets a last
 * line that names the limit, as the line protocol says.
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
 * // The client now stays silent.
 * assertEquals(await client.readLine(), "closed idle: a whole line comes within 200 ms");
 * assertEquals(await client.readLine(), undefined);
 * ```
 */
export class AcceptLoop implements AsyncDisposable {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  readonly #listener: Socket;
  readonly #serve: Serve;
  readonly #limits: Limits;
  readonly #lineLimits: LineConnectionOptions;
  readonly #conversations = new Map<LineConnection, Promise<void>>();
  readonly #perAddress = new Map<string, number>();
  readonly #counts = { accepted: 0, rejected: 0, rejectedPerAddress: 0, gone: 0, backOffs: 0 };
  readonly #faults: unknown[] = [];
  readonly #accepting: Promise<void>;
  #closing: Promise<void> | undefined;
  #endPause: (() => void) | undefined;

  private constructor(listener: Socket, serve: Serve, options: AcceptLoopOptions) {
    const {
      lineLimit = 1024,
      maxConnections = 1000,
      maxPerAddress = Math.ceil(maxConnections / 2),
      whenFull = "reject",
      backlog = 1024,
      backOff = 100,
      reject,
      ...deadlines
    } = options;
    this.#listener = listener;
    this.#serve = serve;
    this.#limits = { maxConnections, maxPerAddress, whenFull, backOff, reject };
    this.#lineLimits = { lineLimit, ...deadlines };
    listener.listen(backlog);
    this.endpoint = listener.localEndpoint();
    this.#accepting = this.#acceptAll();
  }

  /**
   * Listens, and serves every client that connects.
   *
   * @param at An endpoint, with port 0 for any free port; or a bound socket, which the loop closes
   * when it ends
   * @param serve Talks with one client. If it throws a `LineConnectionError` or a `SocketError`
   * because of its client, only that conversation ends.
   * @throws {SocketError} If the endpoint is not available, as `Socket.bind` and `Socket.listen` say
   * @throws {TypeError} If an option is not known or of the wrong kind, or `serve` is not a function
   * @throws {RangeError} If a limit is out of its bounds
   */
  static listen(
    at: EndpointLike | Socket,
    serve: Serve,
    options: AcceptLoopOptions = {},
  ): AcceptLoop {
    try {
      check(serve, callback<Serve>(), { cannot: CANNOT, what: "what serves a client" });
      checkOptions(options, ACCEPT_LOOP_CHECKS, CANNOT);
      at = at instanceof Socket ? at : bind(at);
      return new AcceptLoop(at, serve, options);
    } catch (error) {
      if (at instanceof Socket) at.close();
      throw error;
    }
  }

  async #acceptAll(): Promise<void> {
    await Promise.resolve(); // listen() returns the loop before the loop admits a client
    while (!this.#listener.isClosed) {
      // maxConnections, with whenFull "wait": the next client stays in the kernel's accept queue.
      if (this.#isFull && this.#limits.whenFull === "wait") {
        await this.#pause();
        continue;
      }
      try {
        await this.#admit(await this.#listener.accept());
      } catch (error) {
        if (this.#listener.isClosed) return;
        if (isClientGone(error)) {
          this.#counts.gone++;
          continue;
        }
        // backOff: no descriptor (EMFILE) or no memory left. A client that leaves frees both, and
        // ends the pause; until then accept() would fail again and again, and use a whole CPU.
        if (!(error instanceof SocketError)) this.#note(error);
        this.#counts.backOffs++;
        await this.#pause(this.#limits.backOff);
      }
    }
  }

  async #admit(socket: Socket): Promise<void> {
    if (this.#listener.isClosed) return socket.close(); // closed since accept() returned
    let conversation;
    try {
      // A connection that its client has reset has no endpoint any more, so this throws ENOTCONN.
      conversation = LineConnection.on(socket, this.#lineLimits);
      const farewell = this.#farewellTo(conversation.tuple);
      if (farewell !== undefined) {
        this.#counts.rejected++;
        return await sendFarewell(socket, farewell);
      }
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#counts.accepted++;
    this.#countAddress(conversation.tuple, 1);
    this.#conversations.set(conversation, this.#converse(conversation));
  }

  /** Returns the last line for a client that is rejected. */
  #farewellTo(tuple: FourTuple): string | undefined {
    const { maxConnections, maxPerAddress, reject } = this.#limits;
    // maxConnections, with whenFull "reject".
    if (this.#isFull) {
      return closingLine("full", `this server takes ${maxConnections} clients at a time`);
    }
    if ((this.#perAddress.get(tuple.remote.address) ?? 0) >= maxPerAddress) {
      this.#counts.rejectedPerAddress++;
      const rule = `this server takes ${maxPerAddress} clients at a time from one address`;
      return closingLine("full", rule);
    }
    return reject?.(tuple); // for strangers
  }

  #countAddress({ remote: { address } }: FourTuple, change: 1 | -1): void {
    const count = (this.#perAddress.get(address) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, count);
  }

  async #converse(conversation: LineConnection): Promise<void> {
    await Promise.resolve(); // #admit puts the conversation into the map before it can end
    try {
      await this.#serve(conversation);
      await conversation.end();
    } catch (error) {
      if (error instanceof LineConnectionError) {
        // A client that does not read would not read a last line either.
        if (error.reason !== "unread") {
          await conversation.end(closingLine(error.reason, error.rule));
        }
      } else if (!isClientGone(error)) {
        this.#note(error);
      }
    } finally {
      conversation.close();
      this.#conversations.delete(conversation);
      this.#countAddress(conversation.tuple, -1);
      this.#endPause?.();
    }
  }

  /**
   * Ends everything: stops listening, closes every conversation, and waits until all of them are
   * over. Closing twice does no harm.
   *
   * @throws {AggregateError} If `serve` failed by its own fault, not by that of its client: the
   * first ten such errors
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Ends everything, as `close` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#listener.close();
    this.#endPause?.();
    for (const conversation of this.#conversations.keys()) conversation.close();
    await Promise.all([this.#accepting, ...this.#conversations.values()]);
    if (this.#faults.length > 0) {
      throw new AggregateError(
        this.#faults,
        `Cannot serve all clients of "${this}": the server itself failed, got ${this.#faults[0]}`,
      );
    }
  }

  /** What became of the clients so far. */
  get counts(): AcceptCounts {
    return { connected: this.#conversations.size, ...this.#counts };
  }

  /** Returns where it listens, as text. */
  toString(): string {
    return `${this.endpoint}`;
  }

  get #isFull(): boolean {
    return this.#conversations.size >= this.#limits.maxConnections;
  }

  /** Waits until a conversation ends or the loop is closed, at most for the time given. */
  #pause(milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => end(), milliseconds);
      const end = () => {
        clearTimeout(timer);
        this.#endPause = undefined;
        resolve();
      };
      this.#endPause = end;
    });
  }

  #note(error: unknown): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(error);
  }
}

/** The limits of an accept loop and of its conversations. Each protects against one attack. */
export interface AcceptLoopOptions extends LineConnectionOptions {
  /**
   * Against lines without an end: how many bytes a line has at most, 1 to 65,536. 1,024 by default,
   * half of what a client takes, so that an answer can repeat the whole line.
   */
  readonly lineLimit?: number;
  /**
   * Against crowds that use up all descriptors: how many conversations the loop has at a time. Keep
   * it well below the machine's limit (`ulimit -n`). 1,000 by default.
   */
  readonly maxConnections?: number;
  /**
   * Against one computer that takes all places: how many of these conversations clients from one
   * address have; further ones from there get a line that says so. Half of `maxConnections` by
   * default, and not less, because many people may share an address: a class behind one router, or
   * all programs of this machine. It cannot stop somebody who has many addresses.
   */
  readonly maxPerAddress?: number;
  /**
   * What happens to a client above `maxConnections`. "reject": it gets a line that says so, and its
   * connection is closed. "wait": it stays in the accept queue until another client leaves.
   * "reject" by default, since clients that say nothing could otherwise keep everybody waiting.
   */
  readonly whenFull?: "reject" | "wait";
  /**
   * For bursts: how many connections may wait in the kernel's accept queue. The kernel drops further
   * handshakes, and those clients try again after a second. 1,024 by default, or what the machine
   * allows (`net.core.somaxconn`).
   */
  readonly backlog?: number;
  /**
   * Against running out of descriptors (EMFILE, ENFILE) or memory all the same: how long the loop
   * pauses before it accepts again, in milliseconds. Conversations go on meanwhile. 100 by default.
   */
  readonly backOff?: number;
  /**
   * Against strangers: returns a last line for a client that is rejected, before anything is spent
   * on it, or `undefined` for one that may come in. By default everybody may.
   */
  readonly reject?: (tuple: FourTuple) => string | undefined;
}

/** What the options of an accept loop have to be. */
export const ACCEPT_LOOP_CHECKS = {
  ...LINE_CONNECTION_CHECKS,
  maxConnections: wholeNumber({ least: 1, most: 1_000_000 }),
  maxPerAddress: wholeNumber({ least: 1, most: 1_000_000 }),
  whenFull: oneOf("reject", "wait"),
  backlog: wholeNumber(),
  backOff: milliseconds({ least: 1 }),
  reject: callback<NonNullable<AcceptLoopOptions["reject"]>>(),
};

type Limits =
  & Required<Pick<AcceptLoopOptions, "maxConnections" | "maxPerAddress" | "whenFull" | "backOff">>
  & { readonly reject: AcceptLoopOptions["reject"] };

/** How many clients of an accept loop there were, by what became of them. */
export interface AcceptCounts {
  /** How many conversations are going on. */
  readonly connected: number;
  /** With how many clients a conversation began. */
  readonly accepted: number;
  /** How many were rejected: clients above one of the two limits, and strangers. */
  readonly rejected: number;
  /** How many of them were rejected because their address had `maxPerAddress` conversations. */
  readonly rejectedPerAddress: number;
  /** How many had left before they were accepted. */
  readonly gone: number;
  /** How often the loop paused for lack of descriptors or memory. */
  readonly backOffs: number;
}

const CANNOT = "Cannot start an accept loop";

/** Errors that mean that the client has left, or that this side has closed its connection. */
const CLIENT_LEFT = new Set([
  ...["ECONNRESET", "EPIPE", "ENOTCONN", "ECONNABORTED", "ETIMEDOUT", "EHOSTUNREACH", "EPROTO"],
  ...["ENETUNREACH", "ENETDOWN", "EBADF", "ECANCELED"],
]);

/** One fault for each client would be a leak; the first few tell what is wrong. */
const MAX_FAULTS = 10;

function isClientGone(error: unknown): boolean {
  return error instanceof SocketError && CLIENT_LEFT.has(error.code);
}

/** Sends a last line and closes, without ever waiting: clients above the limit cost no time. */
async function sendFarewell(socket: Socket, farewell: string): Promise<void> {
  try {
    await socket.send(encodeLine(farewell), { timeout: 0 });
    socket.shutdown("write");
    // To close with bytes unread would send a reset, which may overtake the last line.
    await socket.receive({ timeout: 0 });
  } catch (error) {
    const isNothingThere = error instanceof DOMException && error.name === "TimeoutError";
    if (!isNothingThere && !isClientGone(error)) throw error;
  } finally {
    socket.close();
  }
}

/** Binds, even while connections of an earlier server are in TIME_WAIT (SO_REUSEADDR). */
function bind(at: EndpointLike): Socket {
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
