/** The tools' ways to write an endpoint. */
import { quote } from "../../refusal.ts";
import { MAX_PORT } from "../../ports/port.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { servicePort } from "../../ports/service_names.ts";
import { type AddressFamily, readAddress } from "../../tuples/address.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
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

const RULE = "an endpoint is an address and a port, as in 127.0.0.1:80, [::1]:80, *:80 or *.80";

/** `localhost` is the loopback address, RFC 6761 section 6.3; Debian's /etc/hosts has more names. */
const LOOPBACK_NAMES = ["localhost", "ip6-localhost", "ip6-loopback", "localhost6"];

/** Takes an endpoint apart and reads its port. */
export function endIn(line: Line, word: Word | undefined, protocol: Protocol): End {
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
    const read = portIn(line, { ...word, text: port, column: columnOf(word, port) }, protocol);
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
  const read = portIn(line, { ...word, text: port, column: word.column + cut + 1 }, protocol);
  return { ...word, host, zone, port: read, isDotted };
}

function splitZone(text: string): [host: string, zone: string | undefined] {
  const percent = text.indexOf("%");
  return percent === -1 ? [text, undefined] : [text.slice(0, percent), text.slice(percent + 1)];
}

function columnOf(word: Word, tail: string): number {
  return word.column + word.text.length - tail.length;
}

function portIn(line: Line, word: Word, protocol: Protocol): number {
  const { text } = word;
  if (text === "*") return 0;
  if (/^[0-9]+$/.test(text)) {
    const port = Number(text);
    if (port <= MAX_PORT) return port;
    return refuse(line.tool, word, `a port is at most ${MAX_PORT}`, quote(text));
  }
  const port = text === "" ? undefined : servicePort(text, protocol);
  return port ?? refuse(
    line.tool,
    word,
    `a port is a number, or the name of a ${protocol} service that is known here ` +
      `(${NUMBERS[line.tool]} prints numbers)`,
    quote(text),
  );
}

/** The option for numbers instead of names. */
const NUMBERS = { ss: "-n", netstat: "-n", lsof: "-nP" } as const;

/** Whether only an IPv6 socket can have this host; `undefined` for "*" and names. */
export function familyOf({ host }: End): AddressFamily | undefined {
  if (host.includes(":")) return "IPv6";
  return /^[0-9.]+$/.test(host) ? "IPv4" : undefined;
}

/** Makes an endpoint of an end, in a row of this family. */
export function placed(line: Line, end: End, family: AddressFamily): Placed {
  const { port, zone } = end;
  const address = addressIn(line, end, family);
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

function addressIn(line: Line, end: End, family: AddressFamily): string {
  const { host } = end;
  if (host === "*") return family === "IPv4" ? "0.0.0.0" : "::";
  if (LOOPBACK_NAMES.includes(host)) return family === "IPv4" ? "127.0.0.1" : "::1";
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
