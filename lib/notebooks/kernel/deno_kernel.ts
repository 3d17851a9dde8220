/**
 * A Deno kernel and the connections to its five channels: requests with their replies, and what it
 * broadcasts. It knows nothing of cells.
 *
 * @module
 */
import {
  DenoProcess,
  KernelError,
  type KernelOptions,
  type ProcessStreams,
} from "./_deno_process.ts";
import { type Channel, CHANNELS } from "./wire/connection_file.ts";
import { DialledSocket } from "./wire/dialled_socket.ts";
import { type Message, MessageCodec } from "./wire/messages.ts";
import type { ClientSocketType } from "./wire/zmtp.ts";

export { KernelError, type KernelOptions };

/** What a Deno kernel sends without being asked. */
export interface DenoKernelEvents {
  /** Called for each message on iopub, in their order. */
  onBroadcast(message: Message): void;
  /** Called when a cell asks for a line of input; what it returns is the answer. */
  onInput(prompt: string, password: boolean): Promise<string | null>;
  /** Called once, when the process has ended, by itself or not. */
  onEnd(error: KernelError): void;
}

const SOCKET_TYPES: Readonly<Record<Channel, ClientSocketType>> = {
  shell: "DEALER",
  control: "DEALER",
  iopub: "SUB",
  stdin: "DEALER",
  hb: "REQ",
};
const STARTS = 5;
const START_MS = 30_000;
const DIAL_AGAIN_MS = 10;
/** How long the process may take to end behind its connections. */
const LOST_MS = 1_000;

/** A running Deno kernel, as one client of it sees it. */
export class DenoKernel {
  readonly #process: DenoProcess;
  readonly #codec: MessageCodec;
  readonly #sockets: Readonly<Record<Channel, DialledSocket>>;
  readonly #events: DenoKernelEvents;
  readonly #pending = new Map<string, PromiseWithResolvers<Message>>();
  #gone: KernelError | undefined;

  private constructor(
    process: DenoProcess,
    sockets: Readonly<Record<Channel, DialledSocket>>,
    events: DenoKernelEvents,
  ) {
    this.#process = process;
    this.#codec = new MessageCodec(process.connectionFile.key);
    this.#sockets = sockets;
    this.#events = events;
    this.#read(sockets.shell, (message) => this.#settle(message));
    this.#read(sockets.control, (message) => this.#settle(message));
    this.#read(sockets.iopub, (message) => events.onBroadcast(message));
    this.#read(sockets.stdin, (message) => this.#ask(message));
    process.whileAlive(new Promise<never>(() => {})).catch((error) => this.#ended(error));
  }

  /**
   * Starts a Deno kernel and connects to it. The subscription to its broadcasts takes effect a moment
   * later.
   *
   * @throws {KernelError} If it ends by itself or does not answer in time, with what it said
   */
  static async start(
    options: KernelOptions & { readonly streams: () => ProcessStreams },
    events: DenoKernelEvents,
  ): Promise<DenoKernel> {
    for (let tries = 1;; tries++) {
      const process = await DenoProcess.start(options, options.streams());
      try {
        const deadline = performance.now() + (options.timeout ?? START_MS);
        return new DenoKernel(process, await dialAll(process, deadline), events);
      } catch (error) {
        // Between choosing a free port and the kernel's bind, somebody else may take it.
        const again = process.hasEnded && tries < STARTS;
        await process.end();
        if (!again) throw error;
      }
    }
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** The ports on 127.0.0.1 at which it listens. */
  get ports(): Readonly<Record<Channel, number>> {
    return this.#process.connectionFile.ports;
  }

  /** Why it has ended; undefined while it lives. */
  get gone(): KernelError | undefined {
    return this.#gone;
  }

  /**
   * Sends a request; requests on one channel are answered one after another.
   *
   * @returns Its id, which is the parent of what it broadcasts, and a promise for its reply
   */
  request(
    channel: "shell" | "control",
    type: string,
    content: unknown,
    options: Pick<Message, "metadata" | "buffers"> | undefined = undefined,
  ): { readonly id: string; readonly reply: Promise<Message> } {
    const { id, frames } = this.#codec.encode(type, content, options);
    const pending = Promise.withResolvers<Message>();
    pending.promise.catch(() => {}); // not everybody waits for it
    if (this.#gone !== undefined) pending.reject(this.#gone);
    this.#pending.set(id, pending);
    this.#sockets[channel].send(frames).catch(() => {}); // the end of the process rejects the reply
    return { id, reply: pending.promise };
  }

  /** Sends a signal to its process alone, not to what its cells have started. */
  signal(name: Deno.Signal): void {
    this.#process.signal(name);
  }

  /** Sends bytes to the heartbeat and returns the answer. */
  async beat(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#sockets.hb.send([new Uint8Array(), bytes]);
    return (await this.#sockets.hb.receive()).at(-1)!;
  }

  /** Waits for the end of the process, at most `timeout` milliseconds. */
  ended(timeout: number): Promise<void> {
    return this.#process.ended(timeout);
  }

  /** Ends the process and what its cells have started; what is asked of it throws. */
  async end(): Promise<void> {
    await this.#process.end();
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  #ended(error: KernelError): void {
    this.#gone = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#events.onEnd(error);
  }

  #settle(message: Message): void {
    const id = message.parentHeader.msg_id ?? "";
    this.#pending.get(id)?.resolve(message);
    this.#pending.delete(id);
  }

  async #ask({ header, content }: Message): Promise<void> {
    if (header.msg_type !== "input_request") return;
    const value = await this.#events.onInput(content.prompt, content.password === true);
    const { frames } = this.#codec.encode("input_reply", { status: "ok", value }, {
      parentHeader: header,
    });
    await this.#sockets.stdin.send(frames).catch(() => {}); // it has ended meanwhile
  }

  /** A connection is gone, mostly with the process; whoever waits for it is told by the end of that. */
  async #lost(): Promise<void> {
    await this.#process.ended(LOST_MS);
    if (!this.#process.hasEnded) await this.#process.end();
  }

  async #read(socket: DialledSocket, take: (message: Message) => void): Promise<void> {
    while (true) {
      let frames;
      try {
        frames = await socket.receive();
      } catch {
        return await this.#lost();
      }
      let message;
      try {
        message = this.#codec.decode(frames);
      } catch {
        continue; // not signed by the Deno kernel: somebody else's, and dropped
      }
      take(message);
    }
  }
}

async function dialAll(
  process: DenoProcess,
  deadline: number,
): Promise<Readonly<Record<Channel, DialledSocket>>> {
  const sockets: Partial<Record<Channel, DialledSocket>> = {};
  try {
    for (const channel of CHANNELS) {
      const port = process.connectionFile.ports[channel];
      const dialled = dialUntil(SOCKET_TYPES[channel], port, deadline);
      sockets[channel] = await process.whileAlive(dialled);
    }
    await sockets.iopub!.subscribe();
    return sockets as Record<Channel, DialledSocket>;
  } catch (error) {
    for (const socket of Object.values(sockets)) socket.close();
    throw error;
  }
}

async function dialUntil(
  type: ClientSocketType,
  port: number,
  deadline: number,
): Promise<DialledSocket> {
  while (true) {
    try {
      return await DialledSocket.connect(type, port);
    } catch (error) {
      if (performance.now() > deadline) {
        throw new KernelError(`The kernel does not answer on port ${port}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, DIAL_AGAIN_MS));
    }
  }
}
