/** A call is tried at once, and if it cannot be done yet, again when its socket has changed. */
import { kindOf, quoteValue } from "../../refusal.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import { MAX_INT } from "./waiting_calls.ts";
import { poller } from "./poller.ts";
import type { SystemCall } from "../../system/errno_meanings.ts";
import * as system from "../../system/calls.ts";
import { refuse, settle } from "./turns.ts";
import { timeoutError, Wait, type WaitingCall } from "./wait.ts";
import type { Watch } from "./watched_socket.ts";
import { errnoOf, SocketError } from "../../system/errno.ts";
import type { WaitOptions } from "../socket.ts";

const EBADF = errnoOf("EBADF");
const ECANCELED = errnoOf("ECANCELED");

/** Returns the descriptor for a call, unless it is closed. */
export function use(watch: Watch, call: SystemCall): number {
  if (watch.isClosed) throw new SocketError(call, EBADF);
  return watch.descriptor;
}

/** Tries a call once, unless others wait for their turn: its value, or `undefined` instead of EAGAIN. */
export function attempt<Input, Value>(
  watch: Watch,
  call: WaitingCall<Input, Value>,
  input: Input,
): Value | undefined {
  use(watch, call.name);
  return watch.waitsOf(call.side).first === undefined ? call.attempt(watch, input) : undefined;
}

/** Tries a call until it gives a value or throws, or a limit is reached. */
export function attemptOrWait<Input, Value>(
  watch: Watch,
  call: WaitingCall<Input, Value>,
  input: Input,
  { signal, timeout }: WaitOptions,
  endpoint?: Endpoint,
): Promise<Value> {
  try {
    if (timeout !== undefined) assertTimeout(timeout);
    signal?.throwIfAborted();
    use(watch, call.name);
    if (timeout === 0 || !watch.isBusy(call.side)) {
      const value = call.attempt(watch, input);
      if (value !== undefined) return settle(value);
    }
    if (timeout === 0) throw timeoutError(call, timeout, subjectOf(watch, call, endpoint));
    const wait = new Wait(call, watch, input);
    poller().wait(wait as Wait);
    if (timeout !== undefined || signal !== undefined) {
      limit(wait as Wait, { signal, timeout }, endpoint);
    }
    return wait.promise;
  } catch (error) {
    return refuse(error);
  }
}

// A function of its own, for a call without limits is to leave nothing behind but its promise.
function limit(wait: Wait, { signal, timeout }: WaitOptions, endpoint?: Endpoint): void {
  const subject = () => subjectOf(wait.watch, wait.call, endpoint);
  poller().limit(wait, { signal, timeout, subject });
}

function subjectOf(
  { descriptor }: Watch,
  { name }: WaitingCall<never, unknown>,
  endpoint: Endpoint | undefined,
): Endpoint | undefined {
  return endpoint ?? system.subjectOf(name, descriptor);
}

/** Ends what waits, and notes that the descriptor is about to be closed. */
export function endWaits(watch: Watch): void {
  // First nobody here knows the number any more; from the close on it may be another socket's.
  watch.isClosed = true;
  if (watch.isRegistered) poller().forget(watch, (call) => new SocketError(call, ECANCELED));
}

/** Refuses what is no time to wait, in milliseconds. */
export function assertTimeout(timeout: number | undefined): void {
  if (timeout === undefined) return;
  if (typeof timeout !== "number") {
    throw new TypeError(
      `Cannot wait for ${quoteValue(timeout)} ms: a limit is a number, got ${kindOf(timeout)}`,
    );
  }
  if (timeout >= 0 && timeout <= MAX_INT) return;
  throw new RangeError(
    `Cannot wait for "${timeout}" ms: a limit is 0 to ${MAX_INT} milliseconds, got ${timeout}`,
  );
}
