/**
 * Makes the Deno kernel one whose cells can be stopped: installs what the rewritten cells call, and
 * replaces what would not stop by itself.
 *
 * @module
 */
import { cellPlace } from "./stack.ts";
import { begin, end, endRun, flag, hear, loop, signalled, wait } from "./stop.ts";
import { FLAG, STOP, STOP_ANSWER } from "./stop_flag.ts";
import { closing, each } from "./stop_iteration.ts";
import { installStoppableTimers } from "./timers.ts";

/**
 * Makes cells stoppable. To be called once. Signals are taken somewhat later: a thread takes a second to
 * start in the Deno kernel, which waits for a debugger.
 */
export function installStop(): void {
  const functions = { begin, closing, each, end, endRun, loop, wait };
  Object.defineProperty(globalThis, STOP, { value: Object.assign(flag, functions) });
  Atomics.store(flag, FLAG.thread, threadNumber());
  installStoppableTimers(flag);
  replaceQuestions();
  noticeEnds();
  Deno.addSignalListener("SIGINT", () => {}); // one that comes before is lost, but ends nothing
  const thread = new Worker(new URL("./stop_thread.ts", import.meta.url), { type: "module" });
  thread.onmessage = hear;
  thread.postMessage(flag);
}

/** Elsewhere than on Linux, code that does not ask whether it is to end is not ended. */
function threadNumber(): number {
  return Deno.build.os === "linux"
    ? Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1))
    : 0;
}

/** Makes a question for a line of input fail when it is stopped. */
function replaceQuestions(): void {
  const ask = globalThis.prompt as (...args: unknown[]) => string | null;
  const asked = (name: string, ...args: unknown[]) => {
    const answer = ask(...args);
    if (answer !== STOP_ANSWER) return answer;
    throw signalled({ cell: 0, line: 1, ...cellPlace(new Error()), awaited: `${name}()` });
  };
  globalThis.prompt = function prompt(...args: unknown[]) {
    return asked("prompt", ...args);
  };
  // As Deno asks in its kernel.
  globalThis.confirm = function confirm(message: string = "Confirm") {
    const answer = asked("confirm", `${message} [y/N] `);
    return answer === "Y" || answer === "y";
  };
}

interface KernelInternals {
  readonly jupyter?: {
    /** Called at the end of each cell that does not throw; the cell is busy until it is done. */
    broadcastResult(executionCount: number, result: unknown): Promise<void>;
  };
}

function noticeEnds(): void {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  const { jupyter } = (Deno as unknown as Record<symbol, KernelInternals>)[internal]!;
  if (jupyter === undefined) return;
  const { broadcastResult } = jupyter;
  jupyter.broadcastResult = async (...args) => {
    try {
      await broadcastResult.apply(jupyter, args);
    } finally {
      endRun();
    }
  };
}
