/** What an errno means, in a sentence for somebody who meets it for the first time. */

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
  | "if_nametoindex";

/** What each call is asked for; the endpoint or the option's name follows. */
const PURPOSES: Readonly<Record<SystemCall, string>> = {
  socket: "make a socket for",
  bind: "bind to",
  listen: "listen on",
  accept: "accept on",
  connect: "connect to",
  send: "send to",
  sendto: "send a datagram to",
  recv: "receive from",
  recvfrom: "receive a datagram on",
  shutdown: "shut down",
  close: "close",
  getsockname: "tell the local endpoint of",
  getpeername: "tell the remote endpoint of",
  setsockopt: "set the option",
  getsockopt: "read the option",
  epoll_create1: "wait for",
  epoll_ctl: "watch",
  epoll_wait: "wait for",
  eventfd: "wait for",
  if_nametoindex: "find the interface",
};

type Meanings = Partial<Record<SystemCall, string>> & { readonly any: string };

// The manual pages of the calls, `ip(7)`, `tcp(7)`, `udp(7)` and what Linux 6 was seen to answer.
const MEANINGS: Readonly<Record<string, Meanings>> = {
  EACCES: {
    bind: "ports below the machine's first unprivileged one (1024, if nobody moved it) need a " +
      "privilege that this process lacks",
    setsockopt: "the option needs a privilege that this process lacks",
    any: "a rule of this machine prohibits the way there, or the address is a broadcast one",
  },
  EADDRINUSE: {
    bind: "another socket has this port on this address, or a connection of it is still in " +
      "TIME_WAIT",
    listen: "another socket listens on this port already: with SO_REUSEADDR two may be bound to " +
      "a port, but only one may listen",
    connect: "the local end that this socket would get is in use already",
    any: "the address is in use already",
  },
  EADDRNOTAVAIL: {
    bind: "no interface of this machine has this address",
    connect: "no local port is left for a connection to there: each needs a four-tuple that no " +
      "other connection has",
    any: "no interface of this machine has this address",
  },
  EAFNOSUPPORT: {
    socket: "this kernel has no such family of addresses switched on",
    any: "the socket is of another family: an IPv4 one takes no IPv6 address",
  },
  EAGAIN: {
    connect: "no ephemeral port is free for this socket",
    send: "no ephemeral port is free for this socket",
    sendto: "no ephemeral port is free for this socket",
    any: "the call would have had to wait",
  },
  EALREADY: { any: "an earlier connect of this socket is still under way" },
  EBADF: { epoll_wait: "the epoll is closed", any: "the socket is closed" },
  ECANCELED: {
    epoll_wait: "the epoll was closed while the call waited",
    any: "the socket was closed while the call waited",
  },
  ECONNABORTED: {
    accept: "the client took its connection back before it was accepted",
    any: "the connection was given up by this machine",
  },
  ECONNREFUSED: {
    connect: "the machine answered that no socket listens on this port",
    any: "an earlier datagram came back: no socket is bound to the port that it went to",
  },
  ECONNRESET: {
    any: "the other end has thrown the connection away (RST), unread data included",
  },
  EDESTADDRREQ: {
    any: "a datagram needs a destination: connect the socket first, or send to an endpoint",
  },
  EDOM: { any: "the value is outside of what the option takes" },
  EEXIST: { any: "the epoll watches this socket already, and may change its interest" },
  EHOSTUNREACH: { any: "no way leads to this machine, or it does not answer on its network" },
  EINPROGRESS: { any: "the connection is on its way and not up yet" },
  EINTR: { any: "a signal came in between" },
  EINVAL: {
    bind: "the socket has an address already and keeps it, or the address is of another family",
    listen: "the socket is connected: a socket either listens or talks",
    accept: "the socket does not listen, which comes before accept",
    connect: "the socket is of another family, or listens, or a route throws away what goes there",
    setsockopt: "the option does not take this value, or not any more",
    any: "the kernel finds a part of the call wrong for this socket",
  },
  EISCONN: {
    connect: "the socket is connected already; each connection needs a socket of its own",
    any: "the socket is connected already: send without a destination",
  },
  EMFILE: {
    any: "this process has as many files and sockets open as it may (ulimit -n)",
  },
  EMSGSIZE: {
    any: "the datagram is too long: UDP carries 65,507 bytes over IPv4, 65,527 over IPv6",
  },
  ENETDOWN: { any: "the network interface is switched off" },
  ENETUNREACH: { any: "this machine has no route to that network" },
  ENFILE: { any: "the whole machine has as many files and sockets open as it may" },
  ENOBUFS: { any: "the kernel has no memory left for this socket" },
  ENODEV: { any: "this machine has no interface of that name" },
  ENOENT: { any: "the epoll does not watch this socket" },
  ENOMEM: { any: "the kernel has no memory left for this" },
  ENOPROTOOPT: { any: "this kernel, or a socket of this kind, does not know the option" },
  ENOSPC: { any: "this user has as many sockets waited for as allowed" },
  ENOTCONN: { any: "the socket is not connected" },
  ENOTSOCK: { any: "the descriptor is no socket" },
  EOPNOTSUPP: {
    listen: "only TCP sockets listen; a UDP socket receives as soon as it is bound",
    accept: "only TCP sockets accept; a UDP socket receives as soon as it is bound",
    any: "a socket of this kind cannot do that",
  },
  EPERM: { any: "a rule of this machine, or a missing privilege, forbids it" },
  EPIPE: {
    any: "this connection sends no more: its sending side was shut down, or its other end is gone",
  },
  EPROTONOSUPPORT: { any: "this kernel does not know the protocol" },
  ETIMEDOUT: {
    connect: "nothing answered, though the kernel asked several times",
    any: "the other end does not answer any more",
  },
};

/** Returns the sentence for an errno of a call. */
export function meaningOf(call: SystemCall, code: string): string {
  const meanings = MEANINGS[code];
  return meanings?.[call] ?? meanings?.any ??
    `the kernel refused, for a reason that the manual page ${call}(2) tells`;
}

/** Returns what a call was asked for: `bind to "127.0.0.1:80"`, and `bind` if that is all. */
export function purposeOf(call: SystemCall, subject: string | undefined): string {
  return subject === undefined
    ? PURPOSES[call].replace(/ (to|on|from|of|for)$/, "")
    : `${PURPOSES[call]} "${subject}"`;
}
