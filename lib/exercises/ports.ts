/**
 * Checks the exercises of `02_ports`.
 *
 * @module
 */
import { kindOf } from "../refusal.ts";
import { parsePort } from "../ports/port.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { listeners } from "../observe/connections.ts";
import { demux } from "../tuples/demux.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { leftOf, ownInodes } from "./_own_sockets.ts";
import { closeReturned, isClosable } from "./_returned.ts";
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
    if (answer.value !== port) {
      return Verdict.notYet(`of ${url} it makes ${answer.text}, and it is ${port}`);
    }
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
    if (mine !== yours.value) {
      return Verdict.notYet(
        `of ${JSON.stringify(text)} it makes ${yours.text}, and it was to be ${mine}`,
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
  const newOnes = () => newListeners(before);
  let returned: unknown;
  try {
    returned = await twice();
  } catch (error) {
    return Verdict.notYet(`the kernel refused: ${error}${stillOpen(await leftOf(newOnes))}`);
  }
  const mine = newOnes();
  closeReturned(returned);
  const { state, message } = verdictOfTwo(returned, mine);
  const left = await leftOf(newOnes);
  if (state === "not yet" || left.length > 0) return Verdict.notYet(message + stillOpen(left));
  return Verdict.right(message);
}

function verdictOfTwo(sockets: unknown, mine: Connections): Verdict {
  if (!Array.isArray(sockets) || sockets.length !== 2) {
    return Verdict.notYet("the function was to return both sockets in a list");
  }
  if (!sockets.every(isClosable)) {
    const kinds = sockets.map(kindOf).join(" and ");
    return Verdict.notYet(`the list was to hold two sockets, got ${kinds}`);
  }
  if (sockets[0] === sockets[1]) return Verdict.notYet("the list has the same socket twice");
  const pair =
    mine.flatMap((a) =>
      mine.filter((b) => a !== b && a.local.port === b.local.port).map((b) => [a, b] as const)
    )[0];
  if (!pair) return Verdict.notYet("the kernel's table has no two new sockets at one port number");
  const [one, other] = pair;
  const names = `${one.protocol} ${one.local} and ${other.protocol} ${other.local}`;
  if (!one.local.equals(other.local)) return Verdict.right(`${names}: one number, two endpoints`);
  if (one.protocol !== other.protocol) {
    return Verdict.right(`${names}: one number, two protocols`);
  }
  const option = one.protocol === "tcp" ? "reusePort allows" : "reusePort or reuseAddress allows";
  return Verdict.right(`${names}: one endpoint, two sockets: ${option} it`);
}

/** The sockets of this process that wait for anybody, and did not before. */
function newListeners(before: ReadonlySet<number>): Connections {
  const own = ownInodes();
  return listeners().filter(({ inode }) => !before.has(inode) && own.has(inode));
}

function stillOpen(left: Connections): string {
  if (left.length === 0) return "";
  const names = left.map((row) => `${row.protocol} ${row.local}`).join(" and ");
  return `; ${names} stayed open: the check closes only what is returned`;
}

/** What a function made of its input, and that in words. */
function outcome(work: () => unknown): { readonly value: unknown; readonly text: string } {
  try {
    const value = work();
    return { value, text: Deno.inspect(value) };
  } catch (error) {
    return { value: error, text: "an error" };
  }
}

function strict(text: string): number | undefined {
  try {
    return parsePort(text);
  } catch {
    return undefined;
  }
}
