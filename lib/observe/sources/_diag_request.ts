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
const ATTRIBUTE_HEADER_BYTES = 4;

const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300; // NLM_F_ROOT | NLM_F_MATCH
const INET_DIAG_REQ_BYTECODE = 1;

const IPPROTO = { tcp: 6, udp: 17 } as const;

/** Which sockets of one table are asked for. */
export interface DiagQuestion extends DiagFilter {
  /** Whose table. */
  readonly protocol: Protocol;
  /** Which addresses. */
  readonly family: AddressFamily;
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

/** Packs the message: header, `struct inet_diag_req_v2`, and the filter if there is one. */
export function packDiagRequest(question: DiagQuestion, sequence: number): Uint8Array<ArrayBuffer> {
  const { protocol, family, states = USUAL_STATES, localPort = 0, remotePort = 0 } = question;
  const bytecode = diagBytecode(question);
  const attribute = bytecode.length === 0 ? 0 : ATTRIBUTE_HEADER_BYTES + bytecode.length;
  const bytes = new Uint8Array(NLMSG_HEADER_BYTES + INET_DIAG_REQ_V2_BYTES + attribute);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  view.setUint32(8, sequence, true);
  let at = NLMSG_HEADER_BYTES;
  view.setUint8(at, AF[family]);
  view.setUint8(at + 1, IPPROTO[protocol]);
  view.setUint32(at + 4, stateBits(protocol, states), true);
  // In a dump the kernel compares the ports of this `struct inet_diag_sockid`, and nothing else.
  view.setUint16(at + 8, localPort);
  view.setUint16(at + 10, remotePort);
  if (attribute > 0) {
    at += INET_DIAG_REQ_V2_BYTES;
    view.setUint16(at, attribute, true);
    view.setUint16(at + 2, INET_DIAG_REQ_BYTECODE, true);
    bytes.set(bytecode, at + ATTRIBUTE_HEADER_BYTES);
  }
  return bytes;
}
