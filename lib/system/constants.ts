/**
 * The numbers that a C program gets from its header files. They are Linux's, the same on x86-64 and
 * on ARM64. Comments name the number of macOS where it differs; nothing here was tried there.
 *
 * The numbers of socket options are in `sockets/options.ts`.
 */
import type { AddressFamily } from "../tuples/endpoint.ts";
import type { TcpState, UdpState } from "../tuples/socket_state.ts";

/** Address families, `socket(2)`, <sys/socket.h>. */
export const AF_INET = 2;
/** 30 on macOS, where each address also begins with a byte that holds its length. */
export const AF_INET6 = 10;

/** The number of an address family. */
export const AF: Readonly<Record<AddressFamily, number>> = { IPv4: AF_INET, IPv6: AF_INET6 };

/** Sockets between processes of one machine, `unix(7)`. */
export const AF_UNIX = 1;

/** Socket types, `socket(2)`. */
export const SOCK_STREAM = 1;
/** UDP's type. */
export const SOCK_DGRAM = 2;
/** A stream of whole messages, `unix(7)`; not for AF_UNIX on macOS. */
export const SOCK_SEQPACKET = 5;
/** No call waits in the kernel. macOS has no such flag: there it is `fcntl(2)`, O_NONBLOCK = 4. */
export const SOCK_NONBLOCK = 0o4000;
/** A child process does not inherit the socket. macOS: `fcntl(2)`, FD_CLOEXEC. */
export const SOCK_CLOEXEC = 0o2000000;

/** Sets the flags of a descriptor: `fcntl(2)`, asm-generic/fcntl.h. */
export const F_SETFD = 2;
/** The one flag of a descriptor: a program that the process starts does not get it. */
export const FD_CLOEXEC = 1;

/** `send(2)`: an error instead of the signal SIGPIPE. 0x80000 on macOS. */
export const MSG_NOSIGNAL = 0x4000;

/** `recv(2)`: do not wait in the kernel, whatever the descriptor is set to. 0x80 on macOS. */
export const MSG_DONTWAIT = 0x40;
/** `recv(2)`: tell how long a datagram is, not how much of it there was room for. */
export const MSG_TRUNC = 0x20;

/** `netlink(7)`, which macOS has not. */
export const AF_NETLINK = 16;
/** `netlink(7)`. */
export const SOCK_RAW = 3;
/** `sock_diag(7)`. */
export const NETLINK_SOCK_DIAG = 4;
/** `recvmsg(2)`: a child process does not inherit the descriptor that comes. Not on macOS. */
export const MSG_CMSG_CLOEXEC = 0x40000000;
/** `unix(7)`: descriptors come along with the message. */
export const SCM_RIGHTS = 1;

/** What `shutdown(2)` ends. */
export const SHUT = { read: 0, write: 1, both: 2 } as const;

/** Levels of options, `setsockopt(2)`. 0xffff on macOS. */
export const SOL_SOCKET = 1;
/** `ip(7)`. */
export const IPPROTO_IP = 0;
/** `tcp(7)`. */
export const IPPROTO_TCP = 6;
/** `ipv6(7)`. */
export const IPPROTO_IPV6 = 41;

/** How long a blocking receive waits, `socket(7)`; 0x1006 on macOS. */
export const SO_RCVTIMEO = 20;

/** `epoll_ctl(2)`; macOS has `kqueue(2)` instead. */
export const EPOLL_CTL_ADD = 1;
/** `epoll_ctl(2)` */
export const EPOLL_CTL_DEL = 2;
/** `epoll_ctl(2)` */
export const EPOLL_CTL_MOD = 3;
/** Something to read or to accept, or the other end has ended its side. */
export const EPOLLIN = 0x1;
/** Urgent data, `tcp(7)`, at which a receive stops. */
export const EPOLLPRI = 0x2;
/** Room to write, or a connection that has come up. */
export const EPOLLOUT = 0x4;
/** An error, or both sides have ended: the kernel tells these without being asked. */
export const EPOLLERR_OR_HUP = 0x8 | 0x10;
/** The other end sends no more. */
export const EPOLLRDHUP = 0x2000;
/** Tell once for each change, not for as long as it lasts. */
export const EPOLLET = 2 ** 31;
/** `epoll_create1(2)`. */
export const EPOLL_CLOEXEC: number = SOCK_CLOEXEC;
/** `eventfd(2)`. */
export const EFD_CLOEXEC_NONBLOCK = SOCK_CLOEXEC | SOCK_NONBLOCK;

/** States of TCP sockets: Linux, include/net/tcp_states.h. */
export const TCP_STATE_NUMBERS: Readonly<Record<TcpState, number>> = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT_1: 4,
  FIN_WAIT_2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
};
/** A connection that waits for the last ACK of its handshake; tools show it as SYN_RECV. */
export const TCP_NEW_SYN_RECV = 12;
/**
 * A socket that is bound, and neither listens nor is connected (Linux 6.8). The kernel keeps these in
 * a list of their own, which has to be asked for; tools show them as CLOSE.
 */
export const TCP_BOUND_INACTIVE = 13;
/** UDP borrows TCP's numbers for a socket with a peer and one without (net/ipv4/udp.c). */
export const UDP_STATE_NUMBERS: Readonly<Record<UdpState, number>> = {
  CONNECTED: 1,
  UNCONNECTED: 7,
};
