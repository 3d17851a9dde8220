/**
 * The system calls on the two ends of a connection, each with what the kernel's table showed after it.
 *
 * @module
 */
import { checkOptions, type OptionChecks, refusal } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { Socket } from "../../sockets/socket.ts";
import { SocketError, type SystemCall } from "../../system/errno.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import type { Connection } from "../rows/connection.ts";
import { type NetworkTable, networkTable } from "../sources/_sources.ts";
import { connections } from "../connections.ts";

/** Options of {@linkcode recordCalls}. */
export interface RecordCallsOptions {
  /** The network of the sockets; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

/** Which end of the connection made a call. */
export type CallingEnd = "client" | "server";

/** A call, and what was seen of it; `plotLifeCycle()` draws such steps. */
export interface CallStep {
  /** The end that made the call: the socket that listens and those that it accepts are the server. */
  readonly lane: CallingEnd;
  /** The method of the class Socket: "receive"; "tcp" for the call that made the socket. */
  readonly method: string;
  /** The system call, with the error's name if it failed: "recv()", "connect() ECONNREFUSED". */
  readonly call: string;
  /** The new state of its own end, as the table has it; left out if the call changed none. */
  readonly state?: TcpState;
  /** What was seen to reach the other end; left out if nothing was. */
  readonly to?: {
    /** "connection", "end", "reset" or how much: "5 bytes". */
    readonly segment: string;
    /** The new state of the other end; left out if it is as before. */
    readonly state?: TcpState;
  };
}

/** The calls that are recorded, by their methods. The others change no state and send nothing. */
const CALLS = {
  bind: "bind",
  listen: "listen",
  connect: "connect",
  accept: "accept",
  tryAccept: "accept",
  send: "send",
  sendAll: "send",
  trySend: "send",
  receive: "recv",
  receiveInto: "recv",
  tryReceiveInto: "recv",
  shutdown: "shutdown",
  close: "close",
} as const satisfies Readonly<Record<string, SystemCall>>;

type Method = keyof typeof CALLS;
type AnyFunction = (...given: unknown[]) => unknown;

/** The first calls of each end; until one of them is made, nobody knows which end a socket is. */
const LANE_OF: Partial<Record<SystemCall, CallingEnd>> = { listen: "server", connect: "client" };
const ENDING: readonly SystemCall[] = ["shutdown", "close"];
/** After these states the receive queue counts the end of the stream as a byte. */
const AFTER_END: readonly TcpState[] = ["CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"];

const OPTIONS: OptionChecks<RecordCallsOptions> = { network: networkTable };
const CANNOT = "Cannot record the calls on a socket";

/** One end of the connection, while it is followed. */
interface End {
  lane: CallingEnd | undefined;
  /** The listening socket of the server, the only one of the client. */
  readonly socket: Socket;
  local: Endpoint | undefined;
  state: TcpState | undefined;
  /** How many bytes it was seen to have, received or in the queue. */
  received: number;
  queued: number;
}

/** A call, while its consequences may still be seen. */
interface Draft {
  readonly end: End;
  readonly method: string;
  readonly call: SystemCall;
  error: string | undefined;
  bytes: number;
  state: TcpState | undefined;
  there: TcpState | undefined;
}

/**
 * Records the calls on both ends of one connection; {@linkcode recordCalls} makes it. It shows itself
 * as a table, a row a call.
 */
export class CallRecorder extends ShownAsTable {
  readonly #network: NetworkTable | undefined;
  readonly #ends: End[] = [];
  readonly #drafts: Draft[] = [];
  #hasAccepted = false;
  /** Whether the server's end of the connection itself was in the table. */
  #hasConnection = false;

  /** Begins; {@linkcode recordCalls} calls this. */
  constructor({ network }: RecordCallsOptions) {
    super();
    this.#network = network;
  }

  /**
   * Records from now on the calls on a socket, the one that made it included. Follow the server's
   * listening socket and the client's socket; the socket that the server accepts is followed by itself.
   *
   * @returns The same socket
   * @throws {TypeError} If it is not a TCP socket of the class Socket
   * @throws {RangeError} If two are followed already, or the socket is closed
   */
  follow(socket: Socket): Socket {
    if (!(socket instanceof Socket) || socket.protocol !== "tcp") {
      throw refusal(TypeError, {
        cannot: CANNOT,
        rule: "it is a TCP socket of the class Socket",
        part: socket instanceof Socket ? `${socket}` : "something else",
      });
    }
    if (this.#ends.length === 2 || socket.isClosed) {
      const rule = socket.isClosed
        ? "it is open"
        : "a connection has two ends, the server's listening socket and the client's";
      throw refusal(RangeError, {
        cannot: CANNOT,
        rule,
        part: socket.isClosed ? `${socket}` : "a third",
      });
    }
    const end: End = {
      lane: undefined,
      socket,
      local: undefined,
      state: undefined,
      received: 0,
      queued: 0,
    };
    this.#ends.push(end);
    this.#begin(end, "tcp", "socket");
    this.#wrap(socket, end);
    return socket;
  }

  /**
   * Returns the calls so far, in their order. Those of a socket that has neither listened nor
   * connected are left out.
   *
   * The table is read before and after each call, and by this function. A state is noted at the call
   * that can have caused it, by RFC 9293 section 3.3.2: CLOSE_WAIT, for one, at the other end's
   * `shutdown` or `close`. A state between two readings is not seen, and what did not arrive yet has no
   * arrow.
   */
  steps(): CallStep[] {
    this.#look();
    const sent = new Map<CallingEnd, number>();
    return this.#drafts.flatMap((draft): CallStep[] => {
      const { end: { lane }, method, call, error, state } = draft;
      if (lane === undefined) return [];
      if (call === "send") sent.set(lane, (sent.get(lane) ?? 0) + draft.bytes);
      const to = this.#arrival(draft, sent.get(lane) ?? 0);
      return [{
        lane,
        method,
        call: `${call}()${error === undefined ? "" : ` ${error}`}`,
        ...(state === undefined ? {} : { state }),
        ...(to === undefined ? {} : { to }),
      }];
    });
  }

  /** Returns the calls as a table. */
  override toTable(): Table {
    return new Table({
      columns: ["end", "method of Socket", "system call", "state after it", "at the other end"],
      rows: this.steps().map(({ lane, method, call, state = "", to }) => [
        lane,
        `${method}()`,
        call,
        state,
        to === undefined ? "" : [to.segment, to.state].filter(Boolean).join(": "),
      ]),
    });
  }

  #wrap(socket: Socket, end: End): void {
    for (const [method, call] of Object.entries(CALLS) as [Method, SystemCall][]) {
      const original = socket[method] as AnyFunction;
      Object.defineProperty(socket, method, {
        configurable: true,
        value: (...given: unknown[]) => {
          const work = () => original.apply(socket, given);
          // Closing twice is no second call.
          return call === "close" && socket.isClosed
            ? work()
            : this.#record(end, method, call, work);
        },
      });
    }
  }

  #record(end: End, method: Method, call: SystemCall, work: () => unknown): unknown {
    const draft = this.#begin(end, method, call);
    try {
      const result = work();
      if (!(result instanceof Promise)) return this.#done(draft, result);
      return result.then(
        (value) => this.#done(draft, value),
        (error) => this.#failed(draft, error),
      );
    } catch (error) {
      return this.#failed(draft, error);
    }
  }

  #begin(end: End, method: string, call: SystemCall): Draft {
    this.#look();
    end.lane ??= LANE_OF[call];
    const draft: Draft = {
      ...{ end, method, call, error: undefined },
      ...{ bytes: 0, state: undefined, there: undefined },
    };
    this.#drafts.push(draft);
    return draft;
  }

  #done<Result>(draft: Draft, result: Result): Result {
    const { call, end, method } = draft;
    // These return undefined where the call would have to wait.
    if (method.startsWith("try") && result === undefined) draft.error = "EAGAIN";
    if (call === "send" && typeof result === "number") draft.bytes = result;
    if (call === "recv") {
      end.received += result instanceof Uint8Array ? result.length : Number(result ?? 0);
    }
    if (result instanceof Socket && !this.#hasAccepted) {
      this.#hasAccepted = true;
      this.#wrap(result, end);
    }
    this.#look();
    return result;
  }

  #failed(draft: Draft, error: unknown): never {
    draft.error = error instanceof SocketError ? error.code : (error as Error).name;
    this.#look();
    throw error;
  }

  /** Reads the table, and notes each end's new state at the call that caused it. */
  #look(): void {
    for (const end of this.#ends) {
      if (!end.socket.isClosed) end.local = end.socket.localEndpoint();
    }
    const server = this.#ends.find(({ lane }) => lane === "server");
    const client = this.#ends.find(({ lane }) => lane === "client");
    const port = server?.local?.port;
    if (port === undefined || port === 0) return;
    const rows = connections({ port, protocol: "tcp" }, { network: this.#network });
    const from = client?.local;
    if (client !== undefined && from !== undefined) {
      this.#note(client, rows.find((row) => row.local.equals(from) && row.remote.port === port));
      const own = rows.find((row) => row.local.port === port && row.remote.equals(from));
      if (own !== undefined) this.#hasConnection = true;
      if (this.#hasConnection) return this.#note(server!, own);
    }
    this.#note(
      server!,
      rows.find((row) => row.state === "LISTEN" && row.local.equals(server!.local!)),
    );
  }

  #note(end: End, row: Connection | undefined): void {
    const state = row === undefined ? end.state && "CLOSE" : tcpState(row);
    if (state !== undefined && state !== "LISTEN") {
      const queue = row?.receiveQueue ?? 0;
      end.queued = Math.max(0, AFTER_END.includes(state) ? queue - 1 : queue);
    }
    if (state === undefined || state === end.state) return;
    end.state = state;
    const { draft, isOwn } = this.#causeOf(end, state);
    if (draft === undefined) return;
    if (isOwn) draft.state = state;
    else draft.there = state;
  }

  #causeOf(end: End, state: TcpState): { draft: Draft | undefined; isOwn: boolean } {
    const last = (isOwn: boolean, calls: readonly SystemCall[]) =>
      this.#drafts.findLast((draft) =>
        draft.end.lane !== undefined && (draft.end === end) === isOwn && calls.includes(draft.call)
      );
    const isClient = end.lane === "client";
    const own = (calls: readonly SystemCall[]) => ({ draft: last(true, calls), isOwn: true });
    const others = (calls: readonly SystemCall[]) => ({ draft: last(false, calls), isOwn: false });
    switch (state) {
      case "LISTEN":
        return own(["listen"]);
      case "SYN_SENT":
        return own(["connect"]);
      case "SYN_RECV":
        return others(["connect"]);
      case "ESTABLISHED":
        return isClient ? own(["connect"]) : others(["connect"]);
      case "CLOSE_WAIT":
      case "CLOSING":
      case "TIME_WAIT":
        return others(ENDING);
      case "CLOSE": {
        const closed = own(ENDING);
        return closed.draft === undefined ? others(ENDING) : closed;
      }
      default:
        return own(ENDING);
    }
  }

  /** What of a call was seen at the other end; `sent` is all that this end has sent so far. */
  #arrival({ end, call, bytes, there: state }: Draft, sent: number): CallStep["to"] {
    const withState = state === undefined ? {} : { state };
    if (call === "connect") return state && { segment: "connection", ...withState };
    if (ENDING.includes(call)) {
      return state && { segment: state === "CLOSE" ? "reset" : "end", ...withState };
    }
    const other = this.#ends.find((each) => each !== end && each.lane !== undefined);
    if (call !== "send" || other === undefined || bytes === 0) return undefined;
    if (sent > other.received + other.queued) return undefined;
    return { segment: bytes === 1 ? "1 byte" : `${bytes} bytes`, ...withState };
  }
}

/**
 * Records the system calls on both ends of one connection, and what the kernel's table shows after
 * each. Nothing is concluded that was not read: a call whose consequences were not seen has none.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind
 *
 * @example The client's first bytes reach the server before it accepts
 * ```ts
 * import { connectionsWhen, recordCalls } from "fourtuple/observe";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * const calls = recordCalls();
 * using server = calls.follow(Socket.tcp({ timeout: 5000 }));
 * server.bind("127.0.0.1:0");
 * server.listen();
 * using client = calls.follow(Socket.tcp({ timeout: 5000 }));
 * await client.connect(server.localEndpoint());
 * await client.send("hello");
 * const { port } = server.localEndpoint();
 * await connectionsWhen({ localPort: port }, (rows) => rows.some((row) => row.receiveQueue === 5));
 * using _accepted = await server.accept();
 *
 * const [connect, send, accept] = calls.steps().slice(-3);
 * assertEquals(connect!.to, { segment: "connection", state: "ESTABLISHED" });
 * assertEquals(send!.to, { segment: "5 bytes" });
 * assertEquals(accept, { lane: "server", method: "accept", call: "accept()" });
 * ```
 */
export function recordCalls(options: RecordCallsOptions = {}): CallRecorder {
  checkOptions(options, OPTIONS, "Cannot record calls");
  return new CallRecorder(options);
}

function tcpState({ state }: Connection): TcpState | undefined {
  return TCP_STATES.find((each) => each === state);
}
