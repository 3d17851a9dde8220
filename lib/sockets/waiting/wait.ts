/** A call that cannot be done yet, and what may end it before it can. */
import { purposeOf, type SystemCall } from "../../system/errno_meanings.ts";
import type { Watch } from "./watched_socket.ts";

/** The side on which a call waits: accept and receive read, connect and send write. */
export type Side = "readers" | "writers";

/** A call that may have to wait; `Input` is what a try needs. */
export interface WaitingCall<Input, Value> {
  /** Its name in the manual. */
  readonly name: SystemCall;
  /** The side on which it waits. */
  readonly side: Side;
  /** What did not happen, if it waited in vain. */
  readonly inVain: string;
  /** Tries it: its value, or `undefined` if it has to wait on. */
  attempt(watch: Watch, input: Input): Value | undefined;
}

/** What ends a wait early. */
export interface WaitLimits {
  /** Ends the wait with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  /** Ends the wait after so many milliseconds. */
  readonly timeout: number | undefined;
  /** Returns what the call is about, for the error that says so. */
  readonly subject: () => unknown;
}

/** Makes the error of a call that waited for so many milliseconds in vain. */
export function timeoutError(
  { name, inVain }: WaitingCall<never, unknown>,
  timeout: number,
  subject: unknown,
): DOMException {
  const purpose = purposeOf(name, subject === undefined ? undefined : `${subject}`);
  return new DOMException(`Cannot ${purpose}: ${inVain} within ${timeout} ms`, "TimeoutError");
}

/** A call that waits. */
export class Wait<Input = unknown, Value = unknown> {
  /** What the caller awaits. */
  readonly promise: Promise<Value>;
  /** Who came next, on the same side of the same socket; the queue sees to it. */
  next: Wait = this as Wait;
  readonly #input: Input;
  #resolve!: (value: Value | Promise<never>) => void;
  #unlimit: (() => void) | undefined = undefined;

  /** Makes a wait that only {@linkcode Wait.go} or {@linkcode Wait.fail} will end. */
  constructor(readonly call: WaitingCall<Input, Value>, readonly watch: Watch, input: Input) {
    this.#input = input;
    // Without the function that rejects, which a promise can be handed as well, the engine makes
    // one object less for each call that waits.
    this.promise = new Promise<Value>((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Tries the call, and tells whether it is over, be it by an error. */
  go(): boolean {
    try {
      const value = this.call.attempt(this.watch, this.#input);
      if (value === undefined) return false;
      this.#resolve(value);
      this.#unlimit?.();
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Ends the wait without the call. */
  fail(reason: unknown): void {
    this.#resolve(Promise.reject(reason));
    this.#unlimit?.();
  }

  /** Calls `expire` with an error when a limit is reached, and not when the wait is over. */
  limit({ signal, timeout, subject }: WaitLimits, expire: (reason: unknown) => void): void {
    const timer = timeout === undefined
      ? undefined
      : setTimeout(() => expire(timeoutError(this.call, timeout, subject())), timeout);
    const onAbort = () => expire(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#unlimit = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }
}
