/**
 * A client of the Deno kernel: starts it as a process of its own, runs code in it and collects
 * what the code shows. It speaks Jupyter's wire protocol over five TCP connections.
 *
 * @module
 */
import { KernelError, type KernelOptions, KernelProcess } from "./_kernel_process.ts";
import { type Message, MessageCodec } from "./_messages.ts";
import { OutputCollector } from "./_outputs.ts";
import { ZmtpSocket, type ZmtpSocketType } from "./_zmtp.ts";
import type { Output } from "../format/notebook.ts";

export { KernelError, type KernelOptions };

/** How one piece of code is run. */
export interface ExecuteOptions {
  /** How long it may take, in milliseconds; 60,000 by default. */
  readonly timeout?: number;
}

/** What became of one piece of code. */
export interface Execution {
  /** Whether it ran to its end. */
  readonly status: "ok" | "error";
  /** What it showed, in the order of arrival; its value comes last, or its error. */
  readonly outputs: readonly Output[];
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** One of the five connections between a kernel and its client. */
export type Channel = "shell" | "control" | "iopub" | "stdin" | "hb";

const CHANNELS: Readonly<Record<Channel, ZmtpSocketType>> = {
  shell: "DEALER",
  control: "DEALER",
  iopub: "SUB",
  stdin: "DEALER",
  hb: "REQ",
};
const STARTS = 5;
const START_MS = 30_000;
const EXECUTE_MS = 60_000;
const INTERRUPT_GRACE_MS = 1_000;
const SHUTDOWN_GRACE_MS = 2_000;
const BARRIER_MS = 10_000;
const PROBE_MS = 250;

/**
 * A running Deno kernel. One piece of code runs at a time; a second one waits for the first.
 *
 * Every output of a piece of code is its own: after each, a second, silent request broadcasts a
 * token, and all that arrives before the token belongs to the first. The kernel says "idle" too
 * early to go by that.
 *
 * @example One cell
 * ```ts
 * import { Kernel } from "./kernel.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using kernel = await Kernel.start({ cwd: "." });
 * const { outputs } = await kernel.execute("console.log('hello'); 6 * 7");
 * assertEquals(outputs.map((output) => output.output_type), ["stream", "execute_result"]);
 * ```
 */
export class Kernel implements AsyncDisposable {
  readonly #process: KernelProcess;
  readonly #codec: MessageCodec;
  readonly #sockets: Record<Channel, ZmtpSocket>;
  readonly #replies = new Map<string, (reply: Message) => void>();
  #collector = new OutputCollector();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    process: KernelProcess,
    codec: MessageCodec,
    sockets: Record<Channel, ZmtpSocket>,
  ) {
    this.#process = process;
    this.#codec = codec;
    this.#sockets = sockets;
    this.#read(sockets.shell, (message) => this.#settle(message));
    this.#read(sockets.control, (message) => this.#settle(message));
    this.#read(sockets.iopub, (message) => this.#collector.take(message));
  }

  /**
   * Starts a kernel and waits until it answers.
   *
   * @throws {KernelError} If it ends by itself or does not answer in time, with what it said
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    for (let tries = 1;; tries++) {
      const process = await KernelProcess.start(options);
      try {
        return await Kernel.#connect(process, performance.now() + (options.timeout ?? START_MS));
      } catch (error) {
        // Between choosing a free port and the kernel's bind, somebody else may take it.
        const again = process.hasEnded && tries < STARTS;
        await process.end();
        if (!again) throw error;
      }
    }
  }

  static async #connect(process: KernelProcess, deadline: number): Promise<Kernel> {
    const sockets: Partial<Record<Channel, ZmtpSocket>> = {};
    const { ports } = process;
    try {
      for (const [channel, type] of Object.entries(CHANNELS) as [Channel, ZmtpSocketType][]) {
        const dialled = dialUntil(type, ports[`${channel}_port`], deadline);
        sockets[channel] = await process.whileAlive(dialled);
      }
      await sockets.iopub!.subscribe();
      const codec = await MessageCodec.create(ports.key);
      const kernel = new Kernel(process, codec, sockets as Record<Channel, ZmtpSocket>);
      await kernel.#ready(deadline);
      return kernel;
    } catch (error) {
      for (const socket of Object.values(sockets)) socket.close();
      throw error;
    }
  }

  /** The process id of the kernel. */
  get pid(): number {
    return this.#process.pid;
  }

  /** The five ports on 127.0.0.1 at which the kernel listens, by channel. */
  get ports(): Readonly<Record<Channel, number>> {
    const { shell_port, control_port, iopub_port, stdin_port, hb_port } = this.#process.ports;
    return {
      shell: shell_port,
      control: control_port,
      iopub: iopub_port,
      stdin: stdin_port,
      hb: hb_port,
    };
  }

  /**
   * Runs a piece of code as a cell.
   *
   * Code that is over its time limit is interrupted; a kernel that does not stop even then is
   * ended.
   *
   * @throws {KernelError} If the kernel ends, or the code is over its time limit
   */
  execute(code: string, options: ExecuteOptions = {}): Promise<Execution> {
    const run = this.#turn.then(() => this.#execute(code, options.timeout ?? EXECUTE_MS));
    this.#turn = run.catch(() => {});
    return run;
  }

  /** Stops code that computes without end. Code that awaits is not reached by it. */
  async interrupt(): Promise<void> {
    const { reply } = await this.#request("control", "interrupt_request", {});
    await this.#within(reply, INTERRUPT_GRACE_MS, "interrupt_request").catch(() => {});
  }

  /** Returns whether the kernel's heartbeat answers within `timeout` milliseconds. */
  async isAlive(timeout: number = INTERRUPT_GRACE_MS): Promise<boolean> {
    const beat = crypto.getRandomValues(new Uint8Array(8));
    try {
      await this.#sockets.hb.send([new Uint8Array(), beat]);
      const answer = await this.#within(this.#sockets.hb.receive(), timeout, "heartbeat");
      return answer.at(-1)!.toHex() === beat.toHex();
    } catch {
      return false;
    }
  }

  /** Asks the kernel to end, and ends it when it does not. */
  async shutdown(): Promise<void> {
    try {
      await this.#request("control", "shutdown_request", { restart: false });
      await this.#process.ended(SHUTDOWN_GRACE_MS);
    } catch {
      // It is gone already, or about to be.
    }
    await this.kill();
  }

  /** Ends the kernel without asking; what is asked of it at the moment throws. */
  async kill(): Promise<void> {
    await this.#process.end();
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  /** Ends the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #execute(code: string, timeout: number): Promise<Execution> {
    const started = performance.now();
    this.#collector = new OutputCollector();
    const { reply } = await this.#request("shell", "execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
    let content;
    try {
      content = (await this.#within(reply, timeout, "cell")).content;
    } catch (error) {
      await this.#stop(reply);
      throw error;
    }
    const milliseconds = performance.now() - started;
    const outputs = await this.#barrier(BARRIER_MS);
    if (content.status !== "error") return { status: "ok", outputs, milliseconds };
    // A syntax error has a reply of its own, but no output.
    const told = outputs.some((output) => output.output_type === "error");
    const error: Output = {
      output_type: "error",
      ename: content.ename,
      evalue: content.evalue,
      traceback: content.traceback,
    };
    return { status: "error", outputs: told ? outputs : [...outputs, error], milliseconds };
  }

  /** Returns what has been shown since the last barrier. */
  async #barrier(timeout: number): Promise<Output[]> {
    const { code, passed } = this.#collector.barrier();
    const { reply } = await this.#request("shell", "execute_request", {
      code,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
    await this.#within(Promise.all([reply, passed]), timeout, "barrier");
    return this.#collector.outputs;
  }

  /** Code over its limit: interrupt, and where that does not help, end the process. */
  async #stop(reply: Promise<unknown>): Promise<void> {
    await this.interrupt().catch(() => {});
    await this.#within(reply, INTERRUPT_GRACE_MS, "cell").catch(() => this.#process.end());
  }

  /** A subscription takes effect some time after it is made: asks until a token comes through. */
  async #ready(deadline: number): Promise<void> {
    while (true) {
      const left = deadline - performance.now();
      try {
        this.#collector = new OutputCollector();
        await this.#barrier(Math.min(left, PROBE_MS));
        return;
      } catch (error) {
        if (left < PROBE_MS || !(error instanceof TimeoutError)) throw error;
      }
    }
  }

  async #request(
    channel: "shell" | "control",
    type: string,
    content: unknown,
  ): Promise<{ reply: Promise<Message> }> {
    const { id, frames } = await this.#codec.encode(type, content);
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#replies.set(id, resolve);
    await this.#process.whileAlive(this.#sockets[channel].send(frames));
    return { reply: promise };
  }

  #settle(message: Message): void {
    const id = message.parentHeader.msg_id ?? "";
    this.#replies.get(id)?.(message);
    this.#replies.delete(id);
  }

  async #read(socket: ZmtpSocket, take: (message: Message) => void): Promise<void> {
    try {
      while (true) take(await this.#codec.decode(await socket.receive()));
    } catch {
      // The connection is gone: whoever waits is told by the end of the process.
    }
  }

  async #within<T>(promise: Promise<T>, timeout: number, what: string): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TimeoutError(what, timeout)), timeout);
    });
    try {
      return await this.#process.whileAlive(Promise.race([promise, late]));
    } finally {
      clearTimeout(timer);
    }
  }
}

class TimeoutError extends KernelError {
  constructor(what: string, timeout: number) {
    super(`The ${what} took longer than its limit of ${timeout / 1000} s`);
  }
}

async function dialUntil(
  type: ZmtpSocketType,
  port: number,
  deadline: number,
): Promise<ZmtpSocket> {
  while (true) {
    try {
      return await ZmtpSocket.connect(type, port);
    } catch (error) {
      if (performance.now() > deadline) {
        throw new KernelError(`The kernel does not answer on port ${port}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
