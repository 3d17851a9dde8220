/**
 * ZMTP sockets that listen and have many clients: a kernel's ROUTER, PUB and REP sockets.
 *
 * A client that does not read cannot make this process grow: what waits for it is limited. A publisher
 * then drops messages for that client, as ZeroMQ's do; a router stops reading its requests.
 */
import { type Client, Listener, type ListenOptions } from "./_listener.ts";
import { encodeMessage, type Frames, frameText } from "./zmtp.ts";

export type { ListenOptions };

/** More than any front end subscribes to. */
const MAX_TOPICS = 64;

/** Where a router listens, and whom it serves. */
export interface RouterOptions extends ListenOptions {
  /**
   * Whether a client's first message shows that it belongs to this kernel. One that does not is sent
   * away, and no message of it may be large.
   */
  readonly isKnown: (frames: Frames) => boolean;
}

/**
 * A ROUTER socket: it gives each connection a number, and answers each alone.
 *
 * Not by the identity that a client chose: two clients of one Jupyter session choose the same, and each
 * wants its own answers.
 */
export class RouterSocket implements Disposable {
  readonly #listener: Listener;
  readonly #numbers = new Map<Client, number>();
  #changed = Promise.withResolvers<void>();
  #count = 0;

  /**
   * Listens.
   *
   * @param onMessage Called for each message with its connection's number; the client's next message
   * is read when what it returns is fulfilled
   */
  constructor(
    { isKnown, ...options }: RouterOptions,
    onMessage: (connection: number, frames: Frames) => void | Promise<void>,
  ) {
    this.#listener = new Listener("ROUTER", options, {
      isKnown,
      onJoin: (client) => {
        this.#numbers.set(client, ++this.#count);
        this.#change();
      },
      onMessage: (client, frames) => onMessage(this.#numbers.get(client)!, frames),
      onLeave: (client) => {
        this.#numbers.delete(client);
        this.#change();
      },
    });
  }

  /** Sends a message to one connection; nothing if that has ended. */
  send(connection: number, frames: Frames): void {
    this.#client(connection)?.send(encodeMessage(frames));
  }

  /** Whether a connection is there. */
  has(connection: number): boolean {
    return this.#client(connection) !== undefined;
  }

  /** Returns the name that a connection's client chose; undefined if it chose none. */
  identityOf(connection: number): string | undefined {
    return this.#client(connection)?.peer.identity.toHex() || undefined;
  }

  /** Returns the connections whose client chose this name, by age. */
  connectionsOf(identity: string): number[] {
    return [...this.#numbers].filter(([{ peer }]) => peer.identity.toHex() === identity)
      .map(([, number]) => number);
  }

  /** Waits until a connection comes or ends. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** The port at which it listens. */
  get port(): number {
    return this.#listener.port;
  }

  /** Waits until all that was sent is written, but not longer than `timeout` milliseconds. */
  flush(timeout: number): Promise<void> {
    return this.#listener.flush(timeout);
  }

  /** Ends all connections and listens no more. */
  close(): void {
    this.#listener.close();
  }

  /** Ends all connections and listens no more. */
  [Symbol.dispose](): void {
    this.close();
  }

  #client(connection: number): Client | undefined {
    return [...this.#numbers].find(([, number]) => number === connection)?.[0];
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A PUB socket: it sends each message to all clients that have subscribed to its topic. */
export class PublisherSocket implements Disposable {
  readonly #listener: Listener;
  readonly #onSubscribe: (topic: string) => Frames | undefined;

  /**
   * Listens.
   *
   * @param onSubscribe Called for each new subscription; returns what that client is sent first
   */
  constructor(
    options: ListenOptions,
    onSubscribe: (topic: string) => Frames | undefined = () => undefined,
  ) {
    this.#onSubscribe = onSubscribe;
    this.#listener = new Listener("PUB", options, {
      onMessage: (client, frames) => this.#take(client, frames),
      onCommand: (client, name, data) => {
        if (name === "SUBSCRIBE") this.#subscribe(client, data);
        if (name === "CANCEL") this.#unsubscribe(client, data);
      },
    });
  }

  /** Sends a message, whose first frame begins with its topic. */
  send(frames: Frames): void {
    const topic = byteText(frames[0] ?? new Uint8Array());
    let bytes: Uint8Array | undefined;
    for (const client of this.#listener.clients) {
      if (!client.topics.some((each) => topic.startsWith(each))) continue;
      client.send(bytes ??= encodeMessage(frames));
    }
  }

  /** The port at which it listens. */
  get port(): number {
    return this.#listener.port;
  }

  /** Waits until all that was sent is written, but not longer than `timeout` milliseconds. */
  flush(timeout: number): Promise<void> {
    return this.#listener.flush(timeout);
  }

  /** Ends all connections and listens no more. */
  close(): void {
    this.#listener.close();
  }

  /** Ends all connections and listens no more. */
  [Symbol.dispose](): void {
    this.close();
  }

  #take(client: Client, frames: Frames): void {
    const [frame = new Uint8Array()] = frames;
    const topic = frame.subarray(1);
    if (frame[0] === 1) this.#subscribe(client, topic);
    if (frame[0] === 0) this.#unsubscribe(client, topic);
  }

  #subscribe(client: Client, topic: Uint8Array): void {
    if (client.topics.length >= MAX_TOPICS) {
      throw new Error(`A client subscribes to more than ${MAX_TOPICS} topics`); // which ends its connection
    }
    client.topics.push(byteText(topic));
    const welcome = this.#onSubscribe(frameText(topic));
    if (welcome !== undefined) client.send(encodeMessage(welcome));
  }

  #unsubscribe(client: Client, topic: Uint8Array): void {
    const at = client.topics.indexOf(byteText(topic));
    if (at >= 0) client.topics.splice(at, 1);
  }
}

/** A REP socket that sends each message back: a kernel's heartbeat. */
export class EchoSocket implements Disposable {
  readonly #listener: Listener;

  /** Listens, and answers from now on. */
  constructor(options: ListenOptions) {
    this.#listener = new Listener("REP", options, {
      onMessage: (client, frames) => client.send(encodeMessage(frames)),
    });
  }

  /** The port at which it listens. */
  get port(): number {
    return this.#listener.port;
  }

  /** Waits until all that was sent is written, but not longer than `timeout` milliseconds. */
  flush(timeout: number): Promise<void> {
    return this.#listener.flush(timeout);
  }

  /** Ends all connections and listens no more. */
  close(): void {
    this.#listener.close();
  }

  /** Ends all connections and listens no more. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** One character a byte, so that prefixes of bytes are prefixes of texts. */
function byteText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
