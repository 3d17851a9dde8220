/**
 * The error of a system call: what the call was asked to do, and what its errno means for that call.
 *
 * @module
 */
import { constants } from "node:os";
import { quoteValue, refusal } from "../refusal.ts";
import type { Endpoint } from "../tuples/endpoint.ts";

/** The system calls that a socket makes, by their names in the manual. */
export type SystemCall =
  | "socket"
  | "bind"
  | "listen"
  | "accept"
  | "connect"
  | "send"
  | "sendto"
  | "recv"
  | "recvfrom"
  | "shutdown"
  | "close"
  | "getsockname"
  | "getpeername"
  | "setsockopt"
  | "getsockopt"
  | "epoll_create1"
  | "epoll_ctl"
  | "epoll_wait"
  | "eventfd"
  | "fcntl"
  | "if_nametoindex";

interface CallWords {
  readonly does: string;
  readonly to: string;
  readonly inVain?: string;
}

/**
 * What each call does, the word between that and the endpoint or option that it is about, and what
 * did not happen when it waited in vain.
 */
const CALLS: Readonly<Record<SystemCall, CallWords>> = {
  socket: { does: "make a socket", to: "for" },
  bind: { does: "bind", to: "to" },
  listen: { does: "listen", to: "on" },
  accept: { does: "accept", to: "on", inVain: "no client connected" },
  connect: { does: "connect", to: "to", inVain: "no answer came" },
  send: { does: "send", to: "to", inVain: "the other end made no room" },
  sendto: { does: "send a datagram", to: "to", inVain: "the kernel had no room" },
  recv: { does: "receive", to: "from", inVain: "nothing came" },
  recvfrom: { does: "receive a datagram", to: "on", inVain: "no datagram came" },
  shutdown: { does: "shut down", to: "the connection to" },
  close: { does: "close", to: "" },
  getsockname: { does: "read the local endpoint", to: "of" },
  getpeername: { does: "read the remote endpoint", to: "of" },
  setsockopt: { does: "set the option", to: "" },
  getsockopt: { does: "read the option", to: "" },
  epoll_create1: { does: "wait", to: "for" },
  epoll_ctl: { does: "watch", to: "" },
  epoll_wait: { does: "wait", to: "for", inVain: "no socket was ready" },
  eventfd: { does: "wait", to: "for" },
  fcntl: { does: "set the flags", to: "" },
  if_nametoindex: { does: "find the interface", to: "" },
};

const NUMBERS: Readonly<Record<string, number | undefined>> = constants.errno;
// Some numbers have two names, such as EAGAIN and EWOULDBLOCK: the manual pages use the first one.
const CODES = new Map(Object.entries(NUMBERS).reverse().map(([code, number]) => [number, code]));
for (const code of ["EAGAIN", "EOPNOTSUPP"]) CODES.set(NUMBERS[code], code);

/**
 * Returns the name of an error number of this machine: "EADDRINUSE" for Linux's 98.
 *
 * @param errno The number
 * @returns The name, or "errno 4711" if the number has none
 */
export function errnoCode(errno: number): string {
  return CODES.get(errno) ?? `errno ${errno}`;
}

/**
 * Returns the number that an error's name has on this machine.
 *
 * @param code The name, such as "EADDRINUSE"
 * @throws {RangeError} If this machine has no such error
 */
export function errnoOf(code: string): number {
  const errno = NUMBERS[code];
  if (errno === undefined) {
    throw refusal(RangeError, {
      cannot: `Cannot find the number of ${quoteValue(code)}`,
      rule: 'an error of this machine has a name such as "EADDRINUSE"',
      part: quoteValue(code),
    });
  }
  return errno;
}

/** What a {@linkcode SocketError} says in addition to the call and the errno. */
export interface SocketErrorOptions {
  /** The endpoint that the call is about; none by default. */
  readonly endpoint?: Endpoint;
  /** What else the call is about, such as the name of an option; none by default. */
  readonly subject?: string;
  /** What the errno means here; by default what it means for this call. */
  readonly meaning?: string;
}

/**
 * A system call that failed. The message says what the call was asked to do, what the error means
 * for that call, and the error's name: EADDRINUSE means one thing for `bind` and another for `listen`.
 *
 * @example The same call twice
 * ```ts
 * import { Socket, SocketError } from "fourtuple/sockets";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * using first = Socket.tcp();
 * first.bind("127.0.0.1:0");
 * using second = Socket.tcp();
 * const error = assertThrows(() => second.bind(first.localEndpoint()), SocketError);
 * assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
 * assertEquals(error.endpoint, first.localEndpoint());
 * ```
 */
export class SocketError extends Error {
  /** The error's name, "SocketError". */
  override readonly name = "SocketError";
  /** The system call, by its name in the manual: `man 2 bind`. */
  readonly call: SystemCall;
  /** The name of the error: "EADDRINUSE". */
  readonly code: string;
  /** The number of the error on this machine: Linux's EADDRINUSE is 98. */
  readonly errno: number;
  /** The endpoint that the call was about, if there was one. */
  readonly endpoint: Endpoint | undefined;

  /**
   * Makes the error of a call.
   *
   * @param call The system call
   * @param errno The error number that it left
   */
  constructor(call: SystemCall, errno: number, options: SocketErrorOptions = {}) {
    const code = errnoCode(errno);
    const { endpoint, subject = endpoint, meaning = meaningOf(call, code) } = options;
    super(`Cannot ${purposeOf(call, subject?.toString())}: ${meaning}, got ${code}`);
    this.call = call;
    this.code = code;
    this.errno = errno;
    this.endpoint = endpoint;
  }
}

/** Returns what a call was asked for: `bind to "127.0.0.1:80"`, and `bind` without a subject. */
export function purposeOf(call: SystemCall, subject?: { toString(): string }): string {
  const { does, to } = CALLS[call];
  if (subject === undefined) return does;
  return to === "" ? `${does} "${subject}"` : `${does} ${to} "${subject}"`;
}

/** Returns what did not happen when a call waited in vain: "no client connected". */
export function outcomeInVain(call: SystemCall): string {
  return CALLS[call].inVain ?? "nothing happened";
}

function meaningOf(call: SystemCall, code: string): string {
  const meanings = MEANINGS[code];
  return meanings?.[call] ?? meanings?.any ??
    `the kernel refused, for a reason that the manual page ${call}(2) explains`;
}

type Meanings = Partial<Record<SystemCall, string>> & { readonly any: string };

// The manual pages of the calls, `ip(7)`, `tcp(7)`, `udp(7)` and what Linux 6 was seen to answer.
const MEANINGS: Readonly<Record<string, Meanings>> = {
  EACCES: {
    bind: "ports below 1024 (net.ipv4.ip_unprivileged_port_start) need a privilege that this " +
      "process lacks",
    setsockopt: "the option needs a privilege that this process lacks",
    any: "a firewall or routing rule forbids it, or the address is a broadcast address",
  },
  EADDRINUSE: {
    bind: "another socket has this port at this address, or a connection that had it is still " +
      "in TIME_WAIT",
    listen: "another socket already listens on this port: SO_REUSEADDR lets two sockets bind to " +
      "a port, but only one may listen",
    connect: "another socket already has this four-tuple",
    any: "the address is already in use",
  },
  EADDRNOTAVAIL: {
    bind: "no interface of this machine has this address",
    connect: "no local port is left for a connection to this endpoint: each connection needs a " +
      "four-tuple of its own",
    any: "no interface of this machine has this address",
  },
  EAFNOSUPPORT: {
    socket: "this kernel does not support this address family",
    any: "the socket has another address family: an IPv4 socket takes no IPv6 address",
  },
  EAGAIN: {
    connect: "no ephemeral port is free for this socket",
    send: "no ephemeral port is free for this socket",
    sendto: "no ephemeral port is free for this socket",
    any: "the call would have to wait",
  },
  EALREADY: { any: "an earlier connect of this socket is still in progress" },
  EBADF: { epoll_wait: "the epoll is closed", any: "the socket is closed" },
  ECANCELED: {
    epoll_wait: "the epoll was closed while the call waited",
    any: "the socket was closed while the call waited",
  },
  ECONNABORTED: {
    accept: "the client ended the connection before it was accepted",
    any: "this machine gave the connection up",
  },
  ECONNREFUSED: {
    connect: "the machine answered that no socket listens on this port",
    any: "no socket is bound to the port that an earlier datagram was sent to",
  },
  ECONNRESET: {
    any: "the other end has reset the connection (RST), and unread data is lost",
  },
  EDESTADDRREQ: {
    any: "the datagram has no destination: connect the socket first, or use sendTo",
  },
  EDOM: { any: "the value is out of the bounds of this option" },
  EEXIST: { any: "the epoll already watches this socket; use change for another interest" },
  EHOSTUNREACH: { any: "no route leads to this machine, or it does not answer on its network" },
  EINPROGRESS: { any: "the connection is not established yet" },
  EINTR: { any: "a signal interrupted the call" },
  EINVAL: {
    bind:
      "the socket is already bound, the address is of another family, or it is link-local and " +
      "has no zone, as in fe80::1%eth0",
    listen: "the socket is connected, and a connected socket cannot listen",
    accept: "the socket does not listen: call listen first",
    connect:
      "the socket listens, or is of another family, a route discards what goes there, or the " +
      "address is link-local and has no zone, as in fe80::1%eth0",
    setsockopt: "the option does not take this value, or not in this state of the socket",
    any: "an argument of the call is invalid for this socket",
  },
  EISCONN: {
    connect: "the socket is already connected: each connection needs its own socket",
    any: "the socket is already connected: send without a destination",
  },
  EMFILE: {
    any: "this process has the most files and sockets open that its limit allows (ulimit -n)",
  },
  EMSGSIZE: {
    any: "the datagram is too long: UDP carries at most 65,507 bytes over IPv4, 65,527 over IPv6",
  },
  ENETDOWN: { any: "the network interface is down" },
  ENETUNREACH: { any: "this machine has no route to that network" },
  ENFILE: {
    any: "this machine has the most files and sockets open that its limit allows (fs.file-max)",
  },
  ENOBUFS: { any: "the kernel has no memory left for this socket" },
  ENODEV: { any: "this machine has no interface of that name" },
  ENOENT: { any: "the epoll does not watch this socket" },
  ENOMEM: { any: "the kernel has no memory left for this" },
  ENOPROTOOPT: { any: "this kernel, or a socket of this kind, does not know the option" },
  ENOSPC: {
    any: "this user watches the most descriptors that the limit allows (fs.epoll.max_user_watches)",
  },
  ENOTCONN: { any: "the socket is not connected" },
  ENOTSOCK: { any: "the descriptor is not a socket" },
  EOPNOTSUPP: {
    listen: "only TCP sockets listen; a UDP socket receives as soon as it is bound",
    accept: "only TCP sockets accept; a UDP socket receives as soon as it is bound",
    any: "a socket of this kind cannot do that",
  },
  EPERM: { any: "a firewall rule forbids it, or a privilege is missing" },
  EPIPE: {
    any: "this end cannot send any more: it was shut down, or the other end has gone",
  },
  EPROTONOSUPPORT: { any: "this kernel does not know the protocol" },
  ETIMEDOUT: {
    connect: "nothing answered, although the kernel tried several times",
    any: "the other end no longer answers",
  },
};
