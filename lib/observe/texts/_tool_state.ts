/** The words of the tools for the states of a socket. */
import { quote } from "../../refusal.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { SocketState, TcpState } from "../../tuples/socket_state.ts";
import type { End } from "./_tool_endpoint.ts";
import { type Line, refuse, type Word } from "./_text_lines.ts";

/**
 * By the word in capitals, with "_" for "-".
 *
 * ss: misc/ss.c of iproute2. netstat: tcp_state[] in netstat.c of net-tools and in BusyBox's
 * networking/netstat.c; tcp_fsm.h on macOS and FreeBSD; Windows has LISTENING and SYN_RECEIVED. lsof
 * takes the words of the system that it runs on.
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
};

/**
 * The words of net-tools' message catalogues, /usr/share/locale/<language>/LC_MESSAGES/net-tools.mo,
 * version 2.10: those that differ from English. Estonian, French and Japanese leave all states as
 * they are. One of them has a blank in it.
 */
export const CATALOGUE_STATES: Readonly<Record<string, Readonly<Record<string, TcpState>>>> = {
  cs: {
    SPOJENO: "ESTABLISHED",
    ZAVŘEN: "CLOSE",
    "POSLEDNÍ ACK": "LAST_ACK",
    NASLOUCHÁ: "LISTEN",
    ZAVÍRÁ: "CLOSING",
  },
  de: { VERBUNDEN: "ESTABLISHED" },
  et: {},
  fr: {},
  ja: {},
  pt_BR: {
    ESTABELECIDA: "ESTABLISHED",
    SYN_ENVIADO: "SYN_SENT",
    SYN_RECEBIDO: "SYN_RECV",
    ESPERA_FIN1: "FIN_WAIT_1",
    ESPERA_FIN2: "FIN_WAIT_2",
    FECHAR: "CLOSE",
    ESPERANDO_FECHAR: "CLOSE_WAIT",
    ÚLTIMO_ACK: "LAST_ACK",
    OUÇA: "LISTEN",
    FECHANDO: "CLOSING",
  },
};

/** A Windows that speaks German, as people have published its outputs: it has no catalogue to read. */
const GERMAN_WINDOWS: Readonly<Record<string, TcpState>> = {
  ABHÖREN: "LISTEN",
  SYN_GESENDET: "SYN_SENT",
  SYN_EMPFANGEN: "SYN_RECV",
  HERGESTELLT: "ESTABLISHED",
  FIN_WARTEN_1: "FIN_WAIT_1",
  FIN_WARTEN_2: "FIN_WAIT_2",
  SCHLIESSEN_WARTEN: "CLOSE_WAIT",
  WARTEND: "TIME_WAIT",
};

const TRANSLATED: Readonly<Record<string, TcpState>> = Object.assign(
  {},
  ...Object.values(CATALOGUE_STATES),
  GERMAN_WINDOWS,
);

/**
 * The translated words with letters that a wrong code page spoils: for such a letter stands
 * anything but a capital of English, its base letter, or nothing.
 */
const SPOILT: readonly (readonly [pattern: RegExp, state: TcpState])[] = Object.entries(TRANSLATED)
  .filter(([word]) => /\P{ASCII}/u.test(word))
  .map(([word, state]) => {
    const pattern = word.replaceAll(/\P{ASCII}/gu, (letter) => {
      const base = letter.normalize("NFD")[0]!;
      return `(?:${base}(?:E|\\P{ASCII}{1,2})?|[^A-Z0-9_\\s]{0,4})`;
    });
    return [new RegExp(`^${pattern}$`, "u"), state];
  });

/** Returns the state that a word means, or `undefined` if it is no such word. */
export function wordState(word: string): TcpState | undefined {
  const key = word.toUpperCase().replaceAll("-", "_");
  if (Object.hasOwn(STATES, key)) return STATES[key];
  if (Object.hasOwn(TRANSLATED, key)) return TRANSLATED[key];
  return SPOILT.find(([pattern]) => pattern.test(word))?.[1];
}

/** Returns how many of the words are a state, and which: "POSLEDNÍ ACK" is two. */
export function statePhrase(
  words: readonly Word[],
): { readonly length: number; readonly state: TcpState } | undefined {
  for (const length of [2, 1]) {
    if (words.length < length) continue;
    const state = wordState(words.slice(0, length).map(({ text }) => text).join(" "));
    if (state !== undefined) return { length, state };
  }
  return undefined;
}

/** Reads a state, in the words that fit the protocol. */
export function stateIn(line: Line, word: Word | undefined, protocol: Protocol): SocketState {
  const state = word && wordState(word.text);
  if (word === undefined || state === undefined) return refuseState(line, word);
  return stateOf(line, word, { state, protocol });
}

/** Refuses a word that is no state, or the end of a line where there is none. */
export function refuseState(line: Line, word: Word | undefined): never {
  return refuse(
    line.tool,
    word ?? { line: line.number, column: line.text.length + 1 },
    "a state is a word such as LISTEN, ESTAB or TIME_WAIT",
    word === undefined ? "the end of the line" : quote(word.text),
  );
}

/** Returns a state as the protocol has it: UDP borrows two words of TCP's. */
export function stateOf(
  line: Line,
  word: Word,
  { state, protocol }: { readonly state: TcpState; readonly protocol: Protocol },
): SocketState {
  if (protocol === "tcp") return state;
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
