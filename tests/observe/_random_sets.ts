/**
 * For tests/_namespace.ts: sets of live sockets, each put together by chance, and for each set the
 * table by netlink, from /proc and by ss(8). Prints the first disagreement as JSON, or what was seen.
 */
import { type Connection, type ConnectionFilter, connections, Socket } from "fourtuple";
import { matcherOf } from "../../lib/observe/rows/connection_filter.ts";
import { ourLine, ssLines } from "./_ss.ts";

const SETS = 200;
const TIMEOUT = { timeout: 5000 };

/** What the sets had, or where the tables differ. */
export interface Outcome {
  readonly seed: number;
  readonly sets: number;
  readonly rows: number;
  readonly kinds: readonly string[];
  readonly difference?: unknown;
}

type Random = (below: number) => number;

async function run(seed: number): Promise<Outcome> {
  const random = randomOf(seed);
  const kinds = new Set<string>();
  let rows = 0;
  for (let set = 0; set < SETS; set++) {
    const open: Socket[] = [];
    const count = 1 + random(6);
    for (let each = 0; each < count; each++) await makeSome(random, open);
    const difference = await differenceOf(random);
    if (difference !== undefined) return { seed, sets: set, rows, kinds: [...kinds], difference };
    for (const row of connections()) {
      rows++;
      kinds.add(`${row.protocol} ${row.family} ${row.state}`);
    }
    for (const socket of open) socket.close();
  }
  return { seed, sets: SETS, rows, kinds: [...kinds].sort() };
}

/** mulberry32, so that a set can be made again. */
function randomOf(seed: number): Random {
  return (below) => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
}

async function makeSome(random: Random, open: Socket[]): Promise<void> {
  const family = random(2) === 0 ? "IPv4" : "IPv6";
  const address = family === "IPv4" ? `127.0.0.${1 + random(3)}` : "[::1]";
  const make = (protocol: "tcp" | "udp", of: "IPv4" | "IPv6" = family) => {
    const socket = protocol === "tcp"
      ? Socket.tcp({ ...TIMEOUT, family: of })
      : Socket.udp({ ...TIMEOUT, family: of });
    open.push(socket);
    return socket;
  };
  const listening = () => {
    const socket = make("tcp");
    socket.bind(`${address}:0`);
    socket.listen(random(20));
    return socket;
  };
  const connected = async () => {
    const server = listening();
    const client = make("tcp");
    await client.connect(server.localEndpoint());
    const accepted = await server.accept();
    open.push(accepted);
    return { client, accepted };
  };
  switch (random(9)) {
    case 0: // Some wait to be accepted.
    {
      const server = listening();
      for (let each = random(2); each > 0; each--) {
        await make("tcp").connect(server.localEndpoint());
      }
      break;
    }
    case 1: {
      const { client } = await connected();
      await client.send("x".repeat(1 + random(5000)));
      break;
    }
    case 2: // Half-closed.
      (await connected()).client.shutdown("write");
      break;
    case 3: {
      const { client, accepted } = await connected();
      client.close();
      await accepted.receive();
      accepted.close();
      break;
    }
    case 4:
      make("udp").bind(`${address}:0`);
      break;
    case 5: {
      const receiver = make("udp");
      receiver.bind(`${address}:0`);
      const sender = make("udp");
      await sender.connect(receiver.localEndpoint());
      await sender.send("x".repeat(1 + random(900)));
      break;
    }
    case 6: // Dual stack: an IPv4 client of an IPv6 socket.
    {
      const server = make("tcp", "IPv6");
      server.bind("[::]:0");
      server.listen();
      const client = make("tcp", "IPv4");
      await client.connect(`127.0.0.1:${server.localEndpoint().port}`);
      open.push(await server.accept());
      break;
    }
    case 7: {
      const socket = make("udp", "IPv6");
      socket.setOption("v6Only", random(2) === 0);
      socket.bind("[::]:0");
      break;
    }
    default: // Bound and idle: in neither table.
      make("tcp").bind(`${address}:0`);
  }
}

/** Sockets go on changing state right after a call, so the tables are read until they agree. */
async function differenceOf(random: Random): Promise<unknown> {
  for (let tries = 1;; tries++) {
    const rows = connections({}, { source: "netlink" });
    const { stdout } = await new Deno.Command("ss", { args: ["-tuanHe"] }).output();
    const text = new TextDecoder().decode(stdout);
    const proc = connections({}, { source: "/proc" });
    const faults = [
      different("ss", rows.map(ourLine).sort(), ssLines(text).sort()),
      different("ss -e", rows.map(identity).sort(), [...text.matchAll(IDENTITY)].map(told).sort()),
      different("/proc", rows.map(withoutBacklog), proc.map(withoutBacklog)),
      ...Array.from({ length: 5 }, () => filtered(rows, random)),
    ].filter((fault) => fault !== undefined);
    if (faults.length === 0) return undefined;
    if (tries === 20) return faults[0];
  }
}

/** `ss -e` leaves out a uid and an inode of 0, and writes the cookie in hexadecimal digits. */
const IDENTITY = /(?:uid:(\d+) )?ino:(\d+) sk:([0-9a-f]+)/g;

function told([, uid = "0", inode, cookie]: RegExpMatchArray): string {
  return `${uid} ${inode} ${cookie}`;
}

function identity({ uid, inode, cookie }: Connection): string {
  return `${uid} ${inode} ${cookie!.toString(16)}`;
}

function different(by: string, ours: readonly string[], theirs: readonly string[]): unknown {
  if (ours.join("\n") === theirs.join("\n")) return undefined;
  return { by, ours, theirs };
}

/** /proc does not tell the backlog. */
function withoutBacklog(row: Connection): string {
  const { protocol, family, state, local, remote, receiveQueue, uid, inode } = row;
  const sendQueue = state === "LISTEN" ? "-" : row.sendQueue;
  return [protocol, family, state, local, remote, receiveQueue, sendQueue, uid, inode].join(" ");
}

/** Whether the kernel's filter lets pass what ours does. */
function filtered(rows: readonly Connection[], random: Random): unknown {
  if (rows.length === 0) return undefined;
  const some = rows[random(rows.length)]!;
  const end = random(2) === 0 ? some.local : some.remote;
  const filter: ConnectionFilter = {
    ...(random(2) === 0 ? { port: end.port } : {}),
    ...(random(2) === 0 ? { address: end.address } : {}),
    ...(random(3) === 0 ? { localPort: some.local.port } : {}),
    ...(random(3) === 0 ? { remotePort: some.remote.port } : {}),
    ...(random(3) === 0 ? { state: some.state } : {}),
    ...(random(3) === 0 ? { protocol: some.protocol } : {}),
  };
  const ours = rows.filter(matcherOf(filter)).map(ourLine);
  const theirs = connections(filter, { source: "netlink" }).map(ourLine);
  return different(`filter ${JSON.stringify(filter)}`, ours, theirs);
}

if (import.meta.main) {
  const seed = Number(Deno.args[0] ?? Date.now() % 1_000_000);
  console.log(JSON.stringify(await run(seed)));
  Deno.exit(0);
}
