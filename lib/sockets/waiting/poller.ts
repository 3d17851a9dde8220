/**
 * One wait for all sockets: which of them can go on?
 *
 * `epoll_wait(2)` does the waiting, on one helper thread for however many sockets, and the event
 * loop stays free. A call that waits is tried again when its socket has changed. While nothing
 * waits, no thread does, and a program that has nothing else to do ends.
 *
 * Why epoll and not poll(): a poll() that is under way holds on to every socket that it watches, so
 * that a close would do nothing before it returns, and the port would still be taken in the next
 * line. epoll holds on to none; a closed socket is gone.
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
import type { SystemCall } from "../../system/errno_meanings.ts";
import { libc } from "../../system/libc.ts";
import * as system from "../../system/calls.ts";
import { beginTurn } from "./turns.ts";
import type { Wait, WaitLimits } from "./wait.ts";
import { type WaitQueue, Watch } from "./watched_socket.ts";
import { errnoOf, SocketError } from "../../system/errno.ts";

const EEXIST = errnoOf("EEXIST");
const MAX_LOOKS_A_TURN = 8;
const EVERYTHING = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP;

/** Waits for the sockets of one thread. */
export class Poller {
  readonly #epoll: number;
  readonly #bell: number;
  readonly #watches: (Watch | undefined)[] = [];
  readonly #events = new EpollEvents();
  readonly #eventsElsewhere = new EpollEvents();
  #waits = 0;
  #isAway = false;
  #isScheduled = false;

  /** Makes the epoll descriptor, and the bell that wakes its helper thread. */
  constructor() {
    const { functions, errno } = libc();
    this.#epoll = system.openEpoll();
    this.#bell = functions.eventfd(0, EFD_CLOEXEC_NONBLOCK);
    const error = errno[0]!;
    if (this.#bell < 0) {
      functions.close(this.#epoll);
      throw new SocketError("eventfd", error);
    }
    this.#register(new Watch(this.#bell, false), EPOLLIN);
  }

  /** Tries a call again whenever its socket has changed, until it gives a value or throws. */
  wait(wait: Wait): void {
    const { call, watch } = wait;
    if (!watch.isRegistered) this.#register(watch, EVERYTHING);
    watch.waitsOf(call.side).add(wait);
    this.#waits++;
    this.#schedule();
  }

  /** Ends a wait when it has reached a limit. */
  limit(wait: Wait, limits: WaitLimits): void {
    wait.limit(limits, (reason) => {
      wait.watch.waitsOf(wait.call.side).remove(wait);
      this.#waits--;
      wait.fail(reason);
      this.#dismiss();
    });
  }

  /** Ends every wait of a socket that is about to be closed, and forgets it. */
  forget(watch: Watch, reasonOf: (call: SystemCall) => unknown): void {
    if (this.#watches[watch.descriptor] !== watch) return;
    this.#watches[watch.descriptor] = undefined;
    watch.isRegistered = false;
    for (const waits of [watch.readers, watch.writers]) {
      for (let wait; (wait = waits.shift()) !== undefined;) {
        this.#waits--;
        wait.fail(reasonOf(wait.call.name));
      }
    }
    this.#dismiss();
  }

  // Edge-triggered, so once is enough for the whole life of a socket: a call is tried first and
  // waits only after EAGAIN, so the next change is the one that matters.
  #register(watch: Watch, events: number): void {
    try {
      system.controlEpoll(this.#epoll, EPOLL_CTL_ADD, watch.descriptor, events | EPOLLET);
    } catch (error) {
      if ((error as SocketError).errno !== EEXIST) throw error;
    }
    watch.isRegistered = true;
    this.#watches[watch.descriptor] = watch;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isAway) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      beginTurn();
      if (this.#waits > 0) this.#look(1);
    });
  }

  /** Asks what has changed, and sends the helper thread to wait if nothing has. */
  #look(looks: number): void {
    let count: number;
    try {
      count = system.tryEpollWait(this.#epoll, this.#events, MAX_EVENTS);
    } catch (error) {
      return this.#give(error);
    }
    if (count > 0) this.#goAndLookAgain(this.#events, count, looks);
    else if (this.#waits === 0) return;
    else if (looks > 1) this.#schedule();
    else this.#sendAway();
  }

  #sendAway(): void {
    this.#isAway = true;
    const { bytes } = this.#eventsElsewhere;
    libc().epollWaitElsewhere(this.#epoll, bytes, MAX_EVENTS, -1).then((count) => {
      this.#isAway = false;
      beginTurn();
      // An error's number stayed on the other thread; the next look tells it.
      this.#goAndLookAgain(this.#eventsElsewhere, count, 1);
    });
  }

  /**
   * Tries the calls that wait for what has changed, and looks again as soon as those who were woken
   * have gone a step on. For a busy server that spares turns of the event loop, and waits too: what
   * a look finds before anybody waits for it is there at once when somebody asks.
   */
  async #goAndLookAgain(events: EpollEvents, count: number, looks: number): Promise<void> {
    this.#go(events, count);
    if (looks < MAX_LOOKS_A_TURN) {
      this.#isScheduled = true;
      await undefined;
      this.#isScheduled = false;
      this.#look(looks + 1);
    } else if (this.#waits > 0) {
      this.#schedule();
    }
  }

  /** Tries the calls that wait for what has changed. */
  #go(events: EpollEvents, count: number): void {
    for (let index = 0; index < count; index++) {
      const watch = this.#watches[events.dataAt(index)];
      // Nothing waits for the bell, and what was closed meanwhile is not here any more. If its
      // number has been given to a new socket, that one's calls are tried once in vain.
      if (watch === undefined) continue;
      const mask = events.eventsAt(index);
      if ((mask & READABLE) !== 0) {
        watch.noteReadable((mask & SPECIAL) !== 0);
        this.#drain(watch.readers);
      }
      if ((mask & WRITABLE) !== 0) this.#drain(watch.writers);
    }
  }

  #drain(waits: WaitQueue): void {
    while (waits.first?.go()) {
      waits.shift();
      this.#waits--;
    }
  }

  /** Calls the helper thread back if nothing waits any more. */
  #dismiss(): void {
    if (this.#isAway && this.#waits === 0) libc().functions.eventfd_write(this.#bell, 1n);
  }

  /** Ends every wait with an error that concerns them all. */
  #give(error: unknown): void {
    for (const watch of this.#watches) {
      if (watch !== undefined) this.forget(watch, () => error);
    }
  }
}

let shared: Poller | undefined;

/** Returns the poller of this thread, and makes it the first time. */
export function poller(): Poller {
  return shared ??= new Poller();
}
