/**
 * The output of lsof(8), as rows.
 *
 * @module
 */
import { quote } from "../../refusal.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { RowCollector } from "./_row_collector.ts";
import {
  anybody,
  type End,
  endIn,
  type Ipv6Localhost,
  ipv6LocalhostIn,
  placed,
  type PortNames,
  type PrintedEnds,
} from "./_tool_endpoint.ts";
import { assertPeer, stateIn, wordState } from "./_tool_state.ts";
import {
  hasNoEndpoint,
  type Line,
  linesOf,
  numberIn,
  refuse,
  refuseWord,
  type Word,
} from "./_text_lines.ts";
import type { ToolRow, ToolRows } from "./tool_row.ts";

/** What may stand in the column FD of a row: lsof(8), print.c and misc.c. */
const DESCRIPTOR =
  /^(?:[0-9]+[a-zA-Z-]{0,3}|(?:cwd|rtd|txt|mem|mmap|DEL|NOFD|err|ltx|twd|jld|pd|tr|ctty|fp\.|L[0-9]+|m[0-9]+|v[0-9]+)(?:-[rwuRWu])?)$/;

/**
 * Reads the output of `lsof -i` and its relatives: with or without `-n -P -l -R -g -K -s -T -E -a -p
 * -u +c`, with titles or without. A socket that several processes have stands in as many rows as in the
 * output. Files of other kinds, as `lsof -p` lists them, are passed over, and so are sockets without an
 * address, warnings, and prompts and commands before, between and after the rows. A line that cannot be
 * read makes no row, and {@linkcode ToolRows.leftOut} says which, and why.
 *
 * A row of type IPv6 with IPv4 addresses is an IPv6 socket with an IPv4 peer, so its addresses are
 * mapped ones here. Where macOS puts the interface into a link-local address, `fe80:4::1`, it becomes
 * the zone: `fe80::1%4`. Names of services are those of the system's own services file: 3000 is "hbci"
 * on macOS. lsof shows 9 characters of a program's name, or as many as `+c` says.
 *
 * @param text What lsof printed, as people copy it
 * @throws {TypeError} If `text` is not a string
 * @throws {SyntaxError} If nothing could be read: why the first line could not, with its line and
 * column. Host names and services that are not known here are such lines, which `-nP` prevents
 *
 * @example Who has port 80?
 * ```ts
 * import { parseLsof } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const [row] = parseLsof("nginx  5678 www  6u  IPv4  21190  0t0  TCP *:http (LISTEN)");
 * assertEquals(`${row?.state} ${row?.local} ${row?.user}`, "LISTEN 0.0.0.0:80 www");
 * assertEquals(row?.owners, [{ program: "nginx", pid: 5678, descriptor: 6 }]);
 * ```
 */
export function parseLsof(text: string): ToolRows {
  const { lines, commands } = linesOf(text, "lsof");
  const collector = new RowCollector();
  if (commands.length > 0) collector.addCommand();
  const titles = lines.filter(isTitle);
  const context: Context = {
    asked: commands.flatMap(({ text }) => portsAsked(text)),
    ipv6Localhost: ipv6LocalhostIn(lines.flatMap(printedEnds)),
    isUserSecond: titles.length > 0 && titles.every(({ words }) => words[2]?.text === "USER"),
  };
  let isAfterWarning = false;
  for (const line of lines) {
    if (isTitle(line)) {
      collector.addTitle();
    } else if (isOtherFile(line)) {
      collector.addOther();
    } else if (isWarning(line) || (isAfterWarning && line.isIndented && hasNoEndpoint(line))) {
      isAfterWarning = true;
      if (/\bWARNING\b/.test(line.text)) collector.addTitle();
      else if (!collector.hasRows) collector.addPreamble(line, RULE);
      continue;
    } else if (typeIndex(line) !== -1 || /^[0-9]+$/.test(line.words[1]?.text ?? "")) {
      collector.addRow(line, () => rowIn(line, context));
    } else if (!collector.hasRows && hasNoEndpoint(line)) {
      collector.addPreamble(line, RULE);
    } else {
      collector.addRow(line, () => rowIn(line, context));
    }
    isAfterWarning = false;
  }
  return collector.finish();
}

const RULE = "the output has rows of type IPv4 or IPv6, or its titles";

/** What a row leaves to the rest of the text. */
interface Context {
  /** The ports that the command asks for. */
  readonly asked: readonly number[];
  readonly ipv6Localhost: (ends: PrintedEnds) => Ipv6Localhost;
  /** Whether nothing stands between the pid and the user, whose name may have blanks in it. */
  readonly isUserSecond: boolean;
}

/** The ports in `lsof -i :3000,8080`, `-iTCP@host:3000-3010`: few, or a range would settle nothing. */
function portsAsked(command: string): number[] {
  return Array.from(command.matchAll(/-\w*i\s*[^\s:|]*:([0-9,]+)(?=\s|$)/g))
    .flatMap(([, ports]) => ports!.split(",").map(Number));
}

/** Titles, after which a column may be missing or more: -R, -g, -K, -Z. */
function isTitle(line: Line): boolean {
  return line.words[0]!.text === "COMMAND" && line.words[1]?.text === "PID";
}

/** lsof warns on its error output, which a paste has, too. */
function isWarning(line: Line): boolean {
  return /^(?:lsof|\S*\/lsof):\s/.test(line.text.trimStart());
}

/** Where the type stands: after COMMAND, PID, USER and FD, and perhaps more. */
function typeIndex(line: Line): number {
  return line.words.findIndex(({ text }, index) => index >= 4 && /^IPv[46]$/.test(text));
}

/** Whether a row is about something that has no port, or no longer. */
function isOtherFile(line: Line): boolean {
  const { words } = line;
  if (!/^[0-9]+$/.test(words[1]?.text ?? "")) return false;
  const type = typeIndex(line);
  const isSocket = words.slice(4).some(({ text }) => isProtocol(text));
  if (type === -1) {
    return words.slice(3).some(({ text }) => DESCRIPTOR.test(text)) &&
      (!isSocket || /protocol: (?:TCP|UDP)/.test(line.text));
  }
  const node = [words[type + 2], words[type + 3]].find((word) => word && isProtocol(word.text));
  if (node === undefined) return !/->|:\S+ \(/.test(line.text);
  const name = words.slice(words.indexOf(node) + 1).map(({ text }) => text).join(" ");
  // A socket that has lost its control block on the BSDs, or that Linux cannot identify.
  return /^(?:no PCB|can't identify protocol|no more information)/i.test(name);
}

function isProtocol(text: string): boolean {
  return /^(?:TCP|UDP)$/.test(text);
}

function rowIn(line: Line, context: Context): ToolRow {
  const { words } = line;
  const type = typeIndex(line);
  if (type === -1) {
    return refuseWord(line, words[4], "a row has the type IPv4 or IPv6 after PID, USER and FD");
  }
  const family = words[type]!.text as AddressFamily;
  const pid = numberIn(line, words[1], "a pid");
  const descriptor = descriptorIn(line, words[type - 1]!);
  const device = words[type + 1];
  // The size, a column before, may be blank.
  const node = [words[type + 2], words[type + 3]].find((word) => word && isProtocol(word.text));
  if (node === undefined) {
    return refuseWord(line, words[type + 3] ?? words[type + 2], "the node is TCP or UDP");
  }
  const [name, ...all] = words.slice(words.indexOf(node) + 1);
  // With -E, who has the other end stands before the state: 1234,nginx,6u.
  const after = all.filter(({ text }) => !/^[0-9]+,[^()]*,[0-9]+[a-zA-Z]?$/.test(text));
  const protocol = node.text.toLowerCase() as Protocol;
  // On the BSDs, the device is an address in the kernel; elsewhere, a number of the socket.
  const names: PortNames = {
    protocol,
    file: device?.text.startsWith("0x") ? "bsd" : "linux",
    asked: context.asked,
  };
  const { near, far } = endsIn(line, name, names);
  const { state, receiveQueue, sendQueue } = statusIn(line, after, { protocol, far });
  const [ends] = printedEnds(line);
  const row = { family, ipv6Localhost: context.ipv6Localhost(ends!) };
  const place = (end: End) => placed(line, unscoped(end, device), row);
  const remote = far === undefined ? anybody(family) : place(far).endpoint;
  assertPeer(line, state, far ?? { ...near, port: 0 });
  return {
    line: line.number,
    protocol,
    family,
    state,
    local: place(near).endpoint,
    remote,
    receiveQueue,
    sendQueue,
    device: place(near).device,
    user: context.isUserSecond
      ? line.text.slice(words[2]!.column - 1, words[type - 1]!.column - 1).trimEnd()
      : words[type - 2]!.text,
    inode: /^[0-9]{1,15}$/.test(device?.text ?? "") ? Number(device!.text) : undefined,
    owners: [{ pid, program: unescaped(words[0]!.text), descriptor }],
  };
}

/** Returns the ends of a row as they are printed, if it is one. */
function printedEnds(line: Line): PrintedEnds[] {
  const type = typeIndex(line);
  const node = line.words.findIndex(({ text }, index) => index > type && isProtocol(text));
  const name = line.words[node + 1]?.text;
  if (type === -1 || node === -1 || name === undefined) return [];
  const [near = "", far = ""] = name.split("->");
  return [{ family: line.words[type]!.text as AddressFamily, near, far }];
}

/** A descriptor with how it is open and how it is locked: 6u, 10rW. */
function descriptorIn(line: Line, word: Word): number {
  const digits = /^([0-9]{1,10})[a-zA-Z-]{0,3}$/.exec(word.text)?.[1];
  return digits === undefined
    ? refuseWord(line, word, "a descriptor is a number and letters, such as 6u")
    : Number(digits);
}

function endsIn(
  line: Line,
  name: Word | undefined,
  names: PortNames,
): { near: End; far: End | undefined } {
  const arrow = name?.text.indexOf("->") ?? -1;
  if (name === undefined || arrow === -1) {
    return { near: endIn(line, name, names), far: undefined };
  }
  const near = { ...name, text: name.text.slice(0, arrow) };
  const far = { ...name, text: name.text.slice(arrow + 2), column: name.column + arrow + 2 };
  return { near: endIn(line, near, names), far: endIn(line, far, names) };
}

interface Status extends Pick<ToolRow, "receiveQueue" | "sendQueue"> {
  readonly state: SocketState;
}

/** Reads "(ESTABLISHED)" or, with -T, "(ESTABLISHED QR=5 QS=0)". */
function statusIn(
  line: Line,
  words: readonly Word[],
  { protocol, far }: { protocol: Protocol; far: End | undefined },
): Status {
  const [first] = words;
  const text = words.map(({ text }) => text).join(" ");
  if (first !== undefined && !/^\([^()]*\)$/.test(text)) {
    refuse(line.tool, first, "a state stands in parentheses at the end of the line", quote(text));
  }
  const parts = text.slice(1, -1).split(" ");
  const word = first && { ...first, text: parts[0]!.replace(/^ST=/, ""), column: first.column + 1 };
  const hasState = protocol === "tcp" || (word !== undefined && wordState(word.text) !== undefined);
  const queue = (key: string) => {
    const part = parts.find((part) => part.startsWith(`${key}=`));
    return part === undefined || first === undefined
      ? undefined
      : numberIn(line, { ...first, text: part.slice(key.length + 1) }, "a queue");
  };
  return {
    state: hasState
      ? stateIn(line, word, protocol)
      : far === undefined
      ? "UNCONNECTED"
      : "CONNECTED",
    receiveQueue: queue("QR"),
    sendQueue: queue("QS"),
  };
}

/**
 * The BSDs' kernels keep the interface in the second group of a link-local address, which on the
 * wire is zero (RFC 4291, section 2.5.6), and lsof prints what it finds. There, devices are
 * addresses in the kernel.
 */
function unscoped(end: End, device: Word | undefined): End {
  const match = /^(fe[89ab][0-9a-f]):([0-9a-f]{1,4}):(.*)$/i.exec(end.host);
  if (match === null || !device?.text.startsWith("0x") || end.zone !== undefined) return end;
  const [, prefix, scope, rest] = match as unknown as [string, string, string, string];
  if (/^0+$/.test(scope)) return end;
  const host = rest.startsWith(":") ? `${prefix}:${rest}` : `${prefix}:0:${rest}`;
  return { ...end, host, zone: String(parseInt(scope, 16)) };
}

/** lsof writes blanks and what cannot be printed as \x20, a byte each. */
function unescaped(text: string): string {
  return text.replace(/(?:\\x[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.fromHex(run.replaceAll(/\\x/gi, ""));
    return new TextDecoder().decode(bytes);
  });
}
