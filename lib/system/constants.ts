/**
 * The numbers that a C program gets from its header files. They are Linux's, the same on x86-64 and
 * on ARM64. Where macOS has another one, its headers' stands beside, for whoever ports the kit;
 * nothing here was ever run there.
 */

/** Address families, `socket(2)`, <sys/socket.h>. */
export const AF_INET = 2;
/** 30 on macOS, where each address also begins with a byte that holds its length. */
export const AF_INET6 = 10;

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

/** `socket(7)`; on macOS 4, 0x200, 0x80 (0x1080 to count in seconds), 8, 0x1001, 0x1002, 0x1007. */
export const SO_REUSEADDR = 2;
/** See SO_REUSEADDR. */
export const SO_REUSEPORT = 15;
/** See SO_REUSEADDR. */
export const SO_LINGER = 13;
/** See SO_REUSEADDR. */
export const SO_KEEPALIVE = 9;
/** See SO_REUSEADDR. */
export const SO_SNDBUF = 7;
/** See SO_REUSEADDR. */
export const SO_RCVBUF = 8;
/** See SO_REUSEADDR. */
export const SO_ERROR = 4;
/** How long a blocking receive waits; 0x1006 on macOS. */
export const SO_RCVTIMEO = 20;
/** `tcp(7)`; the same on macOS. */
export const TCP_NODELAY = 1;
/** `ip(7)`, Linux 2.2; not on macOS. */
export const IP_RECVERR = 11;
/** `ip(7)`, Linux 4.2; not on macOS. */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** `ip(7)`, Linux 6.3; not on macOS. */
export const IP_LOCAL_PORT_RANGE = 51;
/** `ipv6(7)`; not on macOS. */
export const IPV6_RECVERR = 25;
/** `ipv6(7)`; 27 on macOS. */
export const IPV6_V6ONLY = 26;

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
