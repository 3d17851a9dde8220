/**
 * The output of netstat on Linux, macOS, the BSDs and Windows, as rows.
 *
 * @module
 */
import { quote } from "../../refusal.ts";
import { type Protocol, PROTOCOLS } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { cutReason, type RowForm, type Widths, widthsOf } from "./_cut_ends.ts";
import {
  type Columns,
  columnsIn,
  detailsIn,
  numbersIn,
  type WindowsNumbers,
} from "./_netstat_details.ts";
import { RowCollector } from "./_row_collector.ts";
import {
  hasBothEnds,
  hasNoEndpoint,
  type Line,
  linesOf,
  numberIn,
  refuse,
  type Word,
} from "./_text_lines.ts";
import {
  anybody,
  type End,
  endIn,
  familyOf,
  type Ipv6Localhost,
  ipv6LocalhostIn,
  isNamed,
  placed,
  type PrintedEnds,
  refuseFamily,
} from "./_tool_endpoint.ts";
import { assertPeer, refuseState, stateOf, statePhrase } from "./_tool_state.ts";
import type { ToolRow, ToolRows } from "./tool_row.ts";

/** Linux has tcp and tcp6, macOS tcp4, tcp6 and tcp46, Windows TCP; toe is FreeBSD's TCP on a chip. */
const PROTO = /^(tcp|udp|toe)(4|6|46)?$/i;
/** Sockets without ports, or of other protocols, and macOS's kernel sockets. */
const OTHER_PROTO =
  /^(?:udplite6?|udpl6?|raw6?|sctp\w*|icm\w*|igmp\w*|div(?:ert)?[46]?|ip[46]?|dccp|sdp\w*|mptcp|unix|kctl|kevt|vsock\w*|l2cap|rfcomm)$/i;
/** Titles of the lists after which no TCP or UDP row comes until the next title. */
const OTHER_SECTION = /\bunix\b|\bkernel\b|\bmultipath\b|\bbluetooth\b|\bipx\b|\bax\.?25\b/i;
/** What -A of the BSDs puts first: the address of a control block, and on macOS a hash. */
const CONTROL_BLOCK = /^(?:0x)?[0-9a-f]{4,16}$/i;
/** A note of FreeBSD's and macOS's protopr(), in inet.c; one of them lacks the end of its line. */
const CHANGED_NOTE = /^Some \w+ sockets may have been (?:created or deleted|created|deleted)\.?/;

const STRANGE = "a row begins with its protocol, such as tcp or udp6";

/**
 * Reads the output of `netstat`: that of net-tools and BusyBox (Linux), of macOS, of FreeBSD and of
 * Windows, with any of the options that list sockets: `-t -u -a -l -n -p -e -o -W -Z` on Linux,
 * `-a -n -v -l -W -A -b -p tcp` on macOS and FreeBSD, `-a -n -o -b -q -t -i -p tcp` on Windows. What
 * titles there are, and in which language, does not matter; only the last columns of macOS's `-v` and
 * of Windows' `-i` are found by theirs. States are read in the languages of net-tools' catalogues, and
 * in German on Windows, with letters spoilt by a wrong code page, too.
 *
 * Prompts and commands before, between and after the rows are passed over, and so are lists of Unix,
 * raw and kernel sockets. A line that cannot be read makes no row, and {@linkcode ToolRows.leftOut}
 * says which, and why. That is so for addresses and ports, too, that netstat has cut off or may have:
 * long ones, unless one asks for all of them (`-W` on Linux, `-l` on macOS).
 *
 * A row of `tcp6` with IPv4 addresses is an IPv6 socket with an IPv4 peer, so its addresses are
 * mapped ones here. Names of services are those of the system's own services file.
 *
 * @param text What netstat printed, as people copy it
 * @throws {TypeError} If `text` is not a string
 * @throws {SyntaxError} If nothing could be read: why the first line could not, with its line and
 * column. Host names and services that are not known here are such lines, which `-n` prevents
 *
 * @example The same server on three systems
 * ```ts
 * import { parseNetstat } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const outputs = [
 *   "tcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN      1234/deno",
 *   "tcp4       0      0  127.0.0.1.8080         *.*                    LISTEN     ",
 *   "  TCP    127.0.0.1:8080         0.0.0.0:0              LISTENING       1234",
 * ];
 * for (const output of outputs) {
 *   const [row] = parseNetstat(output);
 *   assertEquals(`${row?.state} ${row?.local}`, "LISTEN 127.0.0.1:8080");
 * }
 * ```
 */
export function parseNetstat(text: string): ToolRows {
  return readNetstat(text, "netstat");
}

/** As {@linkcode parseNetstat}, where the command is known that has printed the text. */
export function readNetstat(text: string, command: string): ToolRows {
  const { lines, commands } = linesOf(text, "netstat");
  const collector = new RowCollector();
  if (commands.length > 0) collector.addCommand();
  const all = lines.map(lineOf);
  const outputs = outputsOf(all, commands);
  let isBeforeRows = true;
  let last: NetstatLine | undefined;
  for (const { command: own, lines } of outputs) {
    const output = new Output(lines, own === "" ? command : own);
    for (const [index, each] of lines.entries()) {
      if (each.line.words.length === 0) continue;
      const next = lines[index + 1];
      if (each.kind === "row") {
        isBeforeRows = false;
        output.addRow(each, collector, next);
      } else if (each.kind === "title") {
        collector.addTitle();
        output.readTitle(each.line);
      } else if (each.kind === "other") {
        collector.addOther();
      } else if (last?.row?.form === "windows" && hasNoEndpoint(each.line)) {
        // Under a row, -b of Windows names components and the program, or says why it cannot.
        nameOwner(each.line, collector);
        continue;
      } else if (output.isOther || isContinuation(each, last)) {
        continue;
      } else if (isBeforeRows && hasNoEndpoint(each.line)) {
        collector.addPreamble(
          each.line,
          "the output has rows that begin with tcp or udp, or its titles",
        );
        continue;
      } else if (next?.kind === "title" && hasNoEndpoint(each.line)) {
        continue;
      } else {
        collector.addStrange(each.line, STRANGE);
        continue;
      }
      last = each;
    }
  }
  return collector.finish();
}

/** What a line is. */
interface NetstatLine {
  readonly line: Line;
  readonly kind: "row" | "title" | "other" | "unknown";
  readonly row?: NetstatRow;
}

/** A row before it is read. */
interface NetstatRow {
  readonly form: RowForm;
  readonly hasControlBlock: boolean;
  readonly protocol: Protocol;
  readonly suffix: string | undefined;
  readonly queues: readonly Word[];
  readonly ends: readonly Word[];
  readonly after: readonly Word[];
}

function lineOf(line: Line): NetstatLine {
  const noted = line.text.trimStart();
  const note = CHANGED_NOTE.exec(noted)?.[0];
  if (note !== undefined) {
    const end = line.text.length - noted.length + note.length;
    const words = line.words.filter(({ column }) => column > end);
    const [glued] = line.words.filter(({ column, text }) =>
      column <= end && column + text.length - 1 > end
    );
    const rest = glued === undefined
      ? words
      : [{ ...glued, text: line.text.slice(end, glued.column + glued.text.length - 1) }, ...words];
    return rest.length === 0 ? { line, kind: "other" } : lineOf({
      ...line,
      text: " ".repeat(end) + line.text.slice(end),
      words: rest,
    });
  }
  const row = rowOf(line);
  if (row !== undefined) return { line, kind: "row", row };
  if (OTHER_PROTO.test(line.words[0]!.text) && line.words.length > 2) {
    return { line, kind: "other" };
  }
  return { line, kind: isTitle(line) ? "title" : "unknown" };
}

function rowOf(line: Line): NetstatRow | undefined {
  const at = line.words.slice(0, 3).findIndex(({ text }) => PROTO.test(text));
  const front = line.words.slice(0, at);
  if (at === -1 || !front.every(({ text }) => CONTROL_BLOCK.test(text))) return undefined;
  const [, name, suffix] = PROTO.exec(line.words[at]!.text)!;
  const words = line.words.slice(at + 1);
  const queueCount = words.findIndex(({ text }) => !/^[0-9]+$/.test(text));
  const queues = words.slice(0, Math.max(0, Math.min(queueCount, 2)));
  const ends = words.slice(queues.length, queues.length + 2);
  const [near] = ends;
  const isDotted = near !== undefined && near.text.lastIndexOf(".") > near.text.lastIndexOf(":");
  return {
    form: isDotted ? "dotted" : queues.length > 0 ? "linux" : "windows",
    hasControlBlock: at > 0,
    protocol: name!.toLowerCase() === "udp" ? "udp" : "tcp",
    suffix,
    queues,
    ends,
    after: words.slice(queues.length + 2),
  };
}

function isTitle(line: Line): boolean {
  return hasNoEndpoint(line) &&
    (/\bProto\b|^\W*Active\b|\bRegistered\b/i.test(line.text) || OTHER_SECTION.test(line.text));
}

/** Whether a line goes on with a row of another kind: SCTP has an address a line. */
function isContinuation({ line }: NetstatLine, last: NetstatLine | undefined): boolean {
  return last?.kind === "other" && line.isIndented;
}

/** Splits a text into the outputs of several commands: each has widths of its own. */
function outputsOf(
  lines: readonly NetstatLine[],
  commands: readonly { readonly line: number; readonly text: string }[],
): { command: string; lines: NetstatLine[] }[] {
  const outputs: { command: string; lines: NetstatLine[] }[] = [{ command: "", lines: [] }];
  const rest = [...commands];
  let hasRow = false;
  for (const each of lines) {
    while (rest[0] !== undefined && rest[0].line < each.line.number) {
      outputs.push({ command: rest.shift()!.text, lines: [] });
      hasRow = false;
    }
    // Two lines of titles belong to one output.
    if (each.kind === "title" && hasRow) {
      outputs.push({ command: outputs.at(-1)!.command, lines: [] });
      hasRow = false;
    }
    hasRow ||= each.kind === "row";
    outputs.at(-1)!.lines.push(each);
  }
  return outputs;
}

/** What a command has printed: what its rows are depends on its other rows and its titles. */
class Output {
  readonly #rows: readonly NetstatRow[];
  readonly #widths: Widths;
  readonly #ipv6Localhost: (ends: PrintedEnds) => Ipv6Localhost;
  /** Whether "tcp" stands for IPv6, too: BusyBox and net-tools 1.60. */
  readonly #isMixed: boolean;
  /** There, the rows of IPv4 come first. */
  readonly #beforeIpv4: ReadonlySet<NetstatRow>;
  readonly #listening: string | undefined;
  /** How long the longest line is. */
  readonly #width: number;
  #columns: Columns | undefined;
  #numbers: WindowsNumbers = "pid";
  #isOther = false;

  constructor(lines: readonly NetstatLine[], command: string) {
    const rows = lines.flatMap(({ row }) => row === undefined ? [] : [row]);
    this.#rows = rows;
    this.#width = lines.reduce((most, { line }) => Math.max(most, line.text.length), 0);
    this.#widths = widthsOf(
      rows.map(({ ends, ...row }) => ({ ...row, ends: ends.map(({ text }) => text) })),
      command,
    );
    this.#ipv6Localhost = ipv6LocalhostIn(rows.map((row) => printedEnds(row)));
    this.#isMixed = lines.some(isOfBusyBox) || rows.some(isIpv6WithoutSuffix);
    this.#beforeIpv4 = this.#isMixed ? rowsBeforeIpv4(rows) : new Set();
    const isEnglish = lines.some(({ line, kind }) =>
      kind === "title" && /\bLocal Address\b/.test(line.text)
    );
    // -q lists sockets that are bound only, too, and their word may be the only one.
    const isWithBound = /\s[-/]\w*q/.test(command);
    this.#listening = isEnglish || isWithBound ? undefined : this.#likelyListening();
  }

  /** Whether the lines are of a list of other sockets. */
  get isOther(): boolean {
    return this.#isOther;
  }

  readTitle(line: Line): void {
    const isInternet = /\binternet/i.test(line.text);
    this.#isOther = OTHER_SECTION.test(line.text) || (this.#isOther && !isInternet);
    if (!/\bProto\b/i.test(line.text)) return;
    this.#columns = columnsIn(line);
    this.#numbers = numbersIn(line);
  }

  addRow({ line, row }: NetstatLine, collector: RowCollector, next?: NetstatLine): void {
    this.#isOther = false;
    const cut = row!.ends.map(({ text }) => cutReason({ text }, row!, this.#widths))
      .find((reason) => reason !== undefined);
    if (cut !== undefined) collector.addCutRow(line, cut);
    else if (!this.#isBroken(line, next)) collector.addRow(line, () => this.#read(line, row!));
    else collector.addRow(line, () => withoutProgram(this.#read(line, row!)));
  }

  /**
   * Whether a mail program or a narrow window may have put the end of a line into the next one: that
   * is no row, and its first word would not have fitted.
   */
  #isBroken({ number, text }: Line, next: NetstatLine | undefined): boolean {
    if (next?.kind !== "unknown" || next.line.number !== number + 1) return false;
    // "..." stands for rows that somebody has taken out.
    if (hasBothEnds(next.line.text) || /^\W*(?:\.{2,}|…)\W*$/.test(next.line.text)) {
      return false;
    }
    // Behind a whole name stand blanks, up to 20 characters with the pid: netstat.c's PROGNAME_WIDTH.
    const [process = ""] = / [0-9]+\/.*$/.exec(text) ?? [];
    const isWhole = process.length > 20 && process.endsWith(" ") && !/ {2,}\S/.test(process);
    return text.length + 1 + next.line.words[0]!.text.length > this.#width && !isWhole;
  }

  #read(line: Line, row: NetstatRow): ToolRow {
    const { protocol, form, ends, suffix } = row;
    const [receiveQueue, sendQueue] = form === "windows"
      ? [undefined, undefined]
      : [numberIn(line, row.queues[0], "a queue"), numberIn(line, row.queues[1], "a queue")];
    const names = { protocol, file: form === "windows" ? "windows" : "linux" } as const;
    const near = endIn(line, ends[0], names);
    const far = endIn(line, ends[1], names);
    const family = suffix === undefined
      ? this.#likelyFamily(line, row, near, far)
      : suffix === "4"
      ? "IPv4"
      : "IPv6";
    const { state, after } = this.#stateIn(line, row, far);
    assertPeer(line, state, far);
    const printed = printedEnds(row, family);
    const ipv6Localhost = form === "dotted" ? "::1" : this.#ipv6Localhost(printed);
    const place = { family, ipv6Localhost };
    const { endpoint: local, device } = placed(line, near, place);
    return {
      line: line.number,
      protocol,
      family,
      state,
      local,
      remote: state === "LISTEN" ? anybody(family) : placed(line, far, place).endpoint,
      receiveQueue,
      sendQueue,
      device,
      ...detailsIn(line, after, { form, columns: this.#columns, numbers: this.#numbers }),
    };
  }

  /** UDP has a state only where it has a peer, and only on Linux. */
  #stateIn(
    line: Line,
    { protocol, form, after }: NetstatRow,
    far: End,
  ): { state: SocketState; after: readonly Word[] } {
    const [first] = after;
    // FreeBSD marks with "*" a state that hides another one: TF_NEEDSYN.
    const plain = form === "dotted" && first !== undefined
      ? [{ ...first, text: first.text.replace(/\*$/, "") }, ...after.slice(1)]
      : after;
    const phrase = statePhrase(plain);
    if (phrase !== undefined) {
      const { length, state } = phrase;
      return { state: stateOf(line, first!, { state, protocol }), after: after.slice(length) };
    }
    if (protocol === "tcp") {
      const isListening = form === "windows" && isNobody(far) && first !== undefined &&
        first.text === this.#listening;
      if (isListening) return { state: "LISTEN", after: after.slice(1) };
      return refuseState(line, first);
    }
    if (form === "linux" && far.port !== 0) {
      return refuse(
        line.tool,
        first ?? { line: line.number, column: line.text.length + 1 },
        "a UDP socket of Linux that has a peer has a state",
        first === undefined ? "the end of the line" : quote(first.text),
      );
    }
    return { state: far.port === 0 ? "UNCONNECTED" : "CONNECTED", after };
  }

  /**
   * The word for a listener of a Windows whose language is not known here, and which has no catalogue:
   * the only one in rows without a peer, and no other word for it is there.
   */
  #likelyListening(): string | undefined {
    const words = this.#rows.filter(({ form, protocol, ends }) =>
      form === "windows" && protocol === "tcp" &&
      /^(?:0\.0\.0\.0|\[::\]):0$/.test(ends[1]?.text ?? "")
    ).map(({ after }) => after[0]?.text ?? "");
    const isKnown = words.some((word) => statePhrase([{ text: word, line: 1, column: 1 }]));
    return isKnown || new Set(words).size !== 1 ? undefined : words[0];
  }

  #likelyFamily(line: Line, row: NetstatRow, near: End, far: End): AddressFamily {
    const known = familyOf(near) ?? familyOf(far);
    if (known !== undefined) return known;
    const isUnsure = row.form !== "linux" || (this.#isMixed && !this.#beforeIpv4.has(row));
    if (isNamed(near) && isUnsure) refuseFamily(line, near);
    return "IPv4";
  }
}

function isIpv6WithoutSuffix({ suffix, ends }: NetstatRow): boolean {
  return suffix === undefined &&
    ends.some(({ text }) => text.split(":").length > 2 && text[0] !== "[");
}

/** BusyBox's column of states has one character more than net-tools'. */
function isOfBusyBox({ line, kind, row }: NetstatLine): boolean {
  return (kind === "title" && /\bState {7}$/.test(line.text)) ||
    (row?.form === "linux" && / (?:LISTEN {6}|ESTABLISHED |TIME_WAIT {3})$/.test(line.text));
}

/** The rows that stand before one of IPv4, where /proc/net/tcp was printed before /proc/net/tcp6. */
function rowsBeforeIpv4(rows: readonly NetstatRow[]): ReadonlySet<NetstatRow> {
  const before = new Set<NetstatRow>();
  for (const protocol of PROTOCOLS) {
    const own = rows.filter((row) => row.protocol === protocol);
    const isIpv4 = ({ ends }: NetstatRow) =>
      ends.some(({ text }) => /^[0-9]+\.[0-9.]+:/.test(text));
    const last = own.findLastIndex(isIpv4);
    // Somebody may have sorted them.
    if (own.slice(0, last + 1).some(isIpv6WithoutSuffix)) continue;
    for (const row of own.slice(0, last)) before.add(row);
  }
  return before;
}

/** The name of a program stands last, and may have blanks in it: of a broken line it may lack a part. */
function withoutProgram(row: ToolRow): ToolRow {
  return { ...row, owners: row.owners?.map((owner) => ({ ...owner, program: undefined })) };
}

function isNobody({ host, port }: End): boolean {
  return port === 0 && (host === "0.0.0.0" || host === "::");
}

function printedEnds(
  { suffix, ends }: NetstatRow,
  family: AddressFamily = suffix === "6" || suffix === "46" ? "IPv6" : "IPv4",
): PrintedEnds {
  const far = ends[1]?.text ?? "";
  return { family, near: ends[0]?.text ?? "", far: far.endsWith("*") ? "" : far };
}

/** Under a row, -b of Windows names components, then the program in brackets, or says why not. */
function nameOwner(line: Line, collector: RowCollector): void {
  const program = /^\s*\[([^[\]]+)\]\s*$/.exec(line.text)?.[1];
  if (program === undefined) return;
  const named = (owner: SocketOwner) => ({ ...owner, program: owner.program ?? program });
  collector.amendLast(line, (row) => ({ ...row, owners: row.owners?.map(named) }));
}
