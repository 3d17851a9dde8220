/**
 * The output of netstat on Linux, macOS, the BSDs and Windows, as rows.
 *
 * @module
 */
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import {
  type Columns,
  columnsIn,
  cutReason,
  detailsIn,
  isWide,
  type RowForm,
  type Wide,
} from "./_netstat_details.ts";
import { anybody, type End, endIn, familyOf, placed } from "./_tool_endpoint.ts";
import { assertPeer, stateIn, wordState } from "./_tool_state.ts";
import {
  hasNoEndpoint,
  type Line,
  linesOf,
  numberIn,
  refuseWord,
  type Word,
} from "./_text_lines.ts";
import type { LeftOutLine } from "../rows/connection.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import { type ToolRow, ToolRows } from "./tool_row.ts";

/** Linux has tcp and tcp6, macOS tcp4, tcp6 and tcp46, Windows TCP. */
const PROTO = /^(tcp|udp)(4|6|46)?$/i;
/** Sockets without ports, or of other protocols, and macOS's kernel sockets. */
const OTHER_PROTO =
  /^(?:udplite6?|udpl6?|raw6?|sctp\w*|icm\w*|dccp|mptcp|unix|kctl|kevt|vsock\w*|l2cap|rfcomm)$/i;
/** Titles of the lists after which no TCP or UDP row comes until the next title. */
const OTHER_SECTION = /\bunix\b|\bkernel\b|\bmultipath\b|\bbluetooth\b|\bipx\b|\bax\.?25\b/i;
/** The address of a control block, which -A of macOS puts first. */
const CONTROL_BLOCK = /^(?:0x)?[0-9a-f]{8,16}$/i;

/**
 * Reads the output of `netstat`: that of net-tools and BusyBox (Linux), of macOS and of Windows,
 * with any of the options that list sockets: `-t -u -a -l -n -p -e -o -W` on Linux, `-a -n -v -l -W
 * -A -p tcp` on macOS, `-a -n -o -b -q -p tcp` on Windows. What titles there are, and in which
 * language, does not matter; only the last columns of macOS's `-v` are found by theirs.
 *
 * A row of `tcp6` with IPv4 addresses is an IPv6 socket with an IPv4 peer, so its addresses are
 * mapped ones here. Lists of Unix, raw and kernel sockets are passed over. Long IPv6 addresses are
 * cut off unless one asks for all of them (`-W` on Linux, `-l` on macOS): an address that may have
 * been cut makes no row, and {@linkcode ToolRows.leftOut} has the line.
 *
 * @param text What netstat printed
 * @throws {TypeError} If `text` is not a string
 * @throws {SyntaxError} If a line is no row, with its line and column: host names and services that
 * are not known here, too, which `-n` prevents
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
  return new Reader(linesOf(text, "netstat")).read();
}

/** Goes through the lines; what a line means hangs on those before it. */
class Reader {
  readonly #lines: readonly Line[];
  readonly #wide: Wide;
  readonly #rows: ToolRow[] = [];
  readonly #leftOut: LeftOutLine[] = [];
  /** Lines of -b of Windows that stand between a row and its program. */
  #components: Line[] = [];
  #last: RowForm | undefined;
  #columns: Columns | undefined;
  #isWithoutPid = false;
  #isTitled = false;
  #isOtherSection = false;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
    this.#wide = isWide(lines);
  }

  read(): ToolRows {
    for (const line of this.#lines) this.#readLine(line);
    this.#refuseComponents();
    const [first] = this.#lines;
    if (first !== undefined && !this.#isTitled && this.#last === undefined) {
      refuseWord(
        first,
        first.words[0],
        "the output has rows that begin with tcp or udp, or its titles",
      );
    }
    return new ToolRows(this.#rows, this.#leftOut);
  }

  #readLine(line: Line): void {
    const words = CONTROL_BLOCK.test(line.words[0]!.text) ? line.words.slice(1) : line.words;
    const proto = PROTO.exec(words[0]?.text ?? "");
    if (proto !== null) {
      this.#readRow(line, words, proto);
    } else if (this.#last === "windows" && !isTitle(line) && hasNoEndpoint(line)) {
      this.#readOwner(line);
    } else if (OTHER_PROTO.test(line.words[0]!.text)) {
      this.#isTitled = true;
    } else if (OTHER_SECTION.test(line.text) && hasNoEndpoint(line)) {
      this.#isTitled = this.#isOtherSection = true;
    } else if (isTitle(line)) {
      this.#isTitled = true;
      this.#isOtherSection &&= !isInternetTitle(line);
      this.#columns = columnsIn(line);
      this.#isWithoutPid = /\bProto\b/.test(line.text) && !/\bPID\b/.test(line.text);
    } else if (!this.#isOtherSection && !this.#isPreamble(line)) {
      refuseWord(line, line.words[0], "a row begins with its protocol, such as tcp or udp6");
    }
  }

  #readRow(line: Line, words: readonly Word[], proto: RegExpExecArray): void {
    this.#refuseComponents();
    this.#isOtherSection = false;
    const protocol = proto[1]!.toLowerCase() as Protocol;
    const hasQueues = /^[0-9]+$/.test(words[1]?.text ?? "");
    const [receiveQueue, sendQueue] = hasQueues
      ? [numberIn(line, words[1], "a queue"), numberIn(line, words[2], "a queue")]
      : [undefined, undefined];
    const [nearWord, farWord, ...after] = words.slice(hasQueues ? 3 : 1);
    const near = endIn(line, nearWord, protocol);
    const far = endIn(line, farWord, protocol);
    this.#last = near.isDotted ? "dotted" : hasQueues ? "linux" : "windows";
    const reason = cutReason([near, far], this.#wide);
    if (reason !== undefined) {
      this.#leftOut.push({ line: line.number, text: line.text, reason });
      return;
    }
    const family = familyOfRow(proto[2], near, far);
    // UDP has a state only where it has a peer, and only on Linux.
    const hasState = protocol === "tcp" || wordState(after[0]?.text ?? "") !== undefined;
    const state = hasState
      ? stateIn(line, after.shift(), protocol)
      : far.port === 0
      ? "UNCONNECTED"
      : "CONNECTED";
    assertPeer(line, state, far);
    const { endpoint: local, device } = placed(line, near, family);
    this.#rows.push({
      line: line.number,
      protocol,
      family,
      state,
      local,
      remote: state === "LISTEN" ? anybody(family) : placed(line, far, family).endpoint,
      receiveQueue,
      sendQueue,
      device,
      ...detailsIn(line, after, {
        form: this.#last,
        columns: this.#columns,
        isWithoutPid: this.#isWithoutPid,
      }),
    });
  }

  /** Under a row, -b of Windows names components, then the program in brackets. */
  #readOwner(line: Line): void {
    const program = /^\s*\[(.+)\]\s*$/.exec(line.text)?.[1];
    if (program !== undefined) {
      const row = this.#rows.pop()!;
      this.#rows.push({ ...row, owners: row.owners?.map(named(program)) });
      this.#components = [];
    } else if (line.words.length === 1) {
      this.#components.push(line);
    } else if (!this.#isNote(line)) {
      refuseWord(line, line.words[0], "a row begins with its protocol, such as TCP or UDP");
    }
  }

  /** Of a process that one may not look into, Windows says so in a sentence, in its language. */
  #isNote(line: Line): boolean {
    return line.words.length > 2 && !/[0-9]/.test(line.text);
  }

  #refuseComponents(): void {
    const [first] = this.#components;
    if (first === undefined) return;
    refuseWord(first, first.words[0], "a component stands before its program, as in [svchost.exe]");
  }

  /** Warnings, and titles in a language that is not known here. */
  #isPreamble(line: Line): boolean {
    return this.#last === undefined && hasNoEndpoint(line);
  }
}

function named(program: string): (owner: SocketOwner) => SocketOwner {
  return (owner) => ({ ...owner, program });
}

function isTitle(line: Line): boolean {
  return /\bProto\b|^\W*Active\b|\bRegistered\b/i.test(line.text) && hasNoEndpoint(line);
}

function isInternetTitle(line: Line): boolean {
  return /\binternet/i.test(line.text);
}

function familyOfRow(suffix: string | undefined, near: End, far: End): AddressFamily {
  if (suffix !== undefined) return suffix === "4" ? "IPv4" : "IPv6";
  return familyOf(near) ?? familyOf(far) ?? "IPv4";
}
