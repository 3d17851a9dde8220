/**
 * One wait for all sockets: which of them have changed?
 *
 * `epoll_wait(2)` does the waiting, on one helper thread for any number of sockets, and the event
 * loop stays free. A call that waits is tried again when its socket has changed. While nothing
 * waits, no thread does, and a program that has nothing else to do ends.
 *
 * Why epoll and not `poll(2)`: a poll() in progress keeps every socket that it watches open, so a
 * close would have no effect until it returns, and the port would still be taken in the next line.
 * epoll keeps none open.
 */
import { setImmediate } from "node:timers";
import {
  EFD_CLOEXEC_NONBLOCK,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from "../../system/constants.ts";
import { EpollEvents, MAX_EVENTS, READABLE, SPECIAL, WRITABLE } from "../../system/epoll_events.ts";
import { libc } from "../../system/libc.ts";
import * as system from "../../system/calls.ts";
import { beginTurn } from "./turns.ts";
import {
  type Wait,
  type WaitLimits,
  type WaitQueue,
  WatchedDescriptor,
} from "./watched_descriptor.ts";
import { errnoOf, SocketError, type SystemCall } from "../../system/errno.ts";

const EEXIST = errnoOf("EEXIST");
const MAX_ROUNDS_A_TURN = 8;
const EVERYTHING = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP;

/** Waits for the sockets of one thread. */
export class Poller {
  readonly #epoll: number;
  /** An `eventfd(2)` that wakes the helper thread. */
  readonly #wakeUp: number;
  readonly #watched: (WatchedDescriptor | undefined)[] = [];
  readonly #events = new EpollEvents();
  readonly #eventsOfThread = new EpollEvents();
  #waits = 0;
  #isThreadWaiting = false;
  #isScheduled = false;

  /** Opens the two descriptors that all waits share. */
  constructor() {
    const { functions, errno } = libc();
    this.#epoll = system.openEpoll();
    this.#wakeUp = functions.eventfd(0, EFD_CLOEXEC_NONBLOCK);
    const error = errno[0]!;
    if (this.#wakeUp < 0) {
      functions.close(this.#epoll);
      throw new SocketError("eventfd", error);
    }
    this.#register(new WatchedDescriptor(this.#wakeUp, false), EPOLLIN);
  }

  /** Tries a call again whenever its socket has changed, until it gives a value or throws. */
  wait(wait: Wait): void {
    const { side, watched } = wait;
    if (!watched.isRegistered) this.#register(watched, EVERYTHING);
    watched[side].add(wait);
    this.#waits++;
    this.#schedule();
  }

  /** Ends a wait when it has reached a limit. */
  limit(wait: Wait, limits: WaitLimits): void {
    wait.limit(limits, (reason) => {
      wait.watched[wait.side].remove(wait);
      this.#waits--;
      wait.fail(reason);
      this.#wakeThreadIfIdle();
    });
  }

  /** Ends every wait of a socket that is about to be closed, and forgets the socket. */
  forget(watched: WatchedDescriptor, reasonOf: (call: SystemCall) => unknown): void {
    if (this.#watched[watched.descriptor] !== watched) return;
    this.#watched[watched.descriptor] = undefined;
    watched.isRegistered = false;
    for (const waits of [watched.readers, watched.writers]) {
      for (let wait; (wait = waits.shift()) !== undefined;) {
        this.#waits--;
        wait.fail(reasonOf(wait.call));
      }
    }
    this.#wakeThreadIfIdle();
  }

  // Edge-triggered, so once is enough for the whole life of a socket: a call is tried first and
  // waits only after EAGAIN, so the next change is the one that matters.
  #register(watched: WatchedDescriptor, events: number): void {
    try {
      system.controlEpoll(this.#epoll, EPOLL_CTL_ADD, watched.descriptor, events | EPOLLET);
    } catch (error) {
      if ((error as SocketError).errno !== EEXIST) throw error;
    }
    watched.isRegistered = true;
    this.#watched[watched.descriptor] = watched;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isThreadWaiting) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      beginTurn();
      if (this.#waits > 0) this.#poll(1);
    });
  }

  /** Asks what has changed, and lets the helper thread wait if nothing has. */
  #poll(round: number): void {
    let count: number;
    try {
      count = system.tryEpollWait(this.#epoll, this.#events, MAX_EVENTS);
    } catch (error) {
      return this.#failAll(error);
    }
    if (count > 0) this.#handleAndPollAgain(this.#events, count, round);
    else if (this.#waits === 0) return;
    else if (round > 1) this.#schedule();
    else this.#waitOnThread();
  }

  #waitOnThread(): void {
    this.#isThreadWaiting = true;
    const { bytes } = this.#eventsOfThread;
    libc().epollWaitElsewhere(this.#epoll, bytes, MAX_EVENTS, -1).then((count) => {
      this.#isThreadWaiting = false;
      beginTurn();
      // The errno of a failure stayed on the other thread; the next poll meets it again.
      this.#handleAndPollAgain(this.#eventsOfThread, count, 1);
    });
  }

  /**
   * Tries the calls that wait for what has changed, and polls again as soon as their callers have
   * run. That saves a busy server turns of the event loop, and waits too: an event that comes before
   * anybody waits for it is there at once when somebody asks.
   */
  async #handleAndPollAgain(events: EpollEvents, count: number, round: number): Promise<void> {
    this.#handle(events, count);
    if (round < MAX_ROUNDS_A_TURN) {
      this.#isScheduled = true;
      await undefined;
      this.#isScheduled = false;
      this.#poll(round + 1);
    } else if (this.#waits > 0) {
      this.#schedule();
    }
  }

  #handle(events: EpollEvents, count: number): void {
    for (let index = 0; index < count; index++) {
      const watched = this.#watched[events.dataAt(index)];
      // Nothing waits for the eventfd, and a socket that was closed meanwhile is not in the list. If
      // its number has been given to a new socket, that socket's calls are tried once in vain.
      if (watched === undefined) continue;
      const mask = events.eventsAt(index);
      if ((mask & READABLE) !== 0) {
        watched.noteReadable((mask & SPECIAL) !== 0);
        this.#tryAgain(watched.readers);
      }
      if ((mask & WRITABLE) !== 0) this.#tryAgain(watched.writers);
    }
  }

  #tryAgain(waits: WaitQueue): void {
    while (waits.first?.tryAgain()) {
      waits.shift();
      this.#waits--;
    }
  }

  #wakeThreadIfIdle(): void {
    if (this.#isThreadWaiting && this.#waits === 0) {
      libc().functions.eventfd_write(this.#wakeUp, 1n);
    }
  }

  #failAll(error: unknown): void {
    for (const watched of this.#watched) {
      if (watched !== undefined) this.forget(watched, () => error);
    }
  }
}

let shared: Poller | undefined;

/** Returns the poller of this thread, and makes it the first time. */
export function poller(): Poller {
  return shared ??= new Poller();
}
