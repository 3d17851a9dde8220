/**
 * Checks the exercises of `02_ports`.
 *
 * @module
 */
import { listeners } from "../observe/connections.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { parsePort } from "../ports/port.ts";
import { oneOf } from "../refusal.ts";
import { demux } from "../tuples/demux.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { CLOSABLE, listOf, shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const URLS: readonly (readonly [url: string, port: number])[] = [
  ["http://127.0.0.1:8080/", 8080],
  ["http://localhost/", 80],
  ["https://localhost/path?port=1", 443],
  ["http://[::1]:3000/", 3000],
  ["http://localhost:80/", 80],
  ["ftp://localhost/", 21],
];

/** Checks the exercise Port of URL: the port at which a URL's server listens. */
export function checkPortOfUrl(portOf: ((url: string) => number) | undefined): Promise<Verdict> {
  return judge({ name: "portOfUrl", answer: portOf }, async (portOf, attempt) => {
    for (const [url, port] of URLS) {
      const about = `for ${url}`;
      const answer = await attempt.call(() => portOf(url), { about });
      expect(
        answer === port,
        `${about} your function returned ${shown(answer)}, and the port is ${port}`,
        wrongNumber(answer, port) ??
          "Where a URL names no port, its scheme does: http, https and ftp have one each",
      );
    }
    return `${URLS.length} URLs, with and without a port`;
  });
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

/** Checks the exercise Read port: reading a port from a text, where `undefined` means that it is refused. */
export function checkReadPort(
  readPort: ((text: string) => number | undefined) | undefined,
): Promise<Verdict> {
  return judge({ name: "readPort", answer: readPort }, async (readPort, attempt) => {
    for (const text of TEXTS) {
      const about = `for ${shown(text)}`;
      const right = strict(text);
      const answer = await attempt.call(() => readPort(text), { about });
      expect(
        answer === right,
        `${about} your function returned ${shown(answer)}, and should return ${right}`,
        wrongNumber(answer, right) ??
          (right === undefined
            ? "A port is written with the digits 0 to 9 alone, and is at most 65535: Number() and " +
              "parseInt() accept more"
            : "Digits alone are a port, and zeros in front do not matter"),
      );
    }
    return `${TEXTS.length} texts, and all were read right`;
  });
}

function strict(text: string): number | undefined {
  try {
    return parsePort(text);
  } catch {
    return undefined;
  }
}

function wrongNumber(answer: unknown, right: number | undefined): string | undefined {
  if (right === undefined) return undefined;
  if (answer === undefined) return "Is there a `return` for this case?";
  if (typeof answer === "string" && Number(answer) === right) {
    return "That is a text: Number(text) makes a number of it";
  }
}

/** The three listening sockets of the exercise Who gets it; the rule itself says which one is right. */
const LISTENING = Object.entries({ A: "0.0.0.0", B: "192.168.1.100", C: "127.0.0.1" })
  .map(([row, address]) => ({
    row,
    protocol: "tcp" as const,
    state: "LISTEN" as const,
    local: Endpoint.from(address, 8080),
    remote: Endpoint.from("0.0.0.0", 0),
  }));

/** Checks the exercise Who gets it: to which listening socket a packet goes. */
export function checkWhoGetsIt(row: "A" | "B" | "C" | "nobody" | undefined): Promise<Verdict> {
  const kind = oneOf("A", "B", "C", "nobody");
  return judge({ name: "receiver", answer: row, kind }, (row) => {
    const packet = {
      protocol: "tcp" as const,
      source: Endpoint.from("10.0.0.50", 52431),
      destination: Endpoint.from("192.168.1.100", 8080),
    };
    const right = demux(packet, LISTENING).socket?.row;
    expect(
      row !== "A" || row === right,
      "A would get it if no other socket fitted better",
      "A socket at exactly this address comes before one at any address",
    );
    expect(
      row !== "C" || row === right,
      "C listens at 127.0.0.1, and the packet is for 192.168.1.100",
      "A socket gets what is sent to its own address",
    );
    expect(
      row === right,
      "a socket listens at that port, and at that address",
      "Compare the destination of the packet with the three addresses",
    );
    return `${row} has exactly this address, which comes before any address`;
  });
}

/** Checks the exercise Same number twice: two listening sockets at one port number, at the same time. They are closed. */
export function checkSameNumberTwice(twice: (() => unknown) | undefined): Promise<Verdict> {
  return judge({ name: "twoAtOnce", answer: twice }, async (twice, attempt) => {
    const before = new Set(listeners().map((row) => row.inode));
    const sockets = await attempt.call(twice, {
      returns: listOf(CLOSABLE, 2),
      hints: {
        EADDRINUSE: "Two sockets can have one port number if they differ in something else: what " +
          "does a port belong to, beside its number?",
      },
    });
    const own = inodesOf();
    const mine = listeners().filter(({ inode }) => !before.has(inode) && own.has(inode));
    expect(sockets[0] !== sockets[1], "the list has the same socket twice", "Open two sockets");
    const pair = mine.flatMap((a) =>
      mine.filter((b) =>
        a !== b && a.local.port === b.local.port
      ).map((b) => [a, b] as const)
    )[0];
    expect(
      pair !== undefined,
      "the kernel's table has no two new sockets at one port number",
      "Ask the first socket which port it has, and open the second at the same number; both are to " +
        "be open when you return them",
    );
    await attempt.expectClosed(namesOf(pair), undefined, sockets);
    return rightPair(pair);
  });
}

type Pair = readonly [Connections[number], Connections[number]];

function namesOf([one, other]: Pair): string {
  return `${one.protocol} ${one.local} and ${other.protocol} ${other.local}`;
}

function rightPair(pair: Pair): string {
  const [one, other] = pair;
  if (!one.local.equals(other.local)) return `${namesOf(pair)}: one number, two endpoints`;
  if (one.protocol !== other.protocol) return `${namesOf(pair)}: one number, two protocols`;
  const option = one.protocol === "tcp" ? "reusePort allows" : "reusePort or reuseAddress allows";
  return `${namesOf(pair)}: one endpoint, two sockets: ${option} it`;
}
