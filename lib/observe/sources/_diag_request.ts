/** The question to the kernel: which of your sockets are like this? `sock_diag(7)` */
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import {
  AF,
  TCP_BOUND_INACTIVE,
  TCP_STATE_NUMBERS,
  UDP_STATE_NUMBERS,
} from "../../system/constants.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { diagBytecode, type DiagFilter } from "./_diag_filter.ts";

/** `netlink(7)`: the header of a message. */
export const NLMSG_HEADER_BYTES = 16;
const INET_DIAG_REQ_V2_BYTES = 56;
const INET_DIAG_REQ_BYTES = 60;
const ATTRIBUTE_HEADER_BYTES = 4;

/** `linux/sock_diag.h`: a request for one address family, and the type of its answers. */
export const SOCK_DIAG_BY_FAMILY = 20;
/** `linux/inet_diag.h`: the older request, for TCP alone, which both families answer. */
export const TCPDIAG_GETSOCK = 18;
const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300; // NLM_F_ROOT | NLM_F_MATCH
const INET_DIAG_REQ_BYTECODE = 1;

const IPPROTO = { tcp: 6, udp: 17 } as const;

/** Which sockets of one table are asked for. */
export interface DiagQuestion extends DiagFilter {
  /** Whose table. */
  readonly protocol: Protocol;
  /**
   * Which addresses. Both by default, which TCP's table alone can be asked for: the kernel then walks it
   * once instead of twice, and on a large machine that walk is nearly all that an answer costs.
   */
  readonly family?: AddressFamily | undefined;
  /** The states; by default all in which a socket has a conversation, or waits for one. */
  readonly states?: readonly SocketState[] | undefined;
  /** The local port. */
  readonly localPort?: number | undefined;
  /** The remote port. */
  readonly remotePort?: number | undefined;
}

/** Returns the bits of states; none if no socket of the protocol can be in any of them. */
export function stateBits(protocol: Protocol, states: readonly SocketState[]): number {
  const numbers: Readonly<Record<string, number>> = protocol === "tcp"
    ? TCP_STATE_NUMBERS
    : UDP_STATE_NUMBERS;
  return states.reduce((bits, state) => {
    const number = numbers[state];
    if (number === undefined) return bits;
    return bits | 1 << number | (state === "CLOSE" ? 1 << TCP_BOUND_INACTIVE : 0);
  }, 0);
}

/** All states, that of a TCP socket which is only bound too. */
export const ALL_STATES: readonly SocketState[] = [...TCP_STATES, ...UDP_STATES];

/** The states that a table is asked for by default: all but bound and idle. */
export const USUAL_STATES: readonly SocketState[] = ALL_STATES
  .filter((state) => state !== "CLOSE");

/**
 * Packs the message: header, `struct inet_diag_req_v2` or, for both families, the older
 * `struct inet_diag_req`, and the filter if there is one.
 */
export function packDiagRequest(question: DiagQuestion, sequence: number): Uint8Array<ArrayBuffer> {
  const { protocol, family, states = USUAL_STATES, localPort = 0, remotePort = 0 } = question;
  const bytecode = diagBytecode(question);
  const attribute = bytecode.length === 0 ? 0 : ATTRIBUTE_HEADER_BYTES + bytecode.length;
  const request = family === undefined ? INET_DIAG_REQ_BYTES : INET_DIAG_REQ_V2_BYTES;
  const bytes = new Uint8Array(NLMSG_HEADER_BYTES + request + attribute);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, family === undefined ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  view.setUint32(8, sequence, true);
  const at = NLMSG_HEADER_BYTES;
  // In a dump the kernel compares the ports of this `struct inet_diag_sockid`, and nothing else.
  const ports = family === undefined ? at + 4 : at + 8;
  view.setUint16(ports, localPort);
  view.setUint16(ports + 2, remotePort);
  const bits = stateBits(protocol, states);
  if (family === undefined) {
    view.setUint32(at + 52, bits, true);
  } else {
    view.setUint8(at, AF[family]);
    view.setUint8(at + 1, IPPROTO[protocol]);
    view.setUint32(at + 4, bits, true);
  }
  if (attribute > 0) {
    view.setUint16(at + request, attribute, true);
    view.setUint16(at + request + 2, INET_DIAG_REQ_BYTECODE, true);
    bytes.set(bytecode, at + request + ATTRIBUTE_HEADER_BYTES);
  }
  return bytes;
}
