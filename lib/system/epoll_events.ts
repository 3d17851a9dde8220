/** `struct epoll_event`, epoll_event(3type): what is waited for, and what has happened. */
import { EPOLLERR_OR_HUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from "./constants.ts";

/** Events that may be the last ones: an end, an error, urgent data. */
export const SPECIAL = EPOLLPRI | EPOLLRDHUP | EPOLLERR_OR_HUP;
/** Events after which a receive does not wait, even if only to report an end or an error. */
export const READABLE = EPOLLIN | SPECIAL;
/** Events after which a send does not wait. */
export const WRITABLE = EPOLLOUT | EPOLLERR_OR_HUP;

/** The most events that one `epoll_wait` returns. */
export const MAX_EVENTS = 512;

// 32 bits of events, then 64 bits for the caller; only x86-64 leaves no gap between them.
const WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
const DATA = WORDS - 2;

/** Room for the events of one `epoll_wait`. */
export class EpollEvents {
  readonly #words: Int32Array<ArrayBuffer>;
  /** The same memory, as the kernel takes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** Makes room for `count` events. */
  constructor(count = MAX_EVENTS) {
    this.#words = new Int32Array(count * WORDS);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  /** Writes what to wait for, and the number that the events will carry. */
  set(events: number, data: number): void {
    this.#words[0] = events;
    this.#words[DATA] = data;
  }

  /** What has happened, as bits. */
  eventsAt(index: number): number {
    return this.#words[index * WORDS]!;
  }

  /** The number that the event carries. */
  dataAt(index: number): number {
    return this.#words[index * WORDS + DATA]!;
  }
}
