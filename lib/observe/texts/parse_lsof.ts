/**
 * The output of lsof(8), as rows.
 *
 * @module
 */
import { quote } from "../../refusal.ts";
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { anybody, type End, endIn, placed } from "./_tool_endpoint.ts";
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
import { type ToolRow, ToolRows } from "./tool_row.ts";

/** What else a process has open: lsof(8), the column TYPE. */
const OTHER_TYPES =
  /^(?:REG|DIR|CHR|BLK|FIFO|PIPE|LINK|ATTR|DEL|unix|sock|pack|raw|netlink|a_inode|KQUEUE|systm|NPOLICY|CHAN|PSXSHM|PSXSEM|fsevents|ndrv|ppp|route|vsock|unknown|0+)$/;
const OTHER_NODES = /^(?:UDPLITE|ICMP|ICMPV6|IGMP|SCTP|RAW|DIVERT|HOPOPT|[0-9]+)$/i;

/**
 * Reads the output of `lsof -i` and its relatives: with or without `-n -P -l -R -g -s -T -a -p -u
 * +c`, with titles or without. A socket that several processes have stands in as many rows as in the
 * output. Files of other kinds, as `lsof -p` lists them, are passed over.
 *
 * A row of type IPv6 with IPv4 addresses is an IPv6 socket with an IPv4 peer, so its addresses are
 * mapped ones here. Where macOS puts the interface into a link-local address, `fe80:4::1`, it becomes
 * the zone: `fe80::1%4`. lsof shows 9 characters of a program's name, or as many as `+c` says.
 *
 * @param text What lsof printed
 * @throws {TypeError} If `text` is not a string
 * @throws {SyntaxError} If a line is no row, with its line and column: host names and services that
 * are not known here, too, which `-nP` prevents
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
  const lines = linesOf(text, "lsof");
  const rows: ToolRow[] = [];
  let isTitled = false;
  for (const line of lines) {
    if (isTitle(line) || isOtherFile(line)) isTitled = true;
    else if (isTitled || rows.length > 0 || !isPreamble(line)) rows.push(...rowIn(line));
  }
  const [first] = lines;
  if (first !== undefined && !isTitled && rows.length === 0) {
    refuseWord(first, first.words[0], "the output has rows of type IPv4 or IPv6, or its titles");
  }
  return new ToolRows(rows);
}

function isTitle(line: Line): boolean {
  return line.words[0]!.text === "COMMAND" && line.words[1]?.text === "PID";
}

/** Warnings before the titles, and titles in other words. */
function isPreamble(line: Line): boolean {
  return hasNoEndpoint(line) && typeIndex(line) === -1 &&
    !/^[0-9]+$/.test(line.words[1]?.text ?? "");
}

/** Where the type stands: after COMMAND, PID, USER and FD, and perhaps more. */
function typeIndex(line: Line): number {
  return line.words.findIndex(({ text }, index) => index >= 4 && /^IPv[46]$/.test(text));
}

/** Whether a row is about something that has no port. */
function isOtherFile(line: Line): boolean {
  const { words } = line;
  if (!/^[0-9]+$/.test(words[1]?.text ?? "")) return false;
  const type = typeIndex(line);
  if (type !== -1) {
    const node = words[type + 2]?.text ?? "";
    const next = words[type + 3]?.text ?? "";
    return !isProtocol(node) && !isProtocol(next) &&
      (OTHER_NODES.test(next) || OTHER_NODES.test(node));
  }
  return words.some(({ text }, index) =>
    index >= 4 && OTHER_TYPES.test(text) && isDescriptor(words[index - 1]!.text)
  );
}

function isProtocol(text: string): boolean {
  return /^(?:TCP|UDP)$/.test(text);
}

function isDescriptor(text: string): boolean {
  return /^(?:[0-9]+[a-zA-Z-]*|cwd|rtd|txt|mem|mmap|DEL|NOFD|err|ltx|twd|jld|pd|L[0-9]+)$/.test(
    text,
  );
}

function rowIn(line: Line): [ToolRow] {
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
  const [name, ...after] = words.slice(words.indexOf(node) + 1);
  const protocol = node.text.toLowerCase() as Protocol;
  const { near, far } = endsIn(line, name, protocol);
  const { state, receiveQueue, sendQueue } = statusIn(line, after, { protocol, far });
  const place = (end: End) => placed(line, unscoped(end, device), family);
  const remote = far === undefined ? anybody(family) : place(far).endpoint;
  assertPeer(line, state, far ?? { ...near, port: 0 });
  return [{
    line: line.number,
    protocol,
    family,
    state,
    local: place(near).endpoint,
    remote,
    receiveQueue,
    sendQueue,
    device: place(near).device,
    user: words[type - 2]!.text,
    inode: /^[0-9]{1,15}$/.test(device?.text ?? "") ? Number(device!.text) : undefined,
    owners: [{ pid, program: unescaped(words[0]!.text), descriptor }],
  }];
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
  protocol: Protocol,
): { near: End; far: End | undefined } {
  const arrow = name?.text.indexOf("->") ?? -1;
  if (name === undefined || arrow === -1) {
    return { near: endIn(line, name, protocol), far: undefined };
  }
  const near = { ...name, text: name.text.slice(0, arrow) };
  const far = { ...name, text: name.text.slice(arrow + 2), column: name.column + arrow + 2 };
  return { near: endIn(line, near, protocol), far: endIn(line, far, protocol) };
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
