/** `struct epoll_event`, epoll_event(3type): what is waited for, and what has happened. */
import { EPOLLERR_OR_HUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from "./constants.ts";

/** What no further event may follow: an end, an error, urgent data. */
export const SPECIAL = EPOLLPRI | EPOLLRDHUP | EPOLLERR_OR_HUP;
/** What lets a reader go on, be it to hear of an end or an error. */
export const READABLE = EPOLLIN | SPECIAL;
/** What lets a writer go on. */
export const WRITABLE = EPOLLOUT | EPOLLERR_OR_HUP;

/** How many events one look takes. */
export const MAX_EVENTS = 512;

// The events, then 64 bits of the caller's; x86-64 leaves no gap between them.
const WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
const DATA = WORDS - 2;

/** Room for the events of one look. */
export class EpollEvents {
  readonly #words: Int32Array<ArrayBuffer>;
  /** The same room, as the kernel takes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** Makes room. */
  constructor(count = MAX_EVENTS) {
    this.#words = new Int32Array(count * WORDS);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  /** Writes what is waited for, and the number that its events are to carry. */
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
