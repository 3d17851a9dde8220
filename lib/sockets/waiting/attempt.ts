/** A call is tried at once, and if it would have to wait, again when its descriptor has changed. */
import { checkOptions, instanceOf, milliseconds, type OptionChecks } from "../../refusal.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import * as system from "../../system/calls.ts";
import {
  errnoOf,
  outcomeInVain,
  purposeOf,
  SocketError,
  type SystemCall,
} from "../../system/errno.ts";
import { poller } from "./poller.ts";
import { refuse, settle } from "./turns.ts";
import { type Attempt, type Side, Wait, type WatchedDescriptor } from "./watched_descriptor.ts";

/** How long a call may wait. */
export interface WaitOptions {
  /** When it is aborted, the call rejects with its reason; by default nothing aborts the call. */
  readonly signal?: AbortSignal | undefined;
  /**
   * After how many milliseconds the call rejects with a `DOMException` named "TimeoutError", which
   * is what `AbortSignal.timeout()` gives too. 0 does not wait at all. By default the socket's own.
   */
  readonly timeout?: number | undefined;
}

/** What {@linkcode WaitOptions} may be. */
export const WAIT_OPTIONS: OptionChecks<WaitOptions> = {
  signal: instanceOf(AbortSignal, "an AbortSignal"),
  timeout: milliseconds(),
};

/** The default of every call: options that need no check. */
export const NO_LIMITS: Readonly<Record<string, never>> = Object.freeze({});

/** What a call is about, and which options it takes. */
export interface CallSubject {
  /** The options that the call takes. */
  readonly checks: OptionChecks<WaitOptions>;
  /** The endpoint that an error names; by default the one that the kernel knows. */
  readonly endpoint?: Endpoint;
}

/** A call without options of its own. */
export const PLAIN_CALL: CallSubject = { checks: WAIT_OPTIONS };

const EBADF = errnoOf("EBADF");
const ECANCELED = errnoOf("ECANCELED");

/** Returns the descriptor for a call, unless it is closed. */
export function use(watched: WatchedDescriptor, call: SystemCall): number {
  if (watched.isClosed) throw new SocketError(call, EBADF);
  return watched.descriptor;
}

/** Tries a call once: its value, or `undefined` if it would have to wait. */
export function attemptOnce<Value>(
  watched: WatchedDescriptor,
  call: SystemCall,
  side: Side,
  attempt: Attempt<Value>,
): Value | undefined {
  const descriptor = use(watched, call);
  return watched[side].first === undefined ? attempt(descriptor) : undefined;
}

/** Tries a call until it gives a value or throws, or until a limit is reached. */
export function attemptOrWait<Value>(
  watched: WatchedDescriptor,
  call: SystemCall,
  side: Side,
  attempt: Attempt<Value>,
  options: WaitOptions,
  { checks, endpoint }: CallSubject,
): Promise<Value> {
  try {
    if (options !== NO_LIMITS) checkOptions(options, checks, `Cannot ${purposeOf(call)}`);
    const { signal, timeout = watched.timeout } = options;
    signal?.throwIfAborted();
    const descriptor = use(watched, call);
    if (timeout === 0 || !watched.isBusy(side)) {
      const value = attempt(descriptor);
      if (value !== undefined) return settle(value);
    }
    if (timeout === 0) throw timeoutError(watched, call, timeout, endpoint);
    const wait = new Wait(watched, call, side, attempt);
    poller().wait(wait as Wait);
    if (timeout !== undefined || signal !== undefined) {
      limit(wait as Wait, signal, timeout, endpoint);
    }
    return wait.promise;
  } catch (error) {
    return refuse(error);
  }
}

// A function of its own, so that a call without limits allocates no closure for them.
function limit(
  wait: Wait,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
  endpoint: Endpoint | undefined,
): void {
  poller().limit(wait, {
    signal,
    timeout,
    timeoutError: () => timeoutError(wait.watched, wait.call, timeout!, endpoint),
  });
}

function timeoutError(
  { descriptor }: WatchedDescriptor,
  call: SystemCall,
  timeout: number,
  endpoint: Endpoint | undefined = system.subjectOf(call, descriptor),
): DOMException {
  const message = `Cannot ${purposeOf(call, endpoint)}: ${
    outcomeInVain(call)
  } within ${timeout} ms`;
  return new DOMException(message, "TimeoutError");
}

/** Ends the waits of a descriptor that is about to be closed. */
export function endWaits(watched: WatchedDescriptor): void {
  // First, because from the close on the number may belong to another socket.
  watched.isClosed = true;
  if (watched.isRegistered) poller().forget(watched, (call) => new SocketError(call, ECANCELED));
}
