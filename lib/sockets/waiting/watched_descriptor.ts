/**
 * A descriptor that calls may have to wait for, and the calls that wait.
 *
 * A call that waits is a closure that is tried again whenever the kernel reports a change.
 */
import type { SystemCall } from "../../system/errno.ts";

/** The side on which a call waits: accept and receive read, connect and send write. */
export type Side = "readers" | "writers";

/** Tries a call: its value, or `undefined` if it would have to wait. */
export type Attempt<Value> = (descriptor: number) => Value | undefined;

/** What ends a wait early. */
export interface WaitLimits {
  /** Ends the wait with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  /** Ends the wait after this many milliseconds. */
  readonly timeout: number | undefined;
  /** Makes the error for `timeout`. */
  readonly timeoutError: () => unknown;
}

/** A descriptor, as the poller sees it: which calls wait for it, and what the kernel has reported. */
export class WatchedDescriptor {
  /** The calls that wait for something to read. */
  readonly readers = new WaitQueue();
  /** The calls that wait for room to write, or for a connection. */
  readonly writers = new WaitQueue();
  /** Whether the poller's epoll watches the descriptor. */
  isRegistered = false;
  /** Whether the descriptor is closed; from then on its number may belong to another file. */
  isClosed = false;
  /** See {@linkcode WatchedDescriptor.noteReceived}. */
  #isDrained = false;
  /** Whether the kernel has reported something that no event may follow: an end, an error, urgent data. */
  #isSpecial = false;

  /**
   * Starts with no waits, and with the kernel not yet asked.
   *
   * @param isStream Whether it is a TCP socket
   * @param timeout How many milliseconds a call may wait by default; as long as it takes if left out
   */
  constructor(
    readonly descriptor: number,
    readonly isStream: boolean,
    readonly timeout?: number | undefined,
  ) {}

  /**
   * Whether a call has to wait without a try: other calls came first, or the last receive took all
   * that there was.
   */
  isBusy(side: Side): boolean {
    return this[side].first !== undefined || (this.#isDrained && side === "readers");
  }

  /**
   * Notes how much a receive got, and how much it had room for. If it got less, that was all of the
   * stream, and the kernel reports the next byte, or the end, by another event (`epoll(7)`,
   * edge-triggered). Asking before that would be a useless system call for each message.
   */
  noteReceived(length: number | undefined, room: number): void {
    this.#isDrained = this.isStream && this.isRegistered && !this.#isSpecial &&
      length !== undefined && length > 0 && length < room;
  }

  /** Notes that there is something to read; `isSpecial` if no event may follow. */
  noteReadable(isSpecial: boolean): void {
    this.#isDrained = false;
    this.#isSpecial ||= isSpecial;
  }
}

/** A call that waits. */
export class Wait<Value = unknown> {
  /** What the caller awaits. */
  readonly promise: Promise<Value>;
  /** The next wait on the same side of the same descriptor; the queue sets it. */
  next: Wait = this as Wait;
  readonly #attempt: Attempt<Value>;
  #resolve!: (value: Value | Promise<never>) => void;
  #unlimit: (() => void) | undefined = undefined;

  /** Makes a wait that only {@linkcode Wait.tryAgain} or {@linkcode Wait.fail} ends. */
  constructor(
    readonly watched: WatchedDescriptor,
    readonly call: SystemCall,
    readonly side: Side,
    attempt: Attempt<Value>,
  ) {
    this.#attempt = attempt;
    // Not asking for the function that rejects saves an object for each call that waits.
    this.promise = new Promise<Value>((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Tries the call again, and returns whether it is over, with a value or an error. */
  tryAgain(): boolean {
    try {
      const value = this.#attempt(this.watched.descriptor);
      if (value === undefined) return false;
      this.#resolve(value);
      this.#unlimit?.();
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Ends the wait with an error. */
  fail(reason: unknown): void {
    this.#resolve(Promise.reject(reason));
    this.#unlimit?.();
  }

  /** Calls `expire` with an error when a limit is reached, unless the wait is over by then. */
  limit({ signal, timeout, timeoutError }: WaitLimits, expire: (reason: unknown) => void): void {
    const timer = timeout === undefined
      ? undefined
      : setTimeout(() => expire(timeoutError()), timeout);
    const onAbort = () => expire(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#unlimit = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }
}

/**
 * The waits on one side of a descriptor, first come first served.
 *
 * The last wait points to the first, so that a socket that has lived long points to one wait only:
 * each pointer from an old object to a new one is work for the garbage collector.
 */
export class WaitQueue {
  #last: Wait | undefined = undefined;

  /** The wait that came first. */
  get first(): Wait | undefined {
    return this.#last?.next;
  }

  /** Adds a wait at the end. */
  add(wait: Wait): void {
    const last = this.#last;
    wait.next = last === undefined ? wait : last.next;
    if (last !== undefined) last.next = wait;
    this.#last = wait;
  }

  /** Removes the first wait and returns it. */
  shift(): Wait | undefined {
    const { first } = this;
    if (first !== undefined) this.#removeAfter(this.#last!);
    return first;
  }

  /** Removes a wait, wherever it is. */
  remove(wait: Wait): void {
    let before = this.#last;
    if (before === undefined) return;
    while (before.next !== wait) {
      before = before.next;
      if (before === this.#last) return;
    }
    this.#removeAfter(before);
  }

  #removeAfter(before: Wait): void {
    const wait = before.next;
    before.next = wait.next;
    if (wait === this.#last) this.#last = wait === before ? undefined : before;
  }
}
