/** Stops the cell that runs in a Deno kernel, from outside; what happens inside is in inside/stop.ts. */
import type { DenoKernel } from "./deno_kernel.ts";
import { STOP, type StopPlace, THREAD_NAME } from "./inside/stop_flag.ts";

/** Signals that come closer together could count as one. */
const AGAIN_MS = 200;
const LOOK_MS = 50;
/** Where threads cannot be seen, as many milliseconds after the start signals are taken. */
const START_MS = 3_000;
/** When a cell that has not ended is told why; it is looked at until some time later. */
const TELL_MS = 1_200;
const LOOK_UNTIL_MS = 10_000;

const CANNOT_STOP =
  "Stop has no effect yet: the cell is in a call that lets nothing else run until it returns, " +
  "such as outputSync(), or a library's timer is in a loop. If it does not end, restart the kernel. " +
  "You then lose all variables.\n";

/** What is told of a cell that is being stopped. */
export interface StopAudience {
  /** Whether the cell has ended. */
  hasEnded(): boolean;
  /** Shows a line in the cell. */
  tell(text: string): void;
}

/** Stops cells of one Deno kernel. */
export class Stopper {
  readonly #deno: DenoKernel;
  readonly #started = performance.now();
  #signals = 0;
  #settled = 0;
  #last = -Infinity;
  #isReady = false;

  /** Stops the cells of this kernel, in which `installStop` was called. */
  constructor(deno: DenoKernel) {
    this.#deno = deno;
  }

  /** Asks the cell that runs to end. */
  async stop(audience: StopAudience): Promise<void> {
    const now = performance.now();
    if (now - this.#last < AGAIN_MS) return;
    this.#last = now;
    await this.#ready(audience);
    if (audience.hasEnded() || this.#deno.gone) return;
    this.#deno.signal("SIGINT");
    await this.#watch(++this.#signals, audience);
  }

  /** Whether a cell was asked to end, and what `ended` returns was not evaluated since. */
  get isSignalled(): boolean {
    return this.#signals > this.#settled;
  }

  /** A cell that was asked to end has ended; returns the expression that is to be evaluated then. */
  ended(): string {
    this.#last = -Infinity;
    this.#settled = this.#signals;
    return `await ${STOP}.end(${this.#signals})`;
  }

  /** Ends code that does not ask whether it is to end, as that of a library. */
  async #watch(signal: number, { hasEnded, tell }: StopAudience): Promise<void> {
    let isInterrupted = false;
    let isTold = false;
    const started = performance.now();
    while (true) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      const passed = performance.now() - started;
      if (hasEnded() || this.#deno.gone || signal !== this.#signals || passed > LOOK_UNTIL_MS) {
        return;
      }
      if (!isInterrupted && await this.#busy() === signal) {
        if (hasEnded()) return;
        isInterrupted = true;
        this.#deno.request("control", "interrupt_request", {});
      }
      if (!isTold && passed > TELL_MS) {
        isTold = true;
        tell(CANNOT_STOP);
      }
    }
  }

  /** A signal that comes before it is taken would be lost. */
  async #ready({ hasEnded }: StopAudience): Promise<void> {
    while (!this.#isReady && !hasEnded() && !this.#deno.gone) {
      this.#isReady = await this.#busy() !== undefined;
      if (!this.#isReady) await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /**
   * Returns the last signal for which the cells' thread was found to be busy, as another thread's name
   * tells it; undefined if that has not begun.
   */
  async #busy(): Promise<number | undefined> {
    if (Deno.build.os !== "linux") {
      return performance.now() - this.#started < START_MS ? undefined : 0;
    }
    const folder = `/proc/${this.#deno.pid}/task`;
    try {
      for await (const { name } of Deno.readDir(folder)) {
        const comm = await Deno.readTextFile(`${folder}/${name}/comm`).catch(() => "");
        if (comm.startsWith(THREAD_NAME)) return Number(comm.slice(THREAD_NAME.length));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
    }
    return undefined;
  }
}

/** Reads what the question was answered with. */
export function stopPlace(answer: string): StopPlace | undefined {
  return JSON.parse(answer) ?? undefined;
}
