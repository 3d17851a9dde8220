/** What ZMTP sockets that listen have in common: they accept clients and read what these send. */
import {
  closeConnection,
  commandFrame,
  concat,
  FrameReader,
  type Frames,
  greeting,
  MAX_MESSAGE_BYTES,
  type Peer,
  readCommand,
  readyCommand,
  type ServerSocketType,
  writeAll,
} from "./zmtp.ts";

/** How long a client may take for its greeting, in milliseconds. */
const GREETING_MS = 10_000;
/** More than any front end opens; below the limit of open files, at which Deno can panic. */
const MAX_CLIENTS = 256;
/** What may wait for one client that does not read; the largest message is far below it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Small messages that wait are written together. */
const WRITE_BYTES = 64 * 1024;
/** After a failed accept, such as too many open files. */
const ACCEPT_PAUSE_MS = 50;

/**
 * How long a message of a client may be that has not shown that it belongs to this kernel: every program
 * on this computer can connect. Clients only ever send a PUB what they subscribe to, and a REP a beat.
 */
const MAX_UNKNOWN_BYTES: Readonly<Record<ServerSocketType, number>> = {
  ROUTER: 1024 * 1024,
  PUB: 4 * 1024,
  REP: 4 * 1024,
};

/** Which clients a socket accepts. Source: https://rfc.zeromq.org/spec/23/, "Connection Semantics". */
const PARTNERS: Readonly<Record<ServerSocketType, readonly string[]>> = {
  ROUTER: ["DEALER", "REQ", "ROUTER"],
  PUB: ["SUB", "XSUB"],
  REP: ["REQ", "DEALER"],
};

/** Where a socket listens. */
export interface ListenOptions {
  /** A loopback address. */
  readonly hostname: string;
  /** The port; 0 for one that is free. */
  readonly port: number;
  /** What may wait for one client that does not read, in bytes; 64 MiB by default. */
  readonly maxWaiting?: number;
}

/** One client of a listening socket. */
export class Client {
  readonly peer: Peer;
  /** What it has subscribed to, each prefix as text of one character a byte. */
  readonly topics: string[] = [];
  readonly #connection: Deno.TcpConn;
  readonly #maxWaiting: number;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(connection: Deno.TcpConn, peer: Peer, maxWaiting: number) {
    this.#connection = connection;
    this.peer = peer;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether so much waits for this client that no more is taken. */
  get isFull(): boolean {
    return this.#bytes > this.#maxWaiting;
  }

  send(bytes: Uint8Array): void {
    if (this.isFull) return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Waits until the client has read enough that more is taken. */
  async room(): Promise<void> {
    if (this.isFull) await (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Waits until all is written. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  close(): void {
    closeConnection(this.#connection);
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        let size = 0;
        const count = this.#waiting.findIndex((each) => (size += each.length) > WRITE_BYTES);
        const parts = this.#waiting.splice(
          0,
          count < 0 ? this.#waiting.length : Math.max(1, count),
        );
        const bytes = parts.length === 1 ? parts[0]! : concat(parts);
        await writeAll(this.#connection, bytes);
        this.#bytes -= bytes.length;
        if (!this.isFull) this.#room?.resolve();
        if (!this.isFull) this.#room = undefined;
      }
    } catch {
      this.close(); // it has gone: its reader learns that too
      this.#waiting = [];
      this.#bytes = 0;
      this.#room?.resolve();
    } finally {
      this.#writing = undefined;
    }
  }
}

/** What a kind of socket does with its clients. */
export interface ListenerHandlers {
  /** Called when a client has said what it is. */
  onJoin?(client: Client): void;
  /** Whether a client's first message shows that it belongs to this kernel; otherwise it is sent away. */
  isKnown?(frames: Frames): boolean;
  /** Called for each message, in their order; the client's next one is read when it is done. */
  onMessage(client: Client, frames: Frames): void | Promise<void>;
  /** Called for each command. */
  onCommand?(client: Client, name: string, data: Uint8Array): void;
  /** Called when its connection has ended. */
  onLeave?(client: Client): void;
}

/** Accepts clients on one port. */
export class Listener {
  /** Those that are connected. */
  readonly clients = new Set<Client>();
  readonly #type: ServerSocketType;
  readonly #listener: Deno.TcpListener;
  readonly #maxWaiting: number;
  readonly #handlers: ListenerHandlers;
  /** All connections by age, with whether they have said anything that this kernel understands. */
  readonly #connections = new Map<Deno.TcpConn, { hasSpoken: boolean }>();
  #isClosed = false;

  constructor(type: ServerSocketType, options: ListenOptions, handlers: ListenerHandlers) {
    this.#type = type;
    this.#handlers = handlers;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING_BYTES;
    this.#listener = Deno.listen({ hostname: options.hostname, port: options.port });
    this.#accept();
  }

  /** The port at which it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits until all that was sent is written, but not longer than `timeout` milliseconds. */
  async flush(timeout: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, timeout));
    await Promise.race([late, Promise.all([...this.clients].map((each) => each.flushed()))]);
    clearTimeout(timer);
  }

  /** Ends all connections and listens no more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    for (const connection of this.#connections.keys()) closeConnection(connection);
  }

  async #accept(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const connection = await this.#listener.accept();
        if (this.#connections.size >= MAX_CLIENTS && !this.#makeRoom()) closeConnection(connection);
        else this.#serve(connection);
      } catch {
        // One that left at once, or too many open files; or this socket is closed.
        if (!this.#isClosed) await new Promise((done) => setTimeout(done, ACCEPT_PAUSE_MS));
      }
    }
  }

  /** Ends the oldest connection that is silent, so that nobody can lock others out; real clients come again. */
  #makeRoom(): boolean {
    for (const [connection, { hasSpoken }] of this.#connections) {
      if (hasSpoken) continue;
      this.#connections.delete(connection);
      closeConnection(connection);
      return true;
    }
    return false;
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const state = { hasSpoken: false };
    this.#connections.set(connection, state);
    const { isKnown } = this.#handlers;
    const maxBytes = () =>
      state.hasSpoken && isKnown !== undefined ? MAX_MESSAGE_BYTES : MAX_UNKNOWN_BYTES[this.#type];
    let client: Client | undefined;
    const limit = setTimeout(() => closeConnection(connection), GREETING_MS);
    try {
      connection.setNoDelay(true);
      const onCommand = (body: Uint8Array) => {
        if (isKnown === undefined && client !== undefined) state.hasSpoken = true;
        this.#command(client, body);
      };
      const reader = new FrameReader(connection, onCommand, maxBytes);
      await writeAll(connection, concat([greeting(), readyCommand(this.#type)]));
      const peer = await reader.peer();
      if (!PARTNERS[this.#type].includes(peer.type)) return;
      clearTimeout(limit);
      client = new Client(connection, peer, this.#maxWaiting);
      this.clients.add(client);
      this.#handlers.onJoin?.(client);
      while (true) {
        const frames = await reader.message();
        if (!state.hasSpoken && isKnown?.(frames) === false) return;
        state.hasSpoken = true;
        await this.#handlers.onMessage(client, frames);
        await client.room();
      }
    } catch {
      // It has gone, or does not speak ZMTP.
    } finally {
      clearTimeout(limit);
      this.#connections.delete(connection);
      closeConnection(connection);
      if (client !== undefined) {
        this.clients.delete(client);
        this.#handlers.onLeave?.(client);
      }
    }
  }

  /** ZMTP 3.1 has commands for subscriptions and for signs of life: https://rfc.zeromq.org/spec/37/ */
  #command(client: Client | undefined, body: Uint8Array): void {
    const { name, data } = readCommand(body);
    if (client === undefined) return;
    if (name === "PING") client.send(commandFrame("PONG", data.subarray(2)));
    else this.#handlers.onCommand?.(client, name, data);
  }
}
