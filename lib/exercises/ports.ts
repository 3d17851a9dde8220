/**
 * Checks the exercises of `02_ports`.
 *
 * @module
 */
import { parsePort } from "../ports/port.ts";
import { listeners } from "../observe/connections.ts";
import { demux } from "../tuples/demux.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { Verdict } from "./verdict.ts";

const URLS: readonly (readonly [url: string, port: number])[] = [
  ["http://127.0.0.1:8080/", 8080],
  ["http://localhost/", 80],
  ["https://localhost/path?port=1", 443],
  ["http://[::1]:3000/", 3000],
  ["http://localhost:80/", 80],
  ["ftp://localhost/", 21],
];

/** Checks exercise 1: the port at which a URL's server listens. */
export function checkPortOfUrl(portOf: ((url: string) => number) | undefined): Verdict {
  if (portOf === undefined) return Verdict.open("write the function portOfUrl");
  for (const [url, port] of URLS) {
    const answer = outcome(() => portOf(url));
    if (answer !== port) return Verdict.notYet(`of ${url} it makes ${answer}, and it is ${port}`);
  }
  return Verdict.right(`${URLS.length} URLs, with and without a port`);
}

const TEXTS: readonly string[] = [
  "80",
  "0",
  "65535",
  "080",
  "65536",
  "-1",
  "+80",
  " 80",
  "80 ",
  "80abc",
  "0x50",
  "8e1",
  "80.0",
  "８０",
  "",
  "1_000",
  "99999999999999999999",
];

/** Checks exercise 2: reading a port from a text, where `undefined` means that it is refused. */
export function checkReadPort(
  readPort: ((text: string) => number | undefined) | undefined,
): Verdict {
  if (readPort === undefined) return Verdict.open("write the function readPort");
  for (const text of TEXTS) {
    const mine = strict(text);
    const yours = outcome(() => readPort(text));
    if (mine !== yours) {
      return Verdict.notYet(
        `of ${JSON.stringify(text)} it makes ${yours}, and it was to be ${mine}`,
      );
    }
  }
  return Verdict.right(`${TEXTS.length} texts, and none fooled it`);
}

/** The three listening sockets of exercise 3; the rule itself says which one is right. */
const LISTENING = Object.entries({ A: "0.0.0.0", B: "192.168.1.100", C: "127.0.0.1" })
  .map(([row, address]) => ({
    row,
    protocol: "tcp" as const,
    state: "LISTEN" as const,
    local: Endpoint.from(address, 8080),
    remote: Endpoint.from("0.0.0.0", 0),
  }));

/** Checks exercise 3: to which listening socket a segment goes. */
export function checkWhoGetsIt(row: "A" | "B" | "C" | "nobody" | undefined): Verdict {
  if (row === undefined) return Verdict.open('give receiver "A", "B", "C" or "nobody"');
  const segment = {
    protocol: "tcp" as const,
    source: Endpoint.from("10.0.0.50", 52431),
    destination: Endpoint.from("192.168.1.100", 8080),
  };
  const delivery = demux(segment, LISTENING);
  if (row === delivery.socket?.row) {
    return Verdict.right(`${row} has just this address, which comes before any address`);
  }
  if (row === "A") return Verdict.notYet("A would get it, were there no socket that fits better");
  if (row === "C") return Verdict.notYet("C listens at another address");
  return Verdict.notYet("somebody listens at that port, and at that address");
}

/** Checks exercise 4: two listening sockets at one port number, at the same time. They are closed. */
export async function checkSameNumberTwice(
  twice: (() => unknown) | undefined,
): Promise<Verdict> {
  if (twice === undefined) return Verdict.open("write the function twoAtOnce");
  const before = new Set(listeners().map((row) => row.inode));
  let sockets: unknown;
  try {
    sockets = await twice();
  } catch (error) {
    return Verdict.notYet(`the kernel refused: ${error}`);
  }
  if (!Array.isArray(sockets) || sockets.length !== 2) {
    return Verdict.notYet("the function was to return both sockets in a list");
  }
  const mine = listeners().filter((row) => !before.has(row.inode));
  for (const socket of sockets) socket.close();
  const pair =
    mine.flatMap((a) =>
      mine.filter((b) => a !== b && a.local.port === b.local.port).map((b) => [a, b] as const)
    )[0];
  if (!pair) return Verdict.notYet("the kernel's table has no two new sockets at one port number");
  const [one, other] = pair.map((row) => `${row.protocol} ${row.local}`);
  return Verdict.right(`${one} and ${other}: one number, two endpoints`);
}

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return "an error";
  }
}

function strict(text: string): number | undefined {
  try {
    return parsePort(text);
  } catch {
    return undefined;
  }
}
