/** The words of the tools for the states of a socket. */
import { quote } from "../../refusal.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { SocketState, TcpState } from "../../tuples/socket_state.ts";
import type { End } from "./_tool_endpoint.ts";
import { type Line, refuse, type Word } from "./_text_lines.ts";

/**
 * By the word in capitals, with "_" for "-".
 *
 * ss: misc/ss.c of iproute2. netstat: netstat.c of net-tools; tcp_fsm.h on macOS; Windows has
 * LISTENING and SYN_RECEIVED. lsof takes the words of the system that it runs on.
 */
const STATES: Readonly<Record<string, TcpState>> = {
  LISTEN: "LISTEN",
  LISTENING: "LISTEN",
  SYN_SENT: "SYN_SENT",
  SYN_RECV: "SYN_RECV",
  SYN_RCVD: "SYN_RECV",
  SYN_RECEIVED: "SYN_RECV",
  NEW_SYN_RECV: "SYN_RECV",
  ESTAB: "ESTABLISHED",
  ESTABLISHED: "ESTABLISHED",
  FIN_WAIT_1: "FIN_WAIT_1",
  FIN_WAIT1: "FIN_WAIT_1",
  FIN_WAIT_2: "FIN_WAIT_2",
  FIN_WAIT2: "FIN_WAIT_2",
  CLOSE_WAIT: "CLOSE_WAIT",
  CLOSING: "CLOSING",
  LAST_ACK: "LAST_ACK",
  TIME_WAIT: "TIME_WAIT",
  CLOSE: "CLOSE",
  CLOSED: "CLOSE",
  UNCONN: "CLOSE",
  // Bound, and neither listening nor connected: netstat -q on Windows, ss -B.
  BOUND: "CLOSE",
  BOUND_INACTIVE: "CLOSE",
  // A Windows, and for the last a Linux, that speaks German.
  ABHÖREN: "LISTEN",
  SYN_GESENDET: "SYN_SENT",
  HERGESTELLT: "ESTABLISHED",
  FIN_WARTEN_1: "FIN_WAIT_1",
  FIN_WARTEN_2: "FIN_WAIT_2",
  SCHLIESSEN_WARTEN: "CLOSE_WAIT",
  WARTEND: "TIME_WAIT",
  VERBUNDEN: "ESTABLISHED",
};

/** The word for a listener where a console has spoilt its umlaut. */
const SPOILT = /^ABH\P{ASCII}{1,2}REN$/u;

/** Returns the state that a word means, or `undefined` if it is no such word. */
export function wordState(word: string): TcpState | undefined {
  const key = word.toUpperCase().replaceAll("-", "_");
  if (Object.hasOwn(STATES, key)) return STATES[key];
  return SPOILT.test(key) ? "LISTEN" : undefined;
}

/** Reads a state, in the words that fit the protocol. */
export function stateIn(line: Line, word: Word | undefined, protocol: Protocol): SocketState {
  const state = word && wordState(word.text);
  if (word === undefined || state === undefined) {
    return refuse(
      line.tool,
      word ?? { line: line.number, column: line.text.length + 1 },
      "a state is a word such as LISTEN, ESTAB or TIME_WAIT",
      word === undefined ? "the end of the line" : quote(word.text),
    );
  }
  if (protocol === "tcp") return state;
  // UDP borrows two words of TCP's.
  if (state === "ESTABLISHED") return "CONNECTED";
  if (state === "CLOSE") return "UNCONNECTED";
  return refuse(line.tool, word, "UDP has no such state", quote(word.text));
}

const WITHOUT_PEER: readonly SocketState[] = ["LISTEN"];
const WITH_OR_WITHOUT: readonly SocketState[] = ["CLOSE", "UNCONNECTED"];

/** Refuses a listener that has a peer, and a connection that has none: no tool prints such a row. */
export function assertPeer(line: Line, state: SocketState, far: End): void {
  if (WITH_OR_WITHOUT.includes(state)) return;
  if (WITHOUT_PEER.includes(state) === (far.port === 0)) return;
  refuse(
    line.tool,
    far,
    far.port === 0 ? `a socket in ${state} has a peer` : `a socket in ${state} has no peer`,
    quote(far.text),
  );
}
