/**
 * ZMTP sockets that listen and have many clients: a kernel's ROUTER, PUB and REP sockets.
 *
 * A client that does not read cannot make this process grow: what waits for it is limited. A publisher
 * then drops messages for that client, as ZeroMQ's do; a router stops reading its requests.
 */
import { type Client, Listener, type ListenOptions } from "./_listener.ts";
import { concat, encodeMessage, type Frames, frameText } from "./zmtp.ts";

export type { ListenOptions };

/** A ROUTER socket: it knows its clients by name, and answers each alone. */
export class RouterSocket implements Disposable {
  readonly #listener: Listener;
  readonly #byName = new Map<string, Client>();
  readonly #names = new Map<Client, Uint8Array>();
  #onChange = Promise.withResolvers<void>();
  #count = 0;

  /**
   * Listens.
   *
   * @param onMessage Called for each message; its first frame is the client's name
   */
  constructor(options: ListenOptions, onMessage: (frames: Frames) => void) {
    this.#listener = new Listener("ROUTER", options, {
      onJoin: (client) => this.#join(client),
      onMessage: (client, frames) => onMessage([this.#names.get(client)!, ...frames]),
      onLeave: (client) => this.#leave(client),
    });
  }

  /** Sends a message to the client that the first frame names; nothing if that client has gone. */
  send([name, ...frames]: Frames): void {
    if (name !== undefined) this.#byName.get(name.toHex())?.send(encodeMessage(frames));
  }

  /** Whether a client of this name is connected. */
  has(name: Uint8Array): boolean {
    return this.#byName.has(name.toHex());
  }

  /** Waits until a client comes or goes. */
  changed(): Promise<void> {
    return this.#onChange.promise;
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

  #join(client: Client): void {
    const { identity } = client.peer;
    // A client without a name gets one that begins with a zero byte, which no client may choose.
    const name = identity.length > 0 ? identity : concat([Uint8Array.of(0), this.#nextNumber()]);
    // A client that reconnects may come before its old connection is seen to end: the new one counts.
    this.#byName.get(name.toHex())?.close();
    this.#byName.set(name.toHex(), client);
    this.#names.set(client, name);
    this.#change();
  }

  #leave(client: Client): void {
    const name = this.#names.get(client)!.toHex();
    this.#names.delete(client);
    if (this.#byName.get(name) === client) this.#byName.delete(name);
    this.#change();
  }

  #change(): void {
    this.#onChange.resolve();
    this.#onChange = Promise.withResolvers();
  }

  #nextNumber(): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, ++this.#count);
    return bytes;
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

  /** How many clients have subscribed to anything. */
  get subscribers(): number {
    return [...this.#listener.clients].filter(({ topics }) => topics.length > 0).length;
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
    const [kind, ...topic] = frames[0] ?? [];
    if (kind === 1) this.#subscribe(client, Uint8Array.from(topic));
    if (kind === 0) this.#unsubscribe(client, Uint8Array.from(topic));
  }

  #subscribe(client: Client, topic: Uint8Array): void {
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
