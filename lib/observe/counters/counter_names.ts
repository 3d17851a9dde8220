/**
 * The counters of the kernel that the course meets: their names, and what each counts.
 *
 * @module
 */
import type { Protocol } from "../../ports/protocol.ts";
import { type Check, oneOf } from "../../refusal.ts";

/** The kernel's name of a counter. */
export type CounterName =
  | "ActiveOpens"
  | "PassiveOpens"
  | "AttemptFails"
  | "EstabResets"
  | "CurrEstab"
  | "InSegs"
  | "OutSegs"
  | "RetransSegs"
  | "OutRsts"
  | "TCPOrigDataSent"
  | "TCPTimeouts"
  | "TCPSynRetrans"
  | "ListenOverflows"
  | "ListenDrops"
  | "TW"
  | "TWRecycled"
  | "TCPAbortOnData"
  | "TCPAbortOnClose"
  | "TCPAbortOnTimeout"
  | "InDatagrams"
  | "OutDatagrams"
  | "NoPorts"
  | "InErrors"
  | "RcvbufErrors"
  | "SndbufErrors";

/** A counter of the kernel, and what it counts. */
export interface CounterDefinition {
  /** Whose it is. */
  readonly protocol: Protocol;
  /** Under which line of /proc/net/snmp (Tcp, Udp) or /proc/net/netstat (TcpExt) it stands. */
  readonly line: "Tcp" | "TcpExt" | "Udp";
  /** What it counts, in one sentence. */
  readonly meaning: string;
  /** Where that is said: an RFC's name for it, or the constant in the kernel's source. */
  readonly source: string;
}

/** RFC 4022 (TCP-MIB) and RFC 4113 (UDP-MIB) define it under this name. */
function standard(name: string, meaning: string): CounterDefinition {
  const isTcp = name.startsWith("tcp");
  return {
    protocol: isTcp ? "tcp" : "udp",
    line: isTcp ? "Tcp" : "Udp",
    meaning,
    source: `RFC ${isTcp ? 4022 : 4113} ${name}`,
  };
}

/** Linux' own, include/uapi/linux/snmp.h; most are told in its networking/snmp_counter. */
function linux(constant: string, meaning: string): CounterDefinition {
  const isTcp = constant.startsWith("LINUX_MIB");
  return {
    protocol: isTcp ? "tcp" : "udp",
    line: isTcp ? "TcpExt" : "Udp",
    meaning,
    source: `Linux ${constant}`,
  };
}

/**
 * Each counter by the kernel's own name for it, which `nstat -az` and `netstat -s` know too.
 *
 * @example What a counter counts
 * ```ts
 * import { COUNTERS } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(COUNTERS.ActiveOpens.meaning, "Connections that a connect on this side began.");
 * assertEquals(COUNTERS.ActiveOpens.source, "RFC 4022 tcpActiveOpens");
 * ```
 */
export const COUNTERS: Readonly<Record<CounterName, CounterDefinition>> = Object.freeze({
  ActiveOpens: standard(
    "tcpActiveOpens",
    "Connections that a connect on this side began.",
  ),
  PassiveOpens: standard(
    "tcpPassiveOpens",
    "Connections that came to a listening socket on this side.",
  ),
  AttemptFails: standard(
    "tcpAttemptFails",
    "Connections that came to nothing before they were established, such as refused ones.",
  ),
  EstabResets: standard(
    "tcpEstabResets",
    "Ends of connections that a reset (RST), sent or received, closed at once.",
  ),
  CurrEstab: standard(
    "tcpCurrEstab",
    "Ends of connections that are open now (ESTABLISHED or CLOSE_WAIT): it falls again.",
  ),
  InSegs: standard(
    "tcpInSegs",
    "TCP segments that arrived, also those without data.",
  ),
  OutSegs: standard(
    "tcpOutSegs",
    "TCP segments that were sent, also those without data; repeated ones do not count.",
  ),
  RetransSegs: standard(
    "tcpRetransSegs",
    "TCP segments that were sent once more, since no answer came to them.",
  ),
  OutRsts: standard(
    "tcpOutRsts",
    "Resets (RST) that were sent: a refusal, or a connection thrown away.",
  ),
  TCPOrigDataSent: linux(
    "LINUX_MIB_TCPORIGDATASENT",
    "TCP segments that were sent with something new in them, data or the end of it (FIN).",
  ),
  TCPTimeouts: linux(
    "LINUX_MIB_TCPTIMEOUTS",
    "Times that TCP had waited in vain for an answer, and sent again or gave up.",
  ),
  TCPSynRetrans: linux(
    "LINUX_MIB_TCPSYNRETRANS",
    "First segments (SYN, or SYN and ACK) that were sent once more.",
  ),
  ListenOverflows: linux(
    "LINUX_MIB_LISTENOVERFLOWS",
    "Times that a client knocked and the queue of connections to accept was full.",
  ),
  ListenDrops: linux(
    "LINUX_MIB_LISTENDROPS",
    "Times that a listening socket dropped what a client sent, for a full queue or another reason.",
  ),
  TW: linux(
    "LINUX_MIB_TIMEWAITED",
    "Connections closed first on this side, which no program has any more and the kernel keeps: TIME_WAIT, or FIN_WAIT_2 before it.",
  ),
  TWRecycled: linux(
    "LINUX_MIB_TIMEWAITRECYCLED",
    "Four-tuples in TIME_WAIT that a new connection took over before the time was up.",
  ),
  TCPAbortOnData: linux(
    "LINUX_MIB_TCPABORTONDATA",
    "Connections that were thrown away with a reset by a close with a linger time of 0, or by data after a close.",
  ),
  TCPAbortOnClose: linux(
    "LINUX_MIB_TCPABORTONCLOSE",
    "Connections that were thrown away with a reset by a close while data was still unread.",
  ),
  TCPAbortOnTimeout: linux(
    "LINUX_MIB_TCPABORTONTIMEOUT",
    "Connections that were given up, since no answer came however often TCP sent again.",
  ),
  InDatagrams: standard(
    "udpInDatagrams",
    "UDP datagrams that a program has taken from its socket.",
  ),
  OutDatagrams: standard(
    "udpOutDatagrams",
    "UDP datagrams that were sent.",
  ),
  NoPorts: standard(
    "udpNoPorts",
    "UDP datagrams that came to a port which no socket has.",
  ),
  InErrors: standard(
    "udpInErrors",
    "UDP datagrams that came for a socket and were lost, for a full buffer or another reason.",
  ),
  RcvbufErrors: linux(
    "UDP_MIB_RCVBUFERRORS",
    "UDP datagrams that were lost since the receiving socket's buffer was full.",
  ),
  SndbufErrors: linux(
    "UDP_MIB_SNDBUFERRORS",
    "UDP datagrams that could not be sent since the sending socket's buffer was full.",
  ),
});

/** The names, in the order in which they are shown: TCP's, then UDP's. */
export const COUNTER_NAMES: readonly CounterName[] = Object.freeze(
  Object.keys(COUNTERS) as CounterName[],
);

/** Allows the name of a counter that the course knows. */
export const counterName: Check<CounterName> = oneOf(...COUNTER_NAMES);
