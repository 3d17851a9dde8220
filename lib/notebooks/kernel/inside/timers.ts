/**
 * Timers of cells whose callbacks can be ended for good.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { FLAG } from "./stop_flag.ts";

/** For the kernel's own use, whatever the cells do to the global one. */
export const ownSetTimeout: typeof setTimeout = globalThis.setTimeout;

const chains = new AsyncLocalStorage<TimerChain>();
let flag: Int32Array = new Int32Array(Object.keys(FLAG).length);

/** A timer, and those that its callbacks start. */
export class TimerChain {
  #hasEnded = false;

  /** The one whose callback runs, or has started what runs; undefined outside of timers. */
  static current(): TimerChain | undefined {
    return chains.getStore();
  }

  /** Its callbacks are not called again. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Calls a callback, unless the chain has ended. */
  call(callback: () => unknown): unknown {
    if (this.#hasEnded) return;
    flag[FLAG.inTimer] = 1;
    try {
      return chains.run(this, callback);
    } finally {
      flag[FLAG.inTimer] = 0;
    }
  }
}

/** Replaces the globals. To be called once, with the memory in which it is told when callbacks run. */
export function installStoppableTimers(shared: Int32Array<SharedArrayBuffer>): void {
  flag = shared;
  globalThis.setTimeout = stoppable(globalThis.setTimeout);
  globalThis.setInterval = stoppable(globalThis.setInterval);
  globalThis.setImmediate = stoppable(globalThis.setImmediate);
}

function stoppable<
  Start extends typeof setTimeout | typeof setInterval | typeof setImmediate,
>(start: Start): Start {
  const startTimer = function (this: unknown, callback: unknown, ...rest: unknown[]) {
    if (typeof callback !== "function") return Reflect.apply(start, this, [callback, ...rest]);
    const chain = TimerChain.current() ?? new TimerChain();
    return Reflect.apply(start, this, [
      function (this: unknown, ...args: unknown[]) {
        return chain.call(() => Reflect.apply(callback, this, args));
      },
      ...rest,
    ]);
  };
  // The name and length, and what util.promisify() looks for.
  return Object.defineProperties(startTimer, Object.getOwnPropertyDescriptors(start)) as Start;
}
