/**
 * The names of a socket's states.
 *
 * Every tool spells them in its own way (`ss`: ESTAB, FIN-WAIT-1; `netstat`: ESTABLISHED,
 * FIN_WAIT1). Here they are Linux's names, which the tools' outputs resemble, with underscores
 * between the words; RFC 9293 section 3.3.2 writes SYN-RECEIVED for SYN_RECV and CLOSED for CLOSE.
 *
 * @module
 */

/** The states of a TCP socket: Linux, include/net/tcp_states.h; RFC 9293 section 3.3.2. */
export const TCP_STATES = [
  "LISTEN",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "CLOSE_WAIT",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
] as const;

/**
 * The states of a UDP socket. UDP itself has none; the kernel distinguishes a socket that takes
 * datagrams from any sender from one that has a peer, set by connect(2).
 */
export const UDP_STATES = ["UNCONNECTED", "CONNECTED"] as const;

/** A state of a TCP socket. */
export type TcpState = typeof TCP_STATES[number];

/** A state of a UDP socket. */
export type UdpState = typeof UDP_STATES[number];

/** A state of a TCP or a UDP socket. */
export type SocketState = TcpState | UdpState;
