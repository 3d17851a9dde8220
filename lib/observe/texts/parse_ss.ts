/**
 * The output of ss(8), as rows.
 *
 * @module
 */
import { checkOptions, oneOf, type OptionChecks, quote } from "../../refusal.ts";
import { type Protocol, PROTOCOLS } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import { RowCollector } from "./_row_collector.ts";
import {
  anybody,
  type End,
  endIn,
  familyOf,
  isNamed,
  placed,
  refuseFamily,
} from "./_tool_endpoint.ts";
import { assertPeer, stateIn, stateOf, wordState } from "./_tool_state.ts";
import {
  hasNoEndpoint,
  type Line,
  linesOf,
  numberIn,
  refuse,
  restFrom,
  type Word,
} from "./_text_lines.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import type { ToolRow, ToolRows } from "./tool_row.ts";

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
 * -i -m -b -Z -H -O` and filters.
 *
 * `*:80` is an IPv6 socket that takes IPv4 clients, too: `[::]:80` here. Before 2018, ss wrote `*:80`
 * for IPv4 and `[::]:80` or `:::80` for IPv6: it is read so if the text shows that it is so old, by a
 * `:::`, a `*` beside an IPv4 address, both `*:80` and `[::]:80`, or a column of states that is wider
 * than its states. Prompts and commands before, between and after the rows are passed over, and so are
 * sockets of other kinds and the indented lines of `-i` and `-m`. A command says what a column would:
 * `ss -t state established` prints neither protocol nor state. A line that cannot be read makes no
 * row, and {@linkcode ToolRows.leftOut} says which, and why.
 *
 * @param text What ss printed, as people copy it
 * @throws {TypeError} If `text` is not a string, or an option is unknown or of the wrong kind
 * @throws {SyntaxError} If nothing could be read: why the first line could not, with its line and
 * column. Host names and services that are not known here are such lines, which `-n` prevents
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
  return readSs(text, { options });
}

/** As {@linkcode parseSs}, where the command may be known that has printed the text. */
export function readSs(
  text: string,
  { command = "", options = {} }: { command?: string; options?: ParseSsOptions },
): ToolRows {
  const { lines, commands } = linesOf(text, "ss");
  checkOptions(options, SS_OPTIONS, 'Cannot parse the output of "ss"');
  const collector = new RowCollector();
  if (commands.length > 0) collector.addCommand();
  const wildcard = isOld(lines) ? "IPv4" : "IPv6";
  for (const output of outputsOf(lines, { commands, command })) {
    const typed = optionsIn(output.command);
    const context: Context = {
      protocol: options.protocol ?? typed.protocol ?? likelyProtocol(output.lines),
      state: options.state ?? typed.state,
      wildcard,
    };
    for (const line of output.lines) readLine(line, context, collector);
  }
  return collector.finish();
}

function readLine(line: Line, context: Context, collector: RowCollector): void {
  const [first] = line.words as [Word];
  if (isTitle(line)) {
    collector.addTitle();
  } else if (OTHER_NETIDS.test(first.text) || first.text === "`-") {
    // The second is an association of SCTP, under its socket.
    collector.addOther();
  } else if (first.text.startsWith("users:((") && collector.hasRows) {
    // A narrow terminal lets the last column slip to the next line.
    collector.amendLast(line, (row) => ({ ...row, ...detailsIn(line, first) }));
  } else if (beginsRow(first, context) || /^[0-9]+$/.test(first.text)) {
    collector.addRow(line, () => rowIn(line, context));
  } else if (collector.hasRows && line.isIndented) {
    return;
  } else if (!collector.hasRows && isPreamble(line)) {
    collector.addPreamble(line, "the output has rows that begin with a state, or its titles");
  } else if (hasNoEndpoint(line)) {
    collector.addStrange(line, "a row begins with its state or its protocol");
  } else {
    collector.addRow(line, () => rowIn(line, context));
  }
}

/** What a row leaves to the rest of the text. */
interface Context {
  readonly protocol: Protocol;
  readonly state: SocketState | undefined;
  /** Whose wildcard "*" is. */
  readonly wildcard: AddressFamily;
}

interface TypedCommand {
  readonly line: number;
  readonly text: string;
}

/** Splits a text into the outputs of several commands: a column may be missing in one of them. */
function outputsOf(
  lines: readonly Line[],
  { commands, command }: { commands: readonly TypedCommand[]; command: string },
): { command: string; lines: Line[] }[] {
  const outputs: { command: string; lines: Line[] }[] = [{ command, lines: [] }];
  const rest = commands.filter(({ text }) => text !== "");
  for (const line of lines) {
    const last = outputs.at(-1)!;
    let own = last.command;
    while (rest[0] !== undefined && rest[0].line < line.number) own = rest.shift()!.text;
    const isNext = own !== last.command || (isTitle(line) && last.lines.length > 0);
    if (isNext) outputs.push({ command: own, lines: [line] });
    else last.lines.push(line);
  }
  return outputs;
}

/** Options that take an argument, which may stand in the same word. */
const WITH_ARGUMENT = /[AfNDF]/;

/** Says what the columns do not that a command leaves out. */
function optionsIn(command: string): ParseSsOptions {
  const [own = ""] = command.split("|");
  const words = own.split(/\s+/);
  const tables = new Set<string>();
  let isBound = false;
  for (const [index, word] of words.entries()) {
    const long = /^--(?:(tcp|udp)|(?:query|socket)=(\S+))$/.exec(word);
    for (const table of (long?.[1] ?? long?.[2] ?? "").split(",")) tables.add(table);
    if (!/^-[A-Za-z0-9]/.test(word)) continue;
    const at = word.search(WITH_ARGUMENT);
    const letters = at === -1 ? word : word.slice(0, at);
    if (letters.includes("t")) tables.add("tcp");
    if (letters.includes("u")) tables.add("udp");
    if (word[at] === "A") {
      for (const table of (word.slice(at + 1) || words[index + 1] || "").split(",")) {
        tables.add(table);
      }
    }
    isBound ||= letters.includes("B");
  }
  const [isTcp, isUdp] = [tables.has("tcp"), tables.has("udp")];
  const protocol = isTcp === isUdp ? undefined : isTcp ? "tcp" : "udp";
  const states = Array.from(own.matchAll(/\sstate\s+(\S+)/g), ([, word]) => wordState(word!));
  const state = states.length === 1
    ? states[0]
    : isBound && states.length === 0
    ? "CLOSE"
    : undefined;
  return {
    ...protocol === undefined ? {} : { protocol },
    ...state === undefined ? {} : { state },
  };
}

/** Which protocol a text without the column "Netid" is about. */
function likelyProtocol(lines: readonly Line[]): Protocol {
  const states = lines.map(({ words: [first] }) => wordState(first!.text));
  const isTcp = states.some((state) =>
    state !== undefined && state !== "CLOSE" && state !== "ESTABLISHED"
  );
  return !isTcp && states.includes("CLOSE") ? "udp" : "tcp";
}

/** Whether the text is of an ss that writes `*` for the wildcard of IPv4. */
function isOld(lines: readonly Line[]): boolean {
  const words = lines.map(({ words }) => words.map(({ text }) => text));
  const all = words.flat();
  if (all.some((word) => word.startsWith("0.0.0.0:"))) return false;
  // A column that came in 2019.
  if (lines.some((line) => isTitle(line) && /Process\b/.test(line.text))) return false;
  if (all.some((word) => word.startsWith(":::"))) return true;
  // Until 2015 processes had no "pid=", and a socket's cookie was its address in the kernel.
  if (all.some((word) => /^users:\(\(".*",[0-9]+,[0-9]+\)|^sk:ffff[0-9a-f]{12}$/.test(word))) {
    return true;
  }
  const isIpv4 = (word: string | undefined) => /^[0-9.]+(?:%\S+)?:[\w-]+$/.test(word ?? "");
  const besideIpv4 = words.some((line) =>
    line.some((word, at) =>
      (isIpv4(word) && line[at + 1] === "*:*") || (/^\*:\w/.test(word) && isIpv4(line[at + 1]))
    )
  );
  const both = words.some((line) => {
    const at = line.findIndex((word) => /^\*:[\w-]+$/.test(word));
    if (at === -1) return false;
    const other = line[at]!.replace("*", "[::]");
    return words.some((each) => each[at] === other && each[0] === line[0] && each[1] === line[1]);
  });
  return besideIpv4 || both || hasWideStates(lines);
}

/** The old ss had a column of ten characters for states; since 2018 it is as wide as the longest. */
function hasWideStates(lines: readonly Line[]): boolean {
  const title = lines.find(isTitle);
  if (title === undefined || !/(?:^|\s)State {6}Recv-Q Send-Q /.test(title.text)) return false;
  const at = title.words.findIndex(({ text }) => text === "State");
  const states = lines.map(({ words }) => words[at]?.text ?? "").filter((word) => wordState(word));
  return states.every((word) => word.length < 10);
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
    ? knownState(line, first, { ...context, protocol })
    : stateIn(line, words.shift(), protocol);
  const receiveQueue = numberIn(line, words.shift(), "a queue");
  const sendQueue = numberIn(line, words.shift(), "a queue");
  const names = { protocol, file: "linux" } as const;
  const near = endIn(line, words.shift(), names);
  const far = endIn(line, words.shift(), names);
  const family = familyOfRow(line, { near, far, context });
  const place = { family, ipv6Localhost: undefined };
  const { endpoint: local, device } = placed(line, near, place);
  const remote = state === "LISTEN" ? anybody(family) : placed(line, far, place).endpoint;
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

/** The state of a row that does not begin with one. */
function knownState(line: Line, first: Word, { state, protocol }: Context): SocketState {
  if (state === undefined) {
    return refuse(
      "ss",
      first,
      "a row begins with its state, unless the option state tells it",
      quote(first.text),
    );
  }
  if (state === "UNCONNECTED" || state === "CONNECTED") return state;
  return stateOf(line, first, { state, protocol });
}

/** A wildcard has the other end's family; a connected socket prints both its addresses. */
function familyOfRow(
  line: Line,
  { near, far, context }: { near: End; far: End; context: Context },
): AddressFamily {
  const known = familyOf(near) ?? familyOf(far);
  if (known !== undefined) return known;
  return isNamed(near) || isNamed(far)
    ? refuseFamily(line, isNamed(near) ? near : far)
    : context.wildcard;
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
  /\("(.{0,64}?)",(?:pid=)?([0-9]{1,10})(?:,tid=[0-9]+)?(?:,proc_ctx=[^()"]*?)?,(?:fd=)?([0-9]{1,10})(?:,[^()]*)?\)/y;

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
    if (users.text[at] === ")") {
      // A program may call itself after such a list, and then nobody can tell where it ends.
      const begun = users.text.slice(0, at).match(/",(?:pid=)?[0-9]/g)?.length;
      if (begun === owners.length) return owners;
      break;
    }
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
