/**
 * Readiness: one call tells which of many sockets can go on.
 *
 * Linux only, by FFI (`--allow-ffi`).
 *
 * @module
 */
import { kindOf, partOf, quoteValue } from "../refusal.ts";
import { attemptOrWait, endWaits } from "./waiting/attempt.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from "../system/constants.ts";
import { EpollEvents, MAX_EVENTS, READABLE, WRITABLE } from "../system/epoll_events.ts";
import * as system from "../system/calls.ts";
import { spend } from "./waiting/turns.ts";
import type { WaitingCall } from "./waiting/wait.ts";
import { Watch } from "./waiting/watched_socket.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { Socket, type WaitOptions } from "./socket.ts";

/** For what a socket is watched: to read (or accept) from it, to write to it, or both. */
export type Interest = "read" | "write" | "both";

/** The sockets that can go on. One that can do both stands in both lists. */
export interface ReadySockets {
  /** Where accept or receive would not wait, be it only to tell the end or an error. */
  readonly readable: readonly Socket[];
  /** Where send would not wait, be it only to tell an error. */
  readonly writable: readonly Socket[];
}

const NO_LIMITS: WaitOptions = {};

const EVENTS: Readonly<Record<Interest, number>> = {
  read: EPOLLIN | EPOLLRDHUP,
  write: EPOLLOUT,
  both: EPOLLIN | EPOLLRDHUP | EPOLLOUT,
};

// Nothing runs between a look and the lists that are made of it.
const LOOK = new EpollEvents();

/** `epoll_wait(2)` among sockets that stand at their descriptors' numbers. */
const EPOLL_WAIT: WaitingCall<readonly (Socket | undefined)[], ReadySockets> = {
  name: "epoll_wait",
  side: "readers",
  inVain: "none could go on",
  attempt({ descriptor }, sockets) {
    const count = system.tryEpollWait(descriptor, LOOK, MAX_EVENTS);
    if (count === 0) return undefined;
    spend(count);
    const readable: Socket[] = [];
    const writable: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const socket = sockets[LOOK.dataAt(index)];
      // While a child process starts, it has a copy of every socket, and what is closed here lives on.
      if (socket === undefined || socket.isClosed) continue;
      const events = LOOK.eventsAt(index);
      if ((events & READABLE) !== 0) readable.push(socket);
      if ((events & WRITABLE) !== 0) writable.push(socket);
    }
    return readable.length + writable.length > 0 ? { readable, writable } : undefined;
  },
};

/**
 * A set of sockets, and the question which of them can go on: how one thread serves thousands.
 *
 * A server that gives each client a loop of its own awaits once for each message. With an epoll it
 * awaits once for all that have something, and then does what would not wait: `tryAccept`,
 * `tryReceiveInto`, `trySend`. This is `epoll(7)`, level-triggered: a socket is told again and
 * again for as long as it can go on. `select(2)` and `poll(2)` are older calls for the same.
 *
 * A socket that is closed is not watched any more. So mind one that an earlier one of the same list
 * has made you close: its calls fail with EBADF.
 *
 * @example An echo server with one loop for all of its clients
 * ```ts
 * import { Epoll, Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using server = Socket.tcp();
 * server.bind("127.0.0.1:0");
 * server.listen();
 * using client = Socket.tcp({ timeout: 5000 });
 * await client.connect(server.localEndpoint());
 * await client.send("ahoy");
 *
 * using epoll = new Epoll();
 * epoll.add(server);
 * const message = new Uint8Array(4096);
 * for (let open = 1; open > 0;) {
 *   const { readable } = await epoll.wait({ timeout: 5000 });
 *   for (const socket of readable) {
 *     if (socket === server) {
 *       epoll.add(server.tryAccept()!);
 *       continue;
 *     }
 *     const size = socket.tryReceiveInto(message)!;
 *     if (size > 0) {
 *       socket.trySend(message, { size });
 *       assertEquals(new TextDecoder().decode(await client.receive()), "ahoy");
 *       client.close();
 *     } else {
 *       socket.close();
 *       open--;
 *     }
 *   }
 * }
 * ```
 */
export class Epoll implements Disposable {
  readonly #watch = new Watch(system.openEpoll(), false);
  // At their descriptors' numbers. A closed one stays until its number is added again, for it costs
  // nothing: the kernel forgets it by itself.
  readonly #sockets: (Socket | undefined)[] = [];

  /** Whether {@linkcode Epoll.close} was called. */
  get isClosed(): boolean {
    return this.#watch.isClosed;
  }

  /**
   * Watches a socket too. `epoll_ctl(2)`, EPOLL_CTL_ADD
   *
   * @param socket The socket, of either protocol; it may be told from the next wait on
   * @param interest For what; "read" by default
   * @throws {TypeError} If the socket is none, or the interest unknown
   * @throws {SocketError} If the socket is watched here already (EEXIST), or is closed, or the epoll
   * is (EBADF)
   */
  add(socket: Socket, interest: Interest = "read"): void {
    this.#control(EPOLL_CTL_ADD, socket, interest);
    this.#sockets[socket.descriptor] = socket;
  }

  /**
   * Watches a socket for something else: for "write" or "both" as long as there is something left
   * to send, for next to every socket is writable next to always. `epoll_ctl(2)`, EPOLL_CTL_MOD
   *
   * @throws {TypeError} If the socket is none, or the interest unknown
   * @throws {SocketError} If the socket is not watched here (ENOENT), or is closed, or the epoll is
   * (EBADF)
   */
  change(socket: Socket, interest: Interest): void {
    this.#control(EPOLL_CTL_MOD, socket, interest);
  }

  /**
   * Watches a socket no more; a socket that is closed need not be removed. `epoll_ctl(2)`,
   * EPOLL_CTL_DEL
   *
   * @throws {TypeError} If the socket is none
   * @throws {SocketError} If the socket is not watched here (ENOENT), or is closed, or the epoll is
   * (EBADF)
   */
  remove(socket: Socket): void {
    this.#control(EPOLL_CTL_DEL, socket, "read");
    this.#sockets[socket.descriptor] = undefined;
  }

  /**
   * Waits until at least one of the sockets can go on. Sockets may be added meanwhile.
   * `epoll_wait(2)`
   *
   * @returns Those that can, 512 at most; who was left out comes first the next time
   * @throws {DOMException} Named "TimeoutError", if none could within `timeout` milliseconds
   * @throws {SocketError} If the epoll is closed (EBADF), or was closed meanwhile (ECANCELED)
   */
  wait(options: WaitOptions = NO_LIMITS): Promise<ReadySockets> {
    return attemptOrWait(this.#watch, EPOLL_WAIT, this.#sockets, options);
  }

  /** Watches nothing any more; the sockets stay open. What waits fails with ECANCELED. `close(2)` */
  close(): void {
    if (this.isClosed) return;
    endWaits(this.#watch);
    system.close(this.#watch.descriptor);
    this.#sockets.length = 0;
  }

  /** Closes the epoll. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns "epoll 12", and "closed epoll" once it is closed. */
  toString(): string {
    return this.isClosed ? "closed epoll" : `epoll ${this.#watch.descriptor}`;
  }

  /** What Deno prints, and the Deno kernel shows, of an epoll. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Epoll { ${this} }`;
  }

  #control(operation: number, socket: Socket, interest: Interest): void {
    if (!(socket instanceof Socket)) {
      throw new TypeError(
        `Cannot watch ${quoteValue(socket)}: an epoll watches a Socket, got ${kindOf(socket)}`,
      );
    }
    if (!Object.hasOwn(EVENTS, interest)) {
      throw new TypeError(
        `Cannot watch "${socket}" for ${quoteValue(interest)}: an interest is "read", "write" or ` +
          `"both", got ${partOf(interest)}`,
      );
    }
    const subject = `${socket}`;
    if (this.isClosed) {
      const meaning = "the epoll is closed";
      throw new SocketError("epoll_ctl", errnoOf("EBADF"), { subject, meaning });
    }
    const { descriptor } = this.#watch;
    system.controlEpoll(descriptor, operation, socket.descriptor, EVENTS[interest], subject);
  }
}
