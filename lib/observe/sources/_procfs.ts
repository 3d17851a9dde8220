/** The text of /proc/net/tcp and its like (proc_net_tcp in the kernel's documentation), as rows. */
import { quote, refusal } from "../../refusal.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { TCP_NEW_SYN_RECV, TCP_STATE_NUMBERS, UDP_STATE_NUMBERS } from "../../system/constants.ts";
import { type AddressFamily, Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import type { Connection } from "../rows/connection.ts";
import { TIMER_KINDS } from "../rows/socket_timer.ts";

/** One of the four files. */
export interface ProcFile {
  /** Its name in /proc/net, or in /proc/PID/net for the network of another process. */
  readonly name: string;
  /** Whose sockets it lists. */
  readonly protocol: Protocol;
  /** Which addresses it lists. */
  readonly family: AddressFamily;
}

/** proc(5); a kernel without IPv6 lacks the last of each. */
export const PROC_FILES: readonly ProcFile[] = [
  { name: "tcp", protocol: "tcp", family: "IPv4" },
  { name: "tcp6", protocol: "tcp", family: "IPv6" },
  { name: "udp", protocol: "udp", family: "IPv4" },
  { name: "udp6", protocol: "udp", family: "IPv6" },
];

/** USER_HZ: the kernel tells time to programs in hundredths of a second, `time(7)`. */
const MS_A_TICK = 10;

/** The states by their numbers in the files. */
const STATES: Readonly<Record<Protocol, Readonly<Record<string, SocketState>>>> = {
  tcp: { ...byNumber(TCP_STATE_NUMBERS), ...byNumber({ SYN_RECV: TCP_NEW_SYN_RECV }) },
  udp: byNumber(UDP_STATE_NUMBERS),
};

function byNumber(
  numbers: Readonly<Partial<Record<SocketState, number>>>,
): Readonly<Record<string, SocketState>> {
  return Object.fromEntries(
    Object.entries(numbers).map(([state, number]) => [
      number.toString(16).toUpperCase().padStart(2, "0"),
      state as SocketState,
    ]),
  );
}

/** A column: what it looks like, as a rule for people and as a regular expression. */
interface Column {
  readonly rule: string;
  readonly shape: string;
}

function columnsOf({ protocol, family }: ProcFile): readonly Column[] {
  const digits = family === "IPv4" ? 8 : 32;
  const endpoint = {
    rule: `an endpoint is ${digits} hexadecimal digits, a colon and 4 more`,
    shape: `([0-9A-F]{${digits}}:[0-9A-F]{4})`,
  };
  const states = Object.keys(STATES[protocol]);
  return [
    { rule: "a row begins with its number and a colon", shape: "[0-9]+:" },
    endpoint,
    endpoint,
    { rule: `a state is one of ${states.join(", ")}`, shape: `(${states.join("|")})` },
    {
      rule: "the queues are twice 8 hexadecimal digits with a colon between",
      shape: "([0-9A-F]{8}):([0-9A-F]{8})",
    },
    {
      rule: "a timer is two hexadecimal numbers with a colon between",
      shape: "([0-9A-F]+):([0-9A-F]+)",
    },
    { rule: "a number of retransmissions is hexadecimal", shape: "([0-9A-F]+)" },
    { rule: "a uid is decimal digits", shape: "([0-9]+)" },
    { rule: "a number of probes is decimal digits", shape: "[0-9]+" },
    { rule: "an inode is decimal digits", shape: "([0-9]+)" },
  ];
}

/**
 * Parses one of the files.
 *
 * @throws {SyntaxError} If the text has another form, with line and column
 */
export function parseProcNet(text: string, file: ProcFile): Connection[] {
  const [header = "", ...lines] = text.split("\n");
  if (!header.includes("local_address")) {
    throw refused(file, [1, 1], "the first line has the titles", quote(header));
  }
  if (lines.pop() !== "") {
    throw refused(file, [lines.length + 2, 1], "each line has an end", "the end of the text");
  }
  const columns = columnsOf(file);
  const shape = new RegExp(`^\\s*${columns.map(({ shape }) => shape).join("\\s+")}(?:\\s|$)`);
  const endpoints = new Map<string, Endpoint>();
  return lines.map((line, index) => {
    const match = shape.exec(line);
    if (match === null) throw mismatch(line, index + 2, file, columns);
    return rowOf(match, file, endpoints);
  });
}

function rowOf(
  match: RegExpExecArray,
  file: ProcFile,
  endpoints: Map<string, Endpoint>,
): Connection {
  const [, local, remote, number, sent, received, timer, left, expirations, uid, inode] =
    match as unknown as string[];
  const state = STATES[file.protocol][number!]!;
  const kind = TIMER_KINDS[parseInt(timer!, 16)];
  return {
    protocol: file.protocol,
    family: file.family,
    state,
    local: endpointOf(local!, endpoints),
    remote: endpointOf(remote!, endpoints),
    receiveQueue: parseInt(received!, 16),
    // For a listening socket the kernel prints 0 here, whatever its backlog (get_tcp4_sock()).
    sendQueue: state === "LISTEN" ? undefined : parseInt(sent!, 16),
    uid: Number(uid),
    inode: Number(inode),
    timer: kind && {
      kind,
      milliseconds: parseInt(left!, 16) * MS_A_TICK,
      expirations: parseInt(expirations!, 16),
    },
  };
}

/**
 * The address stands as 32-bit words, each as the machine holds it, which is how a Uint32Array
 * holds it too; the port stands as a number. Most rows share an endpoint with others.
 */
function endpointOf(hex: string, known: Map<string, Endpoint>): Endpoint {
  let endpoint = known.get(hex);
  if (endpoint === undefined) {
    const [address, port] = hex.split(":") as [string, string];
    const words = address.match(/.{8}/g)!.map((word) => parseInt(word, 16));
    const bytes = new Uint8Array(Uint32Array.from(words).buffer);
    endpoint = Endpoint.fromBytes(bytes, parseInt(port, 16));
    known.set(hex, endpoint);
  }
  return endpoint;
}

/** Finds the first column of a line that does not look as it should. */
function mismatch(
  text: string,
  line: number,
  file: ProcFile,
  columns: readonly Column[],
): SyntaxError {
  const words = [...text.matchAll(/\S+/g)];
  const wrong = columns.findIndex(({ shape }, index) =>
    !new RegExp(`^${shape}$`).test(words[index]?.[0] ?? "")
  );
  const word = words[wrong];
  return refused(
    file,
    [line, (word?.index ?? text.length) + 1],
    columns[wrong]!.rule,
    word === undefined ? "the end of the line" : quote(word[0]),
  );
}

function refused(
  file: ProcFile,
  [line, column]: readonly [line: number, column: number],
  rule: string,
  part: string,
): SyntaxError {
  const cannot = `Cannot parse "/proc/net/${file.name}" at line ${line}, column ${column}`;
  return refusal(SyntaxError, { cannot, rule, part });
}
