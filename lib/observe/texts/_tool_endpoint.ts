/** The tools' ways to write an endpoint. */
import { quote } from "../../refusal.ts";
import { MAX_PORT } from "../../ports/port.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { type AddressFamily, readAddress } from "../../tuples/address.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { portsOfName, type ServicesFile } from "./_file_services.ts";
import { type Line, type Place, refuse, refuseWord, type Word } from "./_text_lines.ts";

/** The two halves of an endpoint, as they were printed. */
export interface End extends Place {
  /** The whole word. */
  readonly text: string;
  /** An address, "*" or a name, without brackets and zone. */
  readonly host: string;
  /** What stands after a "%": the zone of the address, or a device. */
  readonly zone: string | undefined;
  /** The port as a number; 0 for "*". */
  readonly port: number;
  /** Whether a point stands before the port, as on macOS and the BSDs, and not a colon. */
  readonly isDotted: boolean;
}

/** Where a socket is, and at which device only. */
export interface Placed {
  readonly endpoint: Endpoint;
  /** The device to which the socket is bound, where it does not belong to the address. */
  readonly device: string | undefined;
}

/** What the ports of an output's names mean. */
export interface PortNames {
  readonly protocol: Protocol;
  /** Whose services file the tool has read; a point before the port says "bsd" by itself. */
  readonly file: ServicesFile;
  /** The ports that the command asks for: they settle a name that stands for several. */
  readonly asked?: readonly number[];
}

const RULE = "an endpoint is an address and a port, as in 127.0.0.1:80, [::1]:80, *:80 or *.80";

/** Debian's /etc/hosts has two names for ::1 alone, Red Hat's has a third. */
const IPV6_LOOPBACK_NAMES = ["ip6-localhost", "ip6-loopback", "localhost6"];

/** Takes an endpoint apart and reads its port. */
export function endIn(line: Line, word: Word | undefined, names: PortNames): End {
  if (word === undefined) return refuseWord(line, word, RULE);
  const { text } = word;
  const bracketed = /^\[([^\]%]*)(?:%([^\]]*))?\](?:%([^:]*))?:(.*)$/.exec(text);
  if (bracketed !== null) {
    const [, host, inner, outer, port] = bracketed as unknown as [
      string,
      string,
      string | undefined,
      string | undefined,
      string,
    ];
    if (!host.includes(":")) {
      refuse(line.tool, word, "brackets are for IPv6 addresses", quote(text));
    }
    const read = portIn(line, { ...word, text: port, column: columnOf(word, port) }, names);
    return { ...word, host, zone: inner ?? outer, port: read, isDotted: false };
  }
  // Before an IPv6 address's port, too, stands the last colon; unless a point follows it.
  const colon = text.lastIndexOf(":");
  const point = text.lastIndexOf(".");
  const isDotted = point > colon;
  const cut = isDotted ? point : colon;
  if (cut < 1 || text.startsWith("[")) refuseWord(line, word, RULE);
  const port = text.slice(cut + 1);
  const [host, zone] = splitZone(text.slice(0, cut));
  const read = portIn(
    line,
    { ...word, text: port, column: word.column + cut + 1 },
    isDotted ? { ...names, file: "bsd" } : names,
  );
  return { ...word, host, zone, port: read, isDotted };
}

function splitZone(text: string): [host: string, zone: string | undefined] {
  const percent = text.indexOf("%");
  return percent === -1 ? [text, undefined] : [text.slice(0, percent), text.slice(percent + 1)];
}

function columnOf(word: Word, tail: string): number {
  return word.column + word.text.length - tail.length;
}

function portIn(line: Line, word: Word, { protocol, file, asked = [] }: PortNames): number {
  const { text } = word;
  if (text === "*") return 0;
  if (/^[0-9]+$/.test(text)) {
    const port = Number(text);
    if (port <= MAX_PORT) return port;
    return refuse(line.tool, word, `a port is at most ${MAX_PORT}`, quote(text));
  }
  const ports = text === "" ? [] : portsOfName(text, protocol, file);
  const meant = ports.length > 1 ? ports.filter((port) => asked.includes(port)) : ports;
  const [port] = meant;
  if (port !== undefined && meant.length === 1) return port;
  const remedy = `(${NUMBERS[line.tool]} prints numbers)`;
  return refuse(
    line.tool,
    word,
    ports.length > 1
      ? `a service's name stands for one port, and this for ${ports.join(", ")} ${remedy}`
      : `a port is a number, or the name of a ${protocol} service that is known here ${remedy}`,
    quote(text),
  );
}

/** The option for numbers instead of names. */
const NUMBERS = { ss: "-n", netstat: "-n", lsof: "-nP" } as const;

/** Which family an end has by its host; `undefined` for "*" and for names. */
export function familyOf({ host }: End): AddressFamily | undefined {
  if (host.includes(":") || /^(?:ip6-|localhost6$)/.test(host)) return "IPv6";
  return /^[0-9.]+$/.test(host) ? "IPv4" : undefined;
}

/** The address that `localhost` is in a row of an IPv6 socket; `undefined` if it may be either. */
export type Ipv6Localhost = "::1" | "::ffff:127.0.0.1" | undefined;

/** Both ends of a row, as printed. */
export interface PrintedEnds {
  readonly family: AddressFamily;
  readonly near: string;
  /** "" for a listener. */
  readonly far: string;
}

/**
 * Finds out what `localhost` is in the rows of IPv6 sockets. RFC 6761, section 6.3, has it for both
 * loopback addresses, and an IPv6 socket with an IPv4 peer is on 127.0.0.1. The other rows tell: an
 * address that they print as a number has no name on that machine; a connection's other end, where an
 * IPv4 socket has it, is on IPv4; and where an IPv4 socket listens, no other can.
 */
export function ipv6LocalhostIn(rows: readonly PrintedEnds[]): (row: PrintedEnds) => Ipv6Localhost {
  const all = rows.flatMap(({ near, far }) => [near, far]);
  const isNumber = (address: RegExp) => all.some((end) => address.test(end));
  const isWithoutIpv6 = isNumber(/^(?:\[?::1\]?|ip6-\w+|localhost6):[^:]*$/);
  const isWithoutIpv4 = isNumber(/^(?:\[?::ffff:)?127\.0\.0\.1\]?:/);
  const ipv4 = new Set(
    rows.filter(({ family }) => family === "IPv4").map(({ near, far }) => `${near} ${far}`),
  );
  return ({ near, far }) => {
    if (isWithoutIpv6 !== isWithoutIpv4) return isWithoutIpv6 ? "::ffff:127.0.0.1" : "::1";
    if (far !== "" && ipv4.has(`${far} ${near}`)) return "::ffff:127.0.0.1";
    return far === "" && ipv4.has(`${near} `) ? "::1" : undefined;
  };
}

/** Whether a host is a name: of such an end, only another column can tell the family. */
export function isNamed(end: End): boolean {
  return end.host !== "*" && familyOf(end) === undefined;
}

/** Refuses a row of which no column says whether its addresses are IPv4 or IPv6. */
export function refuseFamily(line: Line, end: End): never {
  return refuse(
    line.tool,
    end,
    `an address says whether it is IPv4 or IPv6 (${NUMBERS[line.tool]} prints numbers)`,
    quote(end.host),
  );
}

/** In which row an end is. */
export interface RowOfEnd {
  readonly family: AddressFamily;
  /** What `localhost` is there, if the family is IPv6. */
  readonly ipv6Localhost: Ipv6Localhost;
}

/** Makes an endpoint of an end. */
export function placed(line: Line, end: End, row: RowOfEnd): Placed {
  const { port, zone } = end;
  const address = addressIn(line, end, row);
  const isLinkLocal = /^fe[89ab][0-9a-f]:/.test(address);
  if (zone !== undefined && !/^[A-Za-z0-9._~-]+$/.test(zone)) {
    refuse(line.tool, end, "a device's name is letters, digits and the marks - . _ ~", quote(zone));
  }
  return {
    endpoint: Endpoint.from(
      isLinkLocal && zone !== undefined ? `${address}%${zone}` : address,
      port,
    ),
    device: isLinkLocal ? undefined : zone,
  };
}

function addressIn(line: Line, end: End, { family, ipv6Localhost }: RowOfEnd): string {
  const { host } = end;
  if (host === "*") return family === "IPv4" ? "0.0.0.0" : "::";
  if (IPV6_LOOPBACK_NAMES.includes(host) && family === "IPv6") return "::1";
  if (host === "localhost") {
    if (family === "IPv4") return "127.0.0.1";
    return ipv6Localhost ?? refuse(
      line.tool,
      end,
      `the localhost of an IPv6 socket is ::1 or 127.0.0.1 (${NUMBERS[line.tool]} prints which)`,
      quote(host),
    );
  }
  const read = readAddress(host, (rule, got) => {
    const remedy = rule.includes("host name") ? ` (${NUMBERS[line.tool]} prints numbers)` : "";
    return refuse(line.tool, end, rule + remedy, got);
  });
  if (read.family === family) return read.text;
  if (family === "IPv6") return `::ffff:${read.text}`;
  return refuse(line.tool, end, "an IPv4 socket has an IPv4 address", quote(host));
}

/** What a socket has for a peer that may be anybody. */
export function anybody(family: AddressFamily): Endpoint {
  return Endpoint.from(family === "IPv4" ? "0.0.0.0" : "::", 0);
}
