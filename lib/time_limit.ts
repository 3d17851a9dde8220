/**
 * Time limits for anything that waits: a cell that awaits for ever cannot be interrupted.
 *
 * @module
 */
import { callback, check, checkOptions, milliseconds, text } from "./refusal.ts";
import { Sampler, samplingInterval } from "./sampler.ts";

/** Options of {@linkcode within}. */
export interface WithinOptions {
  /** The limit in milliseconds, 0 to 2,147,483,647; 5,000 by default. */
  readonly timeout?: number;
  /** What is waited for, for the message; "the answer" by default. */
  readonly what?: string;
}

/** How long a wait may last when nothing else is said, in milliseconds. */
const DEFAULT_MS = 5_000;

const CANNOT = "Cannot wait";
const WITHIN_CHECKS = { timeout: milliseconds(), what: text };

/**
 * Waits for `promise`, but not for ever.
 *
 * The limit ends the wait, not the work: a connection or a program that the promise waits for stays
 * open until you close it.
 *
 * @returns What the promise is fulfilled with
 * @throws {DOMException} With the name "TimeoutError", if the limit is reached first
 * @throws {TypeError} If an option is unknown or of the wrong kind
 * @throws {RangeError} If the limit is out of bounds
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
  checkOptions(options, WITHIN_CHECKS, CANNOT);
  const { timeout = DEFAULT_MS, what = "the answer" } = options;
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

/** Options of {@linkcode until}. */
export interface UntilOptions extends WithinOptions {
  /** From one test of the condition to the next, in milliseconds, 1 to 60,000; 5 by default. */
  readonly interval?: number;
}

const INTERVAL_MS = 5;
const UNTIL_CHECKS = { ...WITHIN_CHECKS, interval: samplingInterval };

/**
 * Waits until a condition holds, but not for ever. The condition is tested at once, and then again
 * and again.
 *
 * @throws {DOMException} With the name "TimeoutError", if it does not hold in time
 * @throws {TypeError} If the condition is not a function, or an option is unknown or of the wrong
 * kind
 * @throws {RangeError} If the limit or the interval is out of bounds
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
export async function until(condition: () => boolean, options: UntilOptions = {}): Promise<void> {
  check(condition, callback(), { cannot: CANNOT, what: "a condition" });
  checkOptions(options, UNTIL_CHECKS, CANNOT);
  const { interval = INTERVAL_MS, ...limit } = options;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sampler = new Sampler({
    interval,
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
    await within(promise, limit);
  } finally {
    sampler.stop();
  }
}
