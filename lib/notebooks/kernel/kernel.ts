/**
 * Runs the cells of a notebook in a Deno kernel of this process, and collects what each shows.
 *
 * @module
 */
import { Engine, KernelError, type KernelOptions } from "./engine.ts";
import { NotebookOutputs } from "./outputs/notebook_outputs.ts";
import type { Channel } from "./wire/connection_file.ts";
import type { Output } from "../format/notebook.ts";

export { type Channel, KernelError, type KernelOptions };

/** How one piece of code is run. */
export interface ExecuteOptions {
  /** How long it may take, in milliseconds; 60,000 by default. */
  readonly timeout?: number;
}

/** Why a piece of code did not run to its end. */
export interface Failure {
  /** What a reader gets to see: the error, its trace, and what the type checker says of it. */
  readonly traceback: readonly string[];
  /** The line of the code that failed, from 1, where it is known. */
  readonly line: number | undefined;
}

/** What became of one piece of code. */
export interface Execution {
  /** Whether it ran to its end. */
  readonly status: "ok" | "error";
  /** What it has shown up to now, in this order; what it started may add to that after its end. */
  readonly outputs: readonly Output[];
  /** Why it did not run to its end. */
  readonly failure?: Failure;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

const EXECUTE_MS = 60_000;
const STOP_GRACE_MS = 2_000;
const HEARTBEAT_MS = 1_000;

/**
 * A running Deno kernel. One piece of code runs at a time; a second one waits for the first. Every output
 * of a piece of code is its own.
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
  readonly #engine: Engine;
  readonly #outputs = new NotebookOutputs();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Starts a kernel and waits until it answers.
   *
   * @throws {KernelError} If it ends by itself or does not answer in time, with what it said
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    return new Kernel(await Engine.start(options));
  }

  /** The process id of the kernel. */
  get pid(): number {
    return this.#engine.pid;
  }

  /** The five ports on 127.0.0.1 at which the kernel listens, by channel. */
  get ports(): Readonly<Record<Channel, number>> {
    return this.#engine.ports;
  }

  /**
   * Runs a piece of code as a cell.
   *
   * Code that is over its time limit is stopped; a kernel that does not stop even then is ended.
   *
   * @throws {KernelError} If the kernel ends, or the code is over its time limit
   */
  execute(code: string, options: ExecuteOptions = {}): Promise<Execution> {
    const run = this.#turn.then(() => this.#execute(code, options.timeout ?? EXECUTE_MS));
    this.#turn = run.catch(() => {});
    return run;
  }

  /** Stops the code that runs. */
  interrupt(): void {
    this.#engine.stop();
  }

  /** Returns whether the kernel's heartbeat answers within `timeout` milliseconds. */
  async isAlive(timeout: number = HEARTBEAT_MS): Promise<boolean> {
    const beat = crypto.getRandomValues(new Uint8Array(8));
    try {
      const answer = await limited(this.#engine.beat(beat), timeout);
      return answer?.toHex() === beat.toHex();
    } catch {
      return false;
    }
  }

  /** Asks the kernel to end, and ends it when it does not. */
  async shutdown(): Promise<void> {
    await this.#engine.shutdown();
  }

  /** Ends the kernel without asking; what is asked of it at the moment throws. */
  async kill(): Promise<void> {
    await this.#engine.kill();
  }

  /** Ends the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #execute(code: string, timeout: number): Promise<Execution> {
    if (this.#engine.gone !== undefined) throw this.#engine.gone;
    const started = performance.now();
    const collector = this.#outputs.cell();
    const ran = Promise.withResolvers<Pick<Execution, "status" | "failure">>();
    this.#engine.execute({
      code,
      silent: false,
      storeHistory: true,
      allowInput: false,
      stopOnError: false,
      userExpressions: {},
      metadata: {},
      audience: {
        onStart: () => {},
        onShow: (output) => collector.take(output),
        onInput: () => Promise.resolve(null),
        onEnd: (reply, line) => {
          const { status } = reply;
          if (status === "ok") return ran.resolve({ status });
          const traceback = status === "error" ? reply.traceback : [];
          ran.resolve({ status: "error", failure: { traceback, line } });
        },
      },
    });
    let end = await limited(ran.promise, timeout);
    if (end === undefined && this.#engine.isExplaining) {
      this.#engine.stop(); // the cell has failed in time: only the type checker is late
      end = await limited(ran.promise, STOP_GRACE_MS);
    }
    if (end === undefined) {
      await this.#stop(ran.promise);
      throw new KernelError(`The cell took longer than its limit of ${timeout / 1000} s`);
    }
    if (this.#engine.gone !== undefined) throw this.#engine.gone;
    const milliseconds = performance.now() - started;
    return {
      ...end,
      milliseconds,
      get outputs() {
        return collector.outputs;
      },
    };
  }

  /** Code over its limit: stop it, and where that does not help, end the process. */
  async #stop(ran: Promise<unknown>): Promise<void> {
    this.#engine.stop();
    if (await limited(ran, STOP_GRACE_MS) === undefined) await this.kill();
  }
}

/** Waits for `promise`, at most `timeout` milliseconds, and then returns undefined. */
async function limited<T>(promise: Promise<T>, timeout: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
