/**
 * Keeps each output in the cell that made it, and makes silent errors visible, in every front end of
 * the Deno kernel.
 *
 * The Deno kernel reports a cell as idle before it has sent all of its outputs. A front end that then
 * sends the next cell puts the late outputs there, or drops them: in a "Run all" up to one cell in three
 * loses its value. So the guard keeps a cell that has outputs busy for some milliseconds more, and longer
 * on a busy machine. This is a wait, not a guarantee: a machine that stalls for longer can still lose an
 * output. A cell that throws is not covered, since the kernel then does not call the method that the
 * guard wraps.
 *
 * A notebook calls {@linkcode guardOutputs} in its first cell; importing the module changes nothing.
 *
 * @module
 */

/**
 * Keeps each output of this notebook in the cell that made it, and prints rejections and timers'
 * errors that the Deno kernel does not show. Outside the Deno kernel, and when called again, it
 * does nothing.
 *
 * @example In the first cell of a notebook
 * ```ts
 * import { guardOutputs } from "fourtuple/show";
 *
 * guardOutputs();
 * ```
 */
export function guardOutputs(): void {
  // The kernel of this course keeps outputs in their cells without a wait, and shows such errors itself.
  if (Symbol.for("fourtuple.kernel") in globalThis) return;
  if (installGuard()) showSilentErrors(globalThis, console);
}

/** How long the first output takes to leave; under load, 20 and 30 ms were no better. */
const BASE_MS = 10;

/** Outputs leave one by one: 0.3 ms each on an idle machine, about 1 ms with all cores busy. */
const OUTPUT_MS = 1;

/** This many timers in a row must be on time before the machine counts as calm. */
const CALM_TIMERS = 3;
const CALM_TIMER_MS = 4;
const LATE_MS = 3;
const CALM_LIMIT_MS = 400;

/** The broadcast messages that a front end shows in a cell. */
const OUTPUT_TYPES: ReadonlySet<string> = new Set([
  "clear_output",
  "display_data",
  "error",
  "execute_result",
  "stream",
  "update_display_data",
]);

const PRINTING = [
  ...["assert", "count", "debug", "dir", "dirxml", "error", "group", "groupCollapsed", "info"],
  ...["log", "table", "timeEnd", "timeLog", "trace", "warn"],
] as const;

const INSTALLED = Symbol.for("fourtuple.guard");

/** What {@linkcode installGuard} wraps. */
export interface GuardScope {
  /** An undocumented part of the Deno kernel. */
  readonly kernel: {
    /** Called at the end of each cell that does not throw; the cell is busy until it is done. */
    broadcastResult(executionCount: number, result: unknown): Promise<void>;
  };
  /** The console of the cells. */
  readonly console: Console;
  /** Deno's functions for outputs that do not go through the console. */
  readonly jupyter: Pick<typeof Deno.jupyter, "broadcast" | "display">;
}

/**
 * Makes a cell wait for its outputs: about 22 ms if it has any, and 1 ms more for each, and up to
 * 0.4 s longer while the machine is too busy to keep its timers. Returns false, and
 * does nothing, outside the Deno kernel and where the guard is installed already.
 *
 * @example Outside the Deno kernel there is nothing to guard
 * ```ts
 * import { installGuard } from "./guard.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(installGuard(), false);
 * ```
 */
export function installGuard(scope: GuardScope | undefined = kernelScope()): boolean {
  if (scope === undefined || INSTALLED in scope.kernel.broadcastResult) return false;
  const { kernel } = scope;
  const { broadcastResult } = kernel;
  let outputs = 0;
  countOutputs(scope, () => outputs++);
  async function guarded(executionCount: number, result: unknown): Promise<void> {
    await broadcastResult.call(kernel, executionCount, result);
    const count = result === undefined ? outputs : outputs + 1;
    outputs = 0;
    if (count === 0) return;
    await sleep(BASE_MS + OUTPUT_MS * count);
    await calm();
  }
  kernel.broadcastResult = Object.assign(guarded, { [INSTALLED]: true });
  return true;
}

/**
 * Prints what the Deno kernel does not show, as a line on stderr: unhandled rejections, and errors
 * thrown in timers. The kernel continues.
 */
export function showSilentErrors(scope: EventTarget, console: Pick<Console, "error">): void {
  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    console.error("Unhandled rejection:", (event as PromiseRejectionEvent).reason);
  });
  scope.addEventListener("error", (event) => {
    event.preventDefault();
    console.error("Uncaught error:", (event as ErrorEvent).error);
  });
}

/** Waits until timers are on time: where they are late, outputs are late as well. */
async function calm(): Promise<void> {
  const end = performance.now() + CALM_LIMIT_MS;
  for (let onTime = 0; onTime < CALM_TIMERS && performance.now() < end;) {
    const started = performance.now();
    await sleep(CALM_TIMER_MS);
    onTime = performance.now() - started < CALM_TIMER_MS + LATE_MS ? onTime + 1 : 0;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function countOutputs({ console, jupyter }: GuardScope, count: () => void): void {
  for (const name of PRINTING) {
    const print = console[name];
    console[name] = (...args: unknown[]) => {
      count();
      Reflect.apply(print, console, args);
    };
  }
  const { broadcast, display } = jupyter;
  jupyter.broadcast = (type, ...rest) => {
    if (OUTPUT_TYPES.has(type)) count();
    return broadcast.call(jupyter, type, ...rest);
  };
  jupyter.display = (...args) => {
    count();
    return display.apply(jupyter, args);
  };
}

/** Outside the kernel `Deno.jupyter` throws, so it is read last. */
function kernelScope(): GuardScope | undefined {
  const { internal } = Deno as unknown as { readonly internal?: symbol };
  if (internal === undefined) return undefined;
  const internals = Deno as unknown as Record<symbol, { readonly jupyter?: GuardScope["kernel"] }>;
  const kernel = internals[internal]?.jupyter;
  if (typeof kernel?.broadcastResult !== "function") return undefined;
  return { kernel, console, jupyter: Deno.jupyter };
}
