/**
 * Readiness: one call says which of many sockets are ready.
 *
 * Linux only, by FFI (`--allow-ffi`).
 *
 * @module
 */
import { check, instanceOf, oneOf } from "../refusal.ts";
import * as system from "../system/calls.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from "../system/constants.ts";
import { EpollEvents, MAX_EVENTS, READABLE, WRITABLE } from "../system/epoll_events.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { Socket } from "./socket.ts";
import {
  attemptOrWait,
  endWaits,
  NO_LIMITS,
  PLAIN_CALL,
  type WaitOptions,
} from "./waiting/attempt.ts";
import { spend } from "./waiting/turns.ts";
import { WatchedDescriptor } from "./waiting/watched_descriptor.ts";

/** What a socket is watched for: to read (or accept) from it, to write to it, or both. */
export type Interest = "read" | "write" | "both";

/** The sockets that are ready. One that is ready for both is in both lists. */
export interface ReadySockets {
  /** Where accept or receive would not wait, even if only to report the end or an error. */
  readonly readable: readonly Socket[];
  /** Where send would not wait, even if only to report an error. */
  readonly writable: readonly Socket[];
}

const EVENTS: Readonly<Record<Interest, number>> = {
  read: EPOLLIN | EPOLLRDHUP,
  write: EPOLLOUT,
  both: EPOLLIN | EPOLLRDHUP | EPOLLOUT,
};

// One for all: nothing runs between an `epoll_wait` and the lists that are made of its events.
const REPORTED = new EpollEvents();

/**
 * A set of sockets that is asked which of them are ready: how one thread serves thousands.
 *
 * A server that gives each client its own loop awaits once for each message. With an epoll it awaits
 * once for all that have something, and then makes the calls that would not wait: `tryAccept`,
 * `tryReceiveInto`, `trySend`. This is `epoll(7)`, level-triggered: a socket is reported again and
 * again for as long as it is ready. `select(2)` and `poll(2)` are older calls for the same purpose.
 *
 * A closed socket is no longer watched. Be careful with a socket that an earlier one in the same list
 * made you close: its calls fail with EBADF.
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
  readonly #watched = new WatchedDescriptor(system.openEpoll(), false);
  // The sockets, indexed by their descriptors. A closed one stays until its number is added again,
  // which costs nothing: the kernel forgets it by itself.
  readonly #sockets: (Socket | undefined)[] = [];

  /** Whether {@linkcode Epoll.close} was called. */
  get isClosed(): boolean {
    return this.#watched.isClosed;
  }

  /**
   * Watches another socket. `epoll_ctl(2)`, EPOLL_CTL_ADD
   *
   * @param socket The socket, TCP or UDP; it may be reported from the next wait on
   * @param interest What for; "read" by default
   * @throws {TypeError} If `socket` is not a Socket, or the interest is unknown
   * @throws {SocketError} If the epoll already watches the socket (EEXIST), or the socket or the
   * epoll is closed (EBADF)
   */
  add(socket: Socket, interest: Interest = "read"): void {
    this.#control(EPOLL_CTL_ADD, socket, interest);
    this.#sockets[socket.descriptor] = socket;
  }

  /**
   * Watches a socket for something else: for "write" or "both" only while there is something left to
   * send, since nearly every socket is writable nearly always. `epoll_ctl(2)`, EPOLL_CTL_MOD
   *
   * @throws {TypeError} If `socket` is not a Socket, or the interest is unknown
   * @throws {SocketError} If the epoll does not watch the socket (ENOENT), or the socket or the epoll
   * is closed (EBADF)
   */
  change(socket: Socket, interest: Interest): void {
    this.#control(EPOLL_CTL_MOD, socket, interest);
  }

  /**
   * Stops watching a socket; a closed socket need not be removed. `epoll_ctl(2)`, EPOLL_CTL_DEL
   *
   * @throws {TypeError} If `socket` is not a Socket
   * @throws {SocketError} If the epoll does not watch the socket (ENOENT), or the socket or the epoll
   * is closed (EBADF)
   */
  remove(socket: Socket): void {
    this.#control(EPOLL_CTL_DEL, socket, "read");
    this.#sockets[socket.descriptor] = undefined;
  }

  /**
   * Waits until at least one of the sockets is ready. Sockets may be added meanwhile.
   * `epoll_wait(2)`
   *
   * @returns The sockets that are ready, 512 at most; the others come first the next time
   * @throws {DOMException} Named "TimeoutError", if none is ready within `timeout` milliseconds
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {SocketError} If the epoll is closed (EBADF), or is closed meanwhile (ECANCELED)
   */
  wait(options: WaitOptions = NO_LIMITS): Promise<ReadySockets> {
    return attemptOrWait(
      this.#watched,
      "epoll_wait",
      "readers",
      (descriptor) => this.#tryWait(descriptor),
      options,
      PLAIN_CALL,
    );
  }

  /** Stops watching; the sockets stay open. A call that waits fails with ECANCELED. `close(2)` */
  close(): void {
    if (this.isClosed) return;
    endWaits(this.#watched);
    system.close(this.#watched.descriptor);
    this.#sockets.length = 0;
  }

  /** Closes the epoll. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns "epoll 12", and "closed epoll" once it is closed. */
  toString(): string {
    return this.isClosed ? "closed epoll" : `epoll ${this.#watched.descriptor}`;
  }

  /** How Deno and the Deno kernel print an epoll. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Epoll { ${this} }`;
  }

  #tryWait(descriptor: number): ReadySockets | undefined {
    const count = system.tryEpollWait(descriptor, REPORTED, MAX_EVENTS);
    if (count === 0) return undefined;
    spend(count);
    const readable: Socket[] = [];
    const writable: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const socket = this.#sockets[REPORTED.dataAt(index)];
      // While a child process starts, it has a copy of every socket, so one that was closed here may
      // still be reported.
      if (socket === undefined || socket.isClosed) continue;
      const events = REPORTED.eventsAt(index);
      if ((events & READABLE) !== 0) readable.push(socket);
      if ((events & WRITABLE) !== 0) writable.push(socket);
    }
    return readable.length + writable.length > 0 ? { readable, writable } : undefined;
  }

  #control(operation: number, socket: Socket, interest: Interest): void {
    const cannot = "Cannot watch a socket";
    check(socket, instanceOf(Socket, "a Socket"), { cannot, what: "what an epoll watches" });
    check(interest, oneOf("read", "write", "both"), { cannot, what: "an interest" });
    const subject = `${socket}`;
    if (this.isClosed) {
      const meaning = "the epoll is closed";
      throw new SocketError("epoll_ctl", errnoOf("EBADF"), { subject, meaning });
    }
    const { descriptor } = this.#watched;
    system.controlEpoll(descriptor, operation, socket.descriptor, EVENTS[interest], subject);
  }
}
