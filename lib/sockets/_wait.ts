/** A call that cannot be done yet, and what may end it before it can. */
import { purposeOf, type SystemCall } from "./_errno_meanings.ts";

/** The side on which a call waits: accept and receive read, connect and send write. */
export type Side = "readers" | "writers";

/** A call that may have to wait. */
export interface WaitingCall {
  /** Its name in the manual. */
  readonly call: SystemCall;
  /** The side on which it waits. */
  readonly side: Side;
  /** What did not happen, if it waited in vain. */
  readonly inVain: string;
}

/** The calls that may have to wait. */
export const ACCEPT: WaitingCall = { call: "accept", side: "readers", inVain: "no client came" };
/** See ACCEPT. */
export const CONNECT: WaitingCall = { call: "connect", side: "writers", inVain: "no answer came" };
/** See ACCEPT. */
export const SEND: WaitingCall = {
  call: "send",
  side: "writers",
  inVain: "the other end made no room",
};
/** See ACCEPT. */
export const SEND_TO: WaitingCall = {
  call: "sendto",
  side: "writers",
  inVain: "the kernel made no room",
};
/** See ACCEPT. */
export const RECEIVE: WaitingCall = { call: "recv", side: "readers", inVain: "nothing came" };
/** See ACCEPT. */
export const RECEIVE_FROM: WaitingCall = {
  call: "recvfrom",
  side: "readers",
  inVain: "no datagram came",
};

/** Tries a call: its value, or `undefined` if it has to wait on. */
export type Attempt<Value> = () => Value | undefined;

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
  { call, inVain }: WaitingCall,
  timeout: number,
  subject: unknown,
): DOMException {
  const purpose = purposeOf(call, subject === undefined ? undefined : `${subject}`);
  return new DOMException(`Cannot ${purpose}: ${inVain} within ${timeout} ms`, "TimeoutError");
}

/** A call that waits. */
export class Wait<Value = unknown> {
  /** What the caller awaits. */
  readonly promise: Promise<Value>;
  /** The call. */
  readonly what: WaitingCall;
  readonly #attempt: Attempt<Value>;
  #resolve!: (value: Value) => void;
  #reject!: (reason: unknown) => void;
  #unlimit: (() => void) | undefined;

  /** Makes a wait that only {@linkcode Wait.go} or {@linkcode Wait.fail} will end. */
  constructor(what: WaitingCall, attempt: Attempt<Value>) {
    this.what = what;
    this.#attempt = attempt;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Tries the call, and tells whether it is over, be it by an error. */
  go(): boolean {
    try {
      const value = this.#attempt();
      if (value === undefined) return false;
      this.#resolve(value);
    } catch (error) {
      this.#reject(error);
    }
    this.#unlimit?.();
    return true;
  }

  /** Ends the wait without the call. */
  fail(reason: unknown): void {
    this.#reject(reason);
    this.#unlimit?.();
  }

  /** Calls `expire` with an error when a limit is reached, and not when the wait is over. */
  limit({ signal, timeout, subject }: WaitLimits, expire: (reason: unknown) => void): void {
    const timer = timeout === undefined
      ? undefined
      : setTimeout(() => expire(timeoutError(this.what, timeout, subject())), timeout);
    const onAbort = () => expire(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#unlimit = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }
}
