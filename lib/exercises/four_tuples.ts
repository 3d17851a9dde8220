/**
 * Checks the exercises of `05_four_tuples`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { type Connection, Connections } from "../observe/rows/connection.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import type { SocketState } from "../tuples/socket_state.ts";
import { CLOSABLE, listOf, shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { type Attempt, expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How often the check looks for a port that is free in two places. */
const MAX_TRIES = 20;
const HERE = "127.0.0.1";
/** Another address of this machine, for sockets with the same port number. */
const ELSEWHERE = "127.0.0.2";

type Pair = readonly [client: Socket, accepted: Socket];

/** Makes a bound socket that has not connected yet. */
function bound(attempt: Attempt, endpoint = Endpoint.from(HERE, 0)): Socket {
  const socket = attempt.tcp();
  socket.bind(endpoint);
  return socket;
}

async function converse(
  attempt: Attempt,
  server: Socket,
  client: Socket = bound(attempt),
): Promise<Pair> {
  await client.connect(server.localEndpoint());
  return [client, await attempt.accept(server)];
}

/** Tries again where another program has the port of the same number. */
async function untilFree<Value>(work: () => Value | Promise<Value>): Promise<Value> {
  for (let tries = 1;; tries++) {
    try {
      return await work();
    } catch (error) {
      const isTaken = error instanceof SocketError && error.code === "EADDRINUSE";
      if (!isTaken || tries === MAX_TRIES) throw error;
    }
  }
}

/** Has a TCP conversation, and a UDP one with the same two endpoints. */
function twins(attempt: Attempt): Promise<Pair> {
  return untilFree(async () => {
    const pair = await converse(attempt, attempt.listen());
    const [one, other] = pair.map((socket) => {
      const udp = attempt.open(Socket.udp({ timeout: attempt.timeout }));
      udp.bind(socket.localEndpoint());
      return udp;
    });
    await one!.connect(other!.localEndpoint());
    await other!.connect(one!.localEndpoint());
    return pair;
  });
}

/** Checks the exercise Count: how many connections some rows belong to. */
export function checkCount(count: ((rows: Connections) => number) | undefined): Promise<Verdict> {
  return judge({ name: "countConversations", answer: count }, async (count, attempt) => {
    const server = attempt.listen();
    const pairs = [await converse(attempt, server), await converse(attempt, server)];
    pairs.push(await converse(attempt, attempt.listen()));
    const tcp = rowsOf(pairs.flat());
    const twinRows = both(await twins(attempt));
    const clients = new Set(pairs.map(([client]) => client.localEndpoint().port));
    const questions: readonly (readonly [what: string, rows: Connections, right: number])[] = [
      ["both ends of three connections", tcp, 3],
      ["their clients' ends alone", tcp.filter(({ local }) => clients.has(local.port)), 3],
      ["both ends of one connection and the clients' ends of the others", oneWhole(tcp, pairs), 3],
      ["one connection with TCP and one with UDP, which have the same four values", twinRows, 2],
      ["no row at all", new Connections(), 0],
    ];
    for (const [what, rows, right] of questions) {
      const about = `for ${what} (${rows.length} ${rows.length === 1 ? "row" : "rows"})`;
      const answer = await attempt.call(() => count(rows), { about });
      expect(
        answer === right,
        `${about} your function returned ${shown(answer)}, not ${right}`,
        answer === undefined
          ? "End the function with `return …`"
          : what.includes("UDP")
          ? "TCP and UDP are apart: look at `protocol`, too"
          : "Both ends of a connection have the same four values, in reverse order: name it the " +
            "same way from either end",
      );
    }
    return `${questions.length} lists of the kernel's rows, each counted right`;
  });
}

/** Returns the rows of sockets of this process, as the kernel has them. */
function rowsOf(sockets: readonly Socket[]): Connections {
  const ends = new Set(sockets.map(nameOf));
  return connections({ protocol: "tcp", state: "ESTABLISHED" }).filter((row) =>
    ends.has(`${row.local} ${row.remote}`)
  );
}

function nameOf(socket: Socket): string {
  return `${socket.localEndpoint()} ${socket.remoteEndpoint()}`;
}

function oneWhole(rows: Connections, pairs: readonly Pair[]): Connections {
  const [, ...others] = pairs;
  const left = new Set(others.map(([, accepted]) => nameOf(accepted)));
  return rows.filter(({ local, remote }) => !left.has(`${local} ${remote}`));
}

function both([client, accepted]: Pair): Connections {
  const ends = new Set([client, accepted].map(nameOf));
  return connections({ address: HERE, port: client.localEndpoint().port }).filter((row) =>
    ends.has(`${row.local} ${row.remote}`)
  );
}

/** A segment that is to be sent. */
interface Segment {
  readonly what: string;
  /** The socket that sends it: a connected one sends a byte, a bound one connects. */
  readonly from: Socket;
  readonly to: Endpoint;
}

/** Checks the exercise Receiver: which socket gets a segment; the kernel itself says which one is right. */
export function checkReceiver(
  receiverOf:
    | ((rows: Connections, source: Endpoint, destination: Endpoint) => unknown)
    | undefined,
): Promise<Verdict> {
  return judge({ name: "receiverOf", answer: receiverOf }, async (receiverOf, attempt) => {
    const segments = await segmentsToSend(attempt);
    for (const segment of segments) {
      const { what, from, to } = segment;
      const source = from.localEndpoint();
      const rows = inStates("LISTEN", "ESTABLISHED").filter(({ protocol, local }) =>
        protocol === "tcp" && (local.address === HERE || local.address === ELSEWHERE)
      );
      const about = `${what}, ${source} to ${to}`;
      const answer = await attempt.call(() => receiverOf(rows, source, to), { about });
      const right = await deliver(segment, rows, attempt.timeout);
      expect(
        isSame(answer, right),
        `${about}: the kernel gave it to ${named(right)}, and your function says ${named(answer)}`,
        hintOf(answer, right, { source, to }),
      );
    }
    return `${segments.length} segments were sent, and each went where the function said`;
  });
}

/** Builds servers and clients, some of which differ in nothing but their addresses. */
async function segmentsToSend(attempt: Attempt): Promise<readonly Segment[]> {
  const [server, twin] = await untilFree(() => {
    const server = attempt.listen();
    const twin = bound(attempt, Endpoint.from(ELSEWHERE, server.localEndpoint().port));
    twin.listen();
    return [server, twin] as const;
  });
  const other = attempt.listen();
  const [client, accepted] = await converse(attempt, server);
  const [second, secondAccepted] = await converse(attempt, server);
  const [elsewhere] = await converse(attempt, other);
  const [third, fourth] = await untilFree(() => {
    const here = bound(attempt);
    return [here, bound(attempt, Endpoint.from(ELSEWHERE, here.localEndpoint().port))] as const;
  });
  for (const each of [third, fourth]) await converse(attempt, server, each);
  const nobody = bound(attempt).localEndpoint();
  const closed = attempt.listen();
  const [, survivor] = await converse(attempt, closed);
  closed.close();
  const at = server.localEndpoint();
  const gone = survivor.localEndpoint();
  return [
    { what: "from a client", from: client, to: at },
    { what: "from another client", from: second, to: at },
    { what: "back to a client", from: accepted, to: client.localEndpoint() },
    { what: "from the other server's client", from: elsewhere, to: other.localEndpoint() },
    { what: "back to the other client", from: secondAccepted, to: second.localEndpoint() },
    { what: "from a new client", from: bound(attempt), to: at },
    { what: "for a port where nobody listens", from: bound(attempt), to: nobody },
    { what: "from a new client", from: bound(attempt), to: twin.localEndpoint() },
    { what: "for a port where the listener is closed", from: bound(attempt), to: gone },
    { what: "from one of two clients with the same port number", from: third, to: at },
    { what: "from one of two clients with the same port number", from: fourth, to: at },
  ];
}

/** Sends the segment, and returns the row of before whose socket the kernel gave it to. */
async function deliver(
  { from, to }: Segment,
  before: Connections,
  timeout: number,
): Promise<Connection | undefined> {
  const local = from.localEndpoint();
  const isConnected = before.some((row) => row.local.equals(local) && row.remote.equals(to));
  try {
    if (isConnected) await from.send("x");
    else await from.connect(to);
  } catch (error) {
    if (error instanceof SocketError && error.code === "ECONNREFUSED") return undefined;
    throw error;
  }
  const queues = new Map(before.map((row) => [row.inode, row.receiveQueue ?? 0]));
  const isLonger = (row: Connection) => {
    const queue = queues.get(row.inode);
    return row.inode !== 0 && queue !== undefined && (row.receiveQueue ?? 0) > queue;
  };
  const after = await connectionsWhen(
    { protocol: "tcp", localPort: to.port },
    (rows) => rows.some(isLonger),
    { timeout },
  );
  const { inode } = after.find(isLonger)!;
  return before.find((row) => row.inode === inode);
}

function isSame(answer: unknown, row: Connection | undefined): boolean {
  return answer === row || (isRow(answer) && answer.inode === row?.inode);
}

function named(value: unknown): string {
  if (value === undefined) return "no socket";
  if (!isRow(value)) return shown(value);
  return value.state === "LISTEN"
    ? `the listener at ${value.local}`
    : `the socket ${value.local} with ${value.remote}`;
}

function hintOf(
  answer: unknown,
  right: Connection | undefined,
  { source, to }: { source: Endpoint; to: Endpoint },
): string {
  if (answer !== undefined && !isRow(answer)) return "Return one of the rows, or undefined";
  if (answer === undefined) {
    return "All four numbers decide first, then a listener at the destination. Compare endpoints " +
      "with equals(), and `return` the row";
  }
  const { local, remote, state } = answer as Connection;
  if (local.port === to.port && !local.equals(to)) {
    return "Its port is the right one, and its address is not: an endpoint is both";
  }
  if (right === undefined) return "Nothing listens at this destination: nobody gets it";
  if (state !== "LISTEN" && remote.port === source.port && !remote.equals(source)) {
    return "The port of the source is the same, and the address is not: all four numbers decide";
  }
  if (state === "LISTEN") return "A socket with all four numbers comes before a listener";
  return "The `local` of the row is the segment's destination, and its `remote` the source";
}

function isRow(value: unknown): value is Connection {
  return typeof value === "object" && value !== null && "local" in value && "state" in value;
}

/** Checks the exercise SameFour: two connected sockets with the same four numbers. They are closed. */
export function checkSameFour(sameFour: (() => unknown) | undefined): Promise<Verdict> {
  return judge({ name: "sameFour", answer: sameFour }, async (sameFour, attempt) => {
    const before = new Set(connected().map(({ inode }) => inode));
    const sockets = await attempt.call(sameFour, {
      returns: listOf(CLOSABLE, 2),
      hints: {
        EADDRINUSE:
          "Within one protocol a four-tuple is usually there once: what is the fifth part?",
        EADDRNOTAVAIL:
          "Within one protocol a four-tuple is usually there once: what is the fifth part?",
      },
    });
    const mine = connected().filter(({ inode }) => !before.has(inode));
    const pair = mine.flatMap((a) =>
      mine.filter((b) =>
        a !== b && a.local.equals(b.local) && a.remote.equals(b.remote)
      )
        .map((b) => [a, b] as const)
    )[0];
    expect(
      pair !== undefined,
      "the kernel's table has no two new sockets with the same four numbers",
      "Bind and connect the second socket to the endpoints of the first; both are to be open when " +
        "you return them",
    );
    await attempt.expectClosed("the four numbers are the same", undefined, sockets);
    const [{ protocol, local, remote }, other] = pair;
    return protocol === other.protocol
      ? `${local} with ${remote}, twice, and both ${protocol}: they share by an option`
      : `${local} with ${remote}, once with ${protocol} and once with ${other.protocol}`;
  });
}

/** Returns the rows of the connected sockets of this process. */
function connected(): Connections {
  const own = inodesOf();
  return inStates("ESTABLISHED", "CONNECTED", "CLOSE_WAIT", "FIN_WAIT_2").filter(({ inode }) =>
    own.has(inode)
  );
}

/** Reads some states only: a machine may have a hundred thousand rows in TIME_WAIT. */
function inStates(...states: readonly SocketState[]): Connections {
  return new Connections(states.flatMap((state) => [...connections({ state })]));
}
