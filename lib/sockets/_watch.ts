/** One socket, as the poller sees it: who waits for it, and what the kernel has told of it. */
import type { Side, Wait } from "./_wait.ts";

/** A socket that may be waited for. */
export class Watch {
  /** The calls that wait for something to read. */
  readonly readers = new WaitQueue();
  /** The calls that wait for room to write, or for a connection. */
  readonly writers = new WaitQueue();
  /** Whether the kernel watches the socket for us. */
  isRegistered = false;
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
    return this[side].first !== undefined || (this.#isDrained && side === "readers");
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

/** The waits of one side of a socket, in the order in which they came. */
export class WaitQueue {
  /** Who came first. */
  first: Wait | undefined = undefined;
  #last: Wait | undefined = undefined;

  /** Lets a wait queue up. */
  add(wait: Wait): void {
    if (this.first === undefined) this.first = wait;
    else this.#last!.next = wait;
    this.#last = wait;
  }

  /** Takes the first wait out. */
  shift(): Wait | undefined {
    const wait = this.first;
    this.first = wait?.next;
    return wait;
  }

  /** Takes a wait out, wherever it stands. */
  remove(wait: Wait): void {
    if (this.first === wait) {
      this.shift();
      return;
    }
    let before = this.first;
    while (before !== undefined && before.next !== wait) before = before.next;
    if (before === undefined) return;
    before.next = wait.next;
    if (this.#last === wait) this.#last = before;
  }
}
