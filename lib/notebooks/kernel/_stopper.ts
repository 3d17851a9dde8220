/** Stops the cell that runs in a Deno kernel, from outside; what happens inside is in inside/stop.ts. */
import type { DenoKernel } from "./deno_kernel.ts";
import { BUSY_NAME, STOP, type StopPlace } from "./inside/stop_flag.ts";

/** Signals that come closer together could count as one. */
const AGAIN_MS = 200;
const LOOK_MS = 50;
/** When a cell that has not ended is told why; it is looked at until some time later. */
const TELL_MS = 1_200;
const LOOK_UNTIL_MS = 10_000;

const CANNOT_STOP =
  "Stop has no effect yet: something lets nothing else run until it returns, such as " +
  "Deno.Command.outputSync(), or a timer of a library that loops. To end that too, restart the kernel: it " +
  "then forgets all variables.\n";

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
  #signals = 0;
  #last = -Infinity;

  /** Stops the cells of this kernel, in which `installStop` was called. */
  constructor(deno: DenoKernel) {
    this.#deno = deno;
  }

  /** Asks the cell that runs to end. */
  stop(audience: StopAudience): void {
    const now = performance.now();
    if (now - this.#last < AGAIN_MS) return;
    this.#last = now;
    this.#signals++;
    this.#deno.signal("SIGINT");
    this.#watch(this.#signals, audience);
  }

  /** A cell that was asked to end has ended; returns the expression that is to be evaluated then. */
  ended(): string {
    this.#last = -Infinity;
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
      if (!isInterrupted && await this.#isBusy(signal)) {
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

  /** Whether a thread of the Deno kernel says that the cells' thread is busy. */
  async #isBusy(signal: number): Promise<boolean> {
    if (Deno.build.os !== "linux") return false;
    const folder = `/proc/${this.#deno.pid}/task`;
    try {
      for await (const { name } of Deno.readDir(folder)) {
        const comm = await Deno.readTextFile(`${folder}/${name}/comm`).catch(() => "");
        if (comm.startsWith(BUSY_NAME) && Number(comm.slice(BUSY_NAME.length)) >= signal) {
          return true;
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
    }
    return false;
  }
}

/** Reads what the question was answered with. */
export function stopPlace(answer: string): StopPlace | undefined {
  return JSON.parse(answer) ?? undefined;
}
