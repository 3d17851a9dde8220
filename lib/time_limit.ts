/**
 * Time limits for anything that waits: a cell that awaits for ever cannot be interrupted.
 *
 * @module
 */
import { Sampler } from "./sampler.ts";

/** How long a wait may last when nothing else is said, in milliseconds. */
const DEFAULT_MS = 5_000;

/** Options of {@linkcode within}. */
export interface WithinOptions {
  /** The limit in milliseconds; 5,000 by default. */
  readonly timeout?: number;
  /** What is waited for, for the message; "the answer" by default. */
  readonly what?: string;
}

/**
 * Waits for `promise`, but not for ever.
 *
 * What the promise stands for goes on after the limit: close it by name.
 *
 * @throws {DOMException} With the name "TimeoutError", if the limit is reached first
 * @throws {RangeError} If the limit is no number of milliseconds above 0
 *
 * @example An answer that never comes
 * ```ts
 * import { within } from "fourtuple";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * assertEquals(await within(Promise.resolve("hello")), "hello");
 *
 * const never = new Promise(() => {});
 * await assertRejects(
 *   () => within(never, { timeout: 10, what: "a client" }),
 *   DOMException,
 *   "Cannot wait longer for a client: the limit is 10 ms",
 * );
 * ```
 */
export async function within<T>(
  promise: PromiseLike<T>,
  options: WithinOptions = {},
): Promise<T> {
  const { timeout = DEFAULT_MS, what = "the answer" } = options;
  if (!(timeout > 0 && timeout < 2 ** 31)) {
    throw new RangeError(`Cannot wait for ${what}: a limit is 1 to 2147483647 ms, got ${timeout}`);
  }
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `Cannot wait longer for ${what}: the limit is ${timeout} ms`;
    late.reject(new DOMException(message, "TimeoutError"));
  }, timeout);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Between two tests of a condition, in milliseconds. */
const INTERVAL_MS = 5;

/**
 * Waits until a condition holds, which it tests every 5 ms, but not for ever.
 *
 * @throws {DOMException} With the name "TimeoutError", if it does not hold in time
 * @throws {RangeError} If the limit is no number of milliseconds above 0
 *
 * @example What a timer does
 * ```ts
 * import { until } from "fourtuple";
 *
 * let rung = false;
 * setTimeout(() => rung = true, 20);
 * await until(() => rung, { what: "the bell" });
 * ```
 */
export async function until(condition: () => boolean, options: WithinOptions = {}): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sampler = new Sampler({
    interval: INTERVAL_MS,
    keepsAlive: true,
    read: condition,
    onSample: ({ value }) => {
      if (!value) return;
      sampler.stop();
      resolve();
    },
    onError: reject,
  });
  sampler.start();
  try {
    await within(promise, options);
  } finally {
    sampler.stop();
  }
}
