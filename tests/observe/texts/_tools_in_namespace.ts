/**
 * Opens sockets in a private network, asks the real tools for them in the languages of net-tools, and
 * prints what was read and what was not. Run by live_tools_test.ts.
 */
import {
  type Connection,
  connections,
  parseLsof,
  parseNetstat,
  parseSs,
  type ToolRow,
  type ToolRows,
} from "fourtuple";
import { findProgram } from "../../../lib/program/find_program.ts";

const ADDRESSES = [
  "192.168.100.200",
  "192.168.0.99",
  "10.1.2.3",
  "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1234",
  "2001:db8::5",
];
for (const address of ADDRESSES) {
  const { success } = await new Deno.Command("ip", {
    args: ["address", "add", address, "dev", "lo", ...address.includes(":") ? ["nodad"] : []],
  }).output();
  if (!success) throw new Error(`cannot add ${address}`);
}

const open: { close(): void }[] = [];
const keep = <Closable extends { close(): void }>(one: Closable): Closable => {
  open.push(one);
  return one;
};
const LATEST_MS = 60_000;

/** The kernel makes the routes to new IPv6 addresses in a queue of its own, and so a little later. */
async function connect(to: Deno.ConnectOptions): Promise<Deno.TcpConn> {
  for (const started = performance.now();;) {
    try {
      return await Deno.connect(to);
    } catch (error) {
      const isEarly = error instanceof Deno.errors.NetworkUnreachable &&
        performance.now() - started < LATEST_MS;
      if (!isEarly) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function conversation(hostname: string, port: number, ends = "both"): Promise<void> {
  const listener = keep(Deno.listen({ hostname, port }));
  const to = hostname === "0.0.0.0" || hostname === "::" ? "10.1.2.3" : hostname;
  for (const way of ends === "both" ? ["open"] : ["open", "half", "closed"]) {
    const [client, server] = await Promise.all([
      connect({ hostname: to, port: listener.addr.port }),
      listener.accept(),
    ]);
    if (way === "half") await client.closeWrite();
    if (way === "closed") {
      client.close();
      server.close();
      continue;
    }
    keep(client);
    keep(server);
  }
}
await conversation("192.168.100.200", 8080, "all");
await conversation("192.168.0.99", 5432);
await conversation("10.1.2.3", 0, "all");
await conversation("10.1.2.3", 22);
await conversation("127.0.0.1", 6379, "all");
await conversation("127.0.0.1", 10000);
await conversation("0.0.0.0", 80);
await conversation("0.0.0.0", 6667);
await conversation("::", 443, "all");
await conversation("::", 0, "all");
await conversation(ADDRESSES[3]!, 8080);
await conversation(ADDRESSES[3]!, 9418, "all");
await conversation(ADDRESSES[4]!, 631, "all");
for (
  const [hostname, port] of [["10.1.2.3", 5353], ["0.0.0.0", 123], [ADDRESSES[4]!, 53]] as const
) {
  keep(Deno.listenDatagram({ transport: "udp", hostname, port }));
}

function lineOf({ protocol, state, local, remote }: Connection | ToolRow): string {
  return `${protocol} ${state} ${local} ${remote.port === 0 ? "*" : remote}`;
}

/** The name of a port in this machine's services file: the first of each number. */
const names = new Map<string, string>();
for (
  const [, name, key] of Deno.readTextFileSync("/etc/services").matchAll(/^(\S+)\s+([0-9]+\/\w+)/gm)
) {
  if (!names.has(key!)) names.set(key!, name!);
}

/** Whether net-tools' addr_do_one() prints all of a row: at most 22 characters an end. */
function isWhole({ protocol, local, remote }: Connection, isNumeric: boolean): boolean {
  return [local, remote].every(({ address, port }) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    const host = plain === "127.0.0.1" && !isNumeric ? "localhost" : plain;
    const name = isNumeric ? undefined : names.get(`${port}/${protocol}`);
    return host.length + (name ?? String(port)).length <= 22;
  });
}

interface Command {
  readonly words: readonly string[];
  readonly parse: (text: string) => ToolRows;
  /** Of which of the kernel's rows the tool is asked. */
  readonly asks?: (row: Connection) => boolean;
  readonly isWhole?: (row: Connection) => boolean;
}

const isTcp = ({ protocol }: Connection) => protocol === "tcp";
/** lsof sees no socket without a process. */
const isOwned = ({ state }: Connection) => state !== "TIME_WAIT";
const named = (row: Connection) => isWhole(row, false);
const numbered = (row: Connection) => isWhole(row, true);
const commands: readonly Command[] = [
  { words: ["netstat", "-ta"], parse: parseNetstat, asks: isTcp, isWhole: named },
  { words: ["netstat", "-tuan"], parse: parseNetstat, isWhole: numbered },
  { words: ["netstat", "-tuanpeo"], parse: parseNetstat, isWhole: numbered },
  { words: ["netstat", "-tuapeoW"], parse: parseNetstat },
  { words: ["busybox", "netstat", "-ta"], parse: parseNetstat, asks: isTcp },
  { words: ["busybox", "netstat", "-tuan"], parse: parseNetstat },
  { words: ["ss", "-tuan"], parse: parseSs },
  { words: ["ss", "-tuapeom"], parse: parseSs },
  { words: ["ss", "-tai"], parse: parseSs, asks: isTcp },
  { words: ["lsof", "-i"], parse: parseLsof, asks: isOwned },
  { words: ["lsof", "-nP", "-i", "-Tqs"], parse: parseLsof, asks: isOwned },
].filter(({ words }) => findProgram(words[0]!) !== undefined);

/** What was read of a command's output in a locale. */
export interface LiveReading {
  readonly command: string;
  readonly locale: string;
  /** Rows that the kernel does not have. */
  readonly wrong: readonly string[];
  /** How many of the rows that the tool prints whole there are, and how many of them were read. */
  readonly whole: number;
  readonly read: number;
  /** Rows that the tool cuts, and that neither became rows nor were named as left out. */
  readonly unnamed: number;
  readonly missed: readonly string[];
}

const readings: LiveReading[] = [];
const locales = JSON.parse(Deno.env.get("LIVE_LOCALES") ?? '["C"]') as string[];
for (const locale of locales) {
  for (const { words, parse, asks = () => true, isWhole = () => true } of commands) {
    const before = [...connections()];
    const { stdout } = await new Deno.Command(words[0]!, {
      args: words.slice(1),
      env: { LC_ALL: locale },
    }).output();
    // A locale with a code page of its own, pasted as UTF-8.
    const rows = parse(new TextDecoder().decode(stdout));
    const all = [...before, ...connections()];
    const known = new Set(all.map(lineOf));
    const lines = new Set([...rows].map(lineOf));
    const whole = before.filter((row) => asks(row) && isWhole(row));
    const cut = before.filter((row) => asks(row) && !isWhole(row));
    const missed = whole.map(lineOf).filter((line) => !lines.has(line));
    readings.push({
      command: words.join(" "),
      locale,
      wrong: [...lines].filter((line) => !known.has(line)),
      whole: whole.length,
      read: whole.length - missed.length,
      unnamed: Math.max(0, cut.length - rows.leftOut.length),
      missed,
    });
  }
}
console.log(JSON.stringify(readings));
for (const one of open) one.close();
