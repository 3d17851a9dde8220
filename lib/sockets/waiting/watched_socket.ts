/** One socket, as the poller sees it: who waits for it, and what the kernel has told of it. */
import type { Side, Wait } from "./wait.ts";

/** A socket that may be waited for. */
export class Watch {
  /** The calls that wait for something to read. */
  readonly readers = new WaitQueue();
  /** The calls that wait for room to write, or for a connection. */
  readonly writers = new WaitQueue();
  /** Whether the kernel watches the socket for us. */
  isRegistered = false;
  /** Whether the descriptor is closed; from then on its number may be another's. */
  isClosed = false;
  /** See {@linkcode Watch.noteReceived}. */
  #isDrained = false;
  /** Whether the kernel has told of what no event may follow: an end, an error, urgent data. */
  #isSpecial = false;

  /** Begins with nobody waiting, and the kernel not yet asked; TCP's sockets are streams. */
  constructor(readonly descriptor: number, readonly isStream: boolean) {}

  /**
   * Whether a call has to wait without a try: who came first goes first, and what has just been
   * emptied is not asked again.
   */
  isBusy(side: Side): boolean {
    return this.waitsOf(side).first !== undefined || (this.#isDrained && side === "readers");
  }

  /** Returns the calls that wait on a side. */
  waitsOf(side: Side): WaitQueue {
    return side === "readers" ? this.readers : this.writers;
  }

  /**
   * Notes how much a receive got of what it had room for. Less than that was all of a stream, and
   * the kernel will tell of the next byte, or of the end, by an event of its own (`epoll(7)`,
   * edge-triggered). Asking before that would be a system call in vain for each message.
   */
  noteReceived(length: number | undefined, room: number): void {
    this.#isDrained = this.isStream && this.isRegistered && !this.#isSpecial &&
      length !== undefined && length > 0 && length < room;
  }

  /** Notes that there is something to read, or what no event may follow. */
  noteReadable(isSpecial: boolean): void {
    this.#isDrained = false;
    this.#isSpecial ||= isSpecial;
  }
}

/**
 * The waits of one side of a socket, in the order in which they came.
 *
 * A ring: the last knows the first. So a socket that has lived long points to one wait only, and
 * for the collector of what is gone each such pointer is work.
 */
export class WaitQueue {
  #last: Wait | undefined = undefined;

  /** Who came first. */
  get first(): Wait | undefined {
    return this.#last?.next;
  }

  /** Lets a wait queue up. */
  add(wait: Wait): void {
    const last = this.#last;
    wait.next = last === undefined ? wait : last.next;
    if (last !== undefined) last.next = wait;
    this.#last = wait;
  }

  /** Takes the first wait out. */
  shift(): Wait | undefined {
    const { first } = this;
    if (first !== undefined) this.#removeAfter(this.#last!);
    return first;
  }

  /** Takes a wait out, wherever it stands. */
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
