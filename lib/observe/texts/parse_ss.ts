/**
 * The output of ss(8), as rows.
 *
 * @module
 */
import { checkOptions, oneOf, type OptionChecks, quote } from "../../refusal.ts";
import { type Protocol, PROTOCOLS } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { anybody, type End, endIn, familyOf, placed } from "./_tool_endpoint.ts";
import { assertPeer, stateIn, wordState } from "./_tool_state.ts";
import {
  hasNoEndpoint,
  type Line,
  linesOf,
  numberIn,
  refuse,
  refuseWord,
  restFrom,
  type Word,
} from "./_text_lines.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import { type ToolRow, ToolRows } from "./tool_row.ts";

/** What the output of ss does not say, if one has asked it for less than everything. */
export interface ParseSsOptions {
  /**
   * The protocol, where there is no column "Netid" since one has asked for one protocol only. By
   * default the states tell: UNCONN without any of TCP's own is UDP, everything else TCP.
   */
  readonly protocol?: Protocol;
  /** The state, where there is no column "State", as after `ss state established`. */
  readonly state?: SocketState;
}

const SS_OPTIONS: OptionChecks<ParseSsOptions> = {
  protocol: oneOf(...PROTOCOLS),
  state: oneOf(...TCP_STATES, ...UDP_STATES),
};

/** Sockets without ports, or of other protocols: misc/ss.c of iproute2. */
const OTHER_NETIDS =
  /^(?:u_str|u_dgr|u_seq|nl|p_raw|p_dgr|raw|icmp6|sctp|dccp|mptcp|tipc|ti_\w+|v_\w+|xdp|\?\?\?)$/;
const NETID = /^(?:tcp|udp)$/;

/**
 * Reads the output of `ss`, with titles or without, with any of the options `-t -u -l -a -n -p -e -o
 * -i -m -H -O` and filters.
 *
 * `*:80` is an IPv6 socket that takes IPv4 clients, too: `[::]:80` here. (Before 2018 ss wrote `*:80`
 * for IPv4 and `:::80` for IPv6; it is read so if the text has a `:::`.) Sockets of other kinds, as
 * `ss -a` lists them, are passed over, and so are the indented lines of `-i` and `-m`.
 *
 * @param text What ss printed
 * @throws {TypeError} If `text` is not a string, or an option is unknown or of the wrong kind
 * @throws {SyntaxError} If a line is no row, with its line and column: host names and services that
 * are not known here, too, which `-n` prevents
 *
 * @example A server
 * ```ts
 * import { parseSs } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const [row] = parseSs('LISTEN 0 511 *:443 *:* users:(("nginx",pid=5678,fd=6))');
 * assertEquals([row?.state, String(row?.local), row?.sendQueue], ["LISTEN", "[::]:443", 511]);
 * assertEquals(row?.owners, [{ program: "nginx", pid: 5678, descriptor: 6 }]);
 * ```
 */
export function parseSs(text: string, options: ParseSsOptions = {}): ToolRows {
  const lines = linesOf(text, "ss");
  checkOptions(options, SS_OPTIONS, 'Cannot parse the output of "ss"');
  const context: Context = {
    protocol: options.protocol ?? likelyProtocol(lines),
    state: options.state,
    wildcard: lines.some(({ words }) => words.some(({ text }) => text.startsWith(":::")))
      ? "IPv4"
      : "IPv6",
  };
  const rows: ToolRow[] = [];
  let isTitled = false;
  let isAfterRow = false;
  for (const line of lines) {
    const [first] = line.words as [Word];
    if (isTitle(line) || (!isTitled && !isAfterRow && isPreamble(line))) {
      isTitled ||= isTitle(line);
    } else if (OTHER_NETIDS.test(first.text)) {
      isAfterRow = true;
    } else if (isAfterRow && line.isIndented && !beginsRow(first, context)) {
      continue;
    } else if (first.text.startsWith("users:((") && rows.length > 0) {
      // A narrow terminal lets the last column slip to the next line.
      rows.push({ ...rows.pop()!, ...detailsIn(line, first) });
    } else {
      rows.push(rowIn(line, context));
      isAfterRow = true;
    }
  }
  const [first] = lines;
  if (first !== undefined && !isTitled && !isAfterRow) {
    refuseWord(first, first.words[0], "the output has rows that begin with a state, or its titles");
  }
  return new ToolRows(rows);
}

/** What a row leaves to the rest of the text. */
interface Context {
  readonly protocol: Protocol;
  readonly state: SocketState | undefined;
  /** Whose wildcard "*" is. */
  readonly wildcard: AddressFamily;
}

/** Which protocol a text without the column "Netid" is about. */
function likelyProtocol(lines: readonly Line[]): Protocol {
  const states = lines.map(({ words: [first] }) => wordState(first!.text));
  const isTcp = states.some((state) =>
    state !== undefined && state !== "CLOSE" && state !== "ESTABLISHED"
  );
  return !isTcp && states.includes("CLOSE") ? "udp" : "tcp";
}

function isTitle(line: Line): boolean {
  return /\bRecv-Q\b/i.test(line.text) && hasNoEndpoint(line);
}

/** Notes before the rows, and titles in other words. */
function isPreamble(line: Line): boolean {
  const [first] = line.words as [Word];
  return hasNoEndpoint(line) && wordState(first.text) === undefined &&
    !NETID.test(first.text) && !OTHER_NETIDS.test(first.text) && !/^[0-9]/.test(first.text);
}

function beginsRow({ text }: Word, { state }: Context): boolean {
  return NETID.test(text) || wordState(text) !== undefined ||
    (state !== undefined && /^[0-9]+$/.test(text));
}

function rowIn(line: Line, context: Context): ToolRow {
  const words = [...line.words];
  const protocol = NETID.test(words[0]!.text) ? words.shift()!.text as Protocol : context.protocol;
  const [first] = words;
  const state = first !== undefined && /^[0-9]+$/.test(first.text)
    ? context.state ?? refuse(
      "ss",
      first,
      "a row begins with its state, unless the option state tells it",
      quote(first.text),
    )
    : stateIn(line, words.shift(), protocol);
  const receiveQueue = numberIn(line, words.shift(), "a queue");
  const sendQueue = numberIn(line, words.shift(), "a queue");
  const near = endIn(line, words.shift(), protocol);
  const far = endIn(line, words.shift(), protocol);
  const family = familyOfRow(near, far, context);
  const { endpoint: local, device } = placed(line, near, family);
  const remote = state === "LISTEN" ? anybody(family) : placed(line, far, family).endpoint;
  assertPeer(line, state, far);
  return {
    line: line.number,
    protocol,
    family,
    state,
    local,
    remote,
    receiveQueue,
    sendQueue,
    device,
    ...detailsIn(line, words[0]),
  };
}

/** A wildcard has the other end's family; a connected socket prints both its addresses. */
function familyOfRow(near: End, far: End, { wildcard }: Context): AddressFamily {
  if (near.host !== "*") return familyOf(near) ?? familyOf(far) ?? "IPv4";
  return far.host === "*" ? wildcard : familyOf(far) ?? wildcard;
}

type Details = Pick<ToolRow, "user" | "inode" | "owners">;

/** Reads what stands after the peer: users, uid and inode; the rest is not asked for. */
function detailsIn(line: Line, first: Word | undefined): Details {
  const rest = restFrom(line, first);
  const users = rest.text.indexOf("users:(");
  const after = users === -1 ? rest.text : rest.text.slice(rest.text.indexOf("))", users) + 2);
  const number = (key: string) => new RegExp(`(?:^|\\s)${key}:([0-9]{1,15})(?=\\s|$)`).exec(after);
  const inode = number("ino");
  return {
    // ss -e leaves the user's number out if it is 0, root's; only beside an inode that tells much.
    user: number("uid")?.[1] ?? (inode === null ? undefined : "0"),
    inode: inode === null ? undefined : Number(inode[1]),
    owners: users === -1 ? undefined : ownersIn(line, {
      text: rest.text.slice(users),
      line: rest.line,
      column: rest.column + users,
    }),
  };
}

/** One process of `users:(("nginx",pid=5678,fd=6),…)`; before 2015 without the words. */
const OWNER =
  /\("(.{0,64}?)",(?:pid=)?([0-9]{1,10})(?:,tid=[0-9]+)?(?:,proc_ctx=[^,()]*)?,(?:fd=)?([0-9]{1,10})(?:,[^()]*)?\)/y;

function ownersIn(line: Line, users: Word): SocketOwner[] {
  const owners: SocketOwner[] = [];
  let at = "users:(".length;
  while (true) {
    OWNER.lastIndex = at;
    const match = OWNER.exec(users.text);
    if (match === null) break;
    const [all, program, pid, descriptor] = match as unknown as [string, string, string, string];
    owners.push({ program, pid: Number(pid), descriptor: Number(descriptor) });
    at += all.length;
    if (users.text[at] === ")") return owners;
    if (users.text[at] === ",") at++;
    else break;
  }
  return refuse(
    line.tool,
    { line: users.line, column: users.column + at },
    'processes stand as users:(("name",pid=1,fd=2),…)',
    quote(users.text.slice(at)),
  );
}
