/**
 * Checks the exercises of `04_four_tuples`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import { type Connection, Connections } from "../observe/rows/connection.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { SocketError } from "../system/errno.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listening } from "./_listening.ts";
import { leftOf, ownInodes } from "./_own_sockets.ts";
import { closeReturned, isClosable } from "./_returned.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;
/** How often a port is looked for that is free for TCP and for UDP. */
const MAX_TRIES = 20;
const LOOPBACK = "127.0.0.1:0";

/** Servers and clients of a check, closed with it. */
class Scene implements Disposable {
  readonly #sockets: Socket[] = [];

  listen(): Socket {
    return this.#keep(listening({ timeout: ANSWER_MS }));
  }

  /** A bound socket that has not called yet. */
  bound(endpoint: Endpoint | string = LOOPBACK): Socket {
    const socket = this.#keep(Socket.tcp({ timeout: ANSWER_MS }));
    socket.bind(endpoint);
    return socket;
  }

  async connect(server: Socket, client: Socket = this.bound()): Promise<[Socket, Socket]> {
    await client.connect(server.localEndpoint());
    return [client, this.#keep(await server.accept())];
  }

  /** A TCP conversation, and a UDP one with the same two endpoints. */
  async twins(): Promise<[Socket, Socket]> {
    for (let tries = 1;; tries++) {
      const pair = await this.connect(this.listen());
      try {
        await this.#besides(pair);
        return pair;
      } catch (error) {
        // Another program may have the UDP port of this number.
        const isTaken = error instanceof SocketError && error.code === "EADDRINUSE";
        if (!isTaken || tries === MAX_TRIES) throw error;
      }
    }
  }

  async #besides(pair: readonly [Socket, Socket]): Promise<void> {
    const [one, other] = pair.map((socket) => {
      const udp = this.#keep(Socket.udp({ timeout: ANSWER_MS }));
      udp.bind(socket.localEndpoint());
      return udp;
    });
    await one!.connect(other!.localEndpoint());
    await other!.connect(one!.localEndpoint());
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.push(socket);
    return socket;
  }
}

/** Checks exercise 1: how many conversations some rows belong to. */
export async function checkCount(
  count: ((rows: Connections) => number) | undefined,
): Promise<Verdict> {
  if (count === undefined) return Verdict.open("write the function countConversations");
  using scene = new Scene();
  const server = scene.listen();
  const pairs = [await scene.connect(server), await scene.connect(server)];
  pairs.push(await scene.connect(scene.listen()));
  const tcp = rowsOf(pairs.flat());
  const twins = await scene.twins();
  const clients = new Set(pairs.map(([client]) => client.localEndpoint().port));
  const questions: readonly (readonly [what: string, rows: Connections, right: number])[] = [
    ["both ends of three conversations", tcp, 3],
    ["their clients' ends alone", tcp.filter(({ local }) => clients.has(local.port)), 3],
    ["one whole conversation and the clients' ends of the others", oneWhole(tcp, pairs), 3],
    ["one with TCP and one with UDP, which have the same four numbers", both(twins), 2],
    ["no row at all", new Connections(), 0],
  ];
  for (const [what, rows, right] of questions) {
    const answer = await outcome(() => count(rows));
    if (answer.value !== right) {
      return Verdict.notYet(`of ${what} (${counted(rows)}) it makes ${answer.text}, not ${right}`);
    }
  }
  return Verdict.right(`${questions.length} lists of the kernel's rows, each counted right`);
}

function counted({ length }: Connections): string {
  return `${length} ${length === 1 ? "row" : "rows"}`;
}

/** The rows of sockets of this process, as the kernel has them. */
function rowsOf(sockets: readonly Socket[]): Connections {
  const ends = new Set(sockets.map(nameOf));
  return connections({ protocol: "tcp", state: "ESTABLISHED" }).filter((row) =>
    ends.has(`${row.local} ${row.remote}`)
  );
}

function nameOf(socket: Socket): string {
  return `${socket.localEndpoint()} ${socket.remoteEndpoint()}`;
}

function oneWhole(rows: Connections, pairs: readonly (readonly [Socket, Socket])[]): Connections {
  const [, ...others] = pairs;
  const left = new Set(others.map(([, accepted]) => nameOf(accepted)));
  return rows.filter(({ local, remote }) => !left.has(`${local} ${remote}`));
}

function both([client, accepted]: readonly [Socket, Socket]): Connections {
  const ends = new Set([client, accepted].map(nameOf));
  return connections({ address: "127.0.0.1", port: client.localEndpoint().port }).filter((row) =>
    ends.has(`${row.local} ${row.remote}`)
  );
}

/** Checks exercise 2: which socket gets a segment; the kernel itself says which one is right. */
export async function checkReceiver(
  receiverOf:
    | ((rows: Connections, source: Endpoint, destination: Endpoint) => unknown)
    | undefined,
): Promise<Verdict> {
  if (receiverOf === undefined) return Verdict.open("write the function receiverOf");
  using scene = new Scene();
  const [server, other] = [scene.listen(), scene.listen()];
  const [client, accepted] = await scene.connect(server);
  const [second, secondAccepted] = await scene.connect(server);
  const [elsewhere] = await scene.connect(other);
  const newcomer = scene.bound();
  const nobody = scene.bound();
  const scenes: readonly Question[] = [
    { what: "from a client", client, server: client.remoteEndpoint() },
    { what: "from another client", client: second, server: second.remoteEndpoint() },
    { what: "back to a client", client: accepted, server: accepted.remoteEndpoint() },
    { what: "from the other server's client", client: elsewhere, server: other.localEndpoint() },
    { what: "back to the other client", client: secondAccepted, server: second.localEndpoint() },
    { what: "from somebody new", client: newcomer, server: server.localEndpoint() },
    {
      what: "for a port where nobody listens",
      client: scene.bound(),
      server: nobody.localEndpoint(),
    },
  ];
  for (const scene of scenes) {
    const ports = [scene.client.localEndpoint().port, scene.server.port];
    const rows = connections({ protocol: "tcp", address: "127.0.0.1" })
      .filter(({ state }) => state !== "TIME_WAIT");
    const source = scene.client.localEndpoint();
    const answer = await outcome(() => receiverOf(rows, source, scene.server));
    const right = await deliver(scene, rows);
    if (isSame(answer.value, right)) continue;
    const got = right === undefined ? "nobody" : describe(right);
    const named = answer.value === undefined
      ? "nobody"
      : isRow(answer.value)
      ? describe(answer.value)
      : answer.text;
    return Verdict.notYet(
      `${scene.what}, port ${ports[0]} to ${ports[1]}: the kernel gave it to ${got}, and the ` +
        `function says ${named}`,
    );
  }
  return Verdict.right(
    `${scenes.length} segments were sent, and each went where the function said`,
  );
}

/** A segment that is to be sent. */
interface Question {
  readonly what: string;
  /** Who sends it: a connected socket sends a byte, a bound one calls. */
  readonly client: Socket;
  readonly server: Endpoint;
}

/** Sends the segment, and returns the row of before whose socket has got it, by the kernel's word. */
async function deliver(
  { client, server }: Question,
  before: Connections,
): Promise<Connection | undefined> {
  const local = client.localEndpoint();
  const isConnected = before.some((row) => row.local.equals(local) && row.remote.equals(server));
  try {
    if (isConnected) await client.send("x");
    else await client.connect(server);
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
    { protocol: "tcp", localPort: server.port },
    (rows) => rows.some(isLonger),
    { timeout: ANSWER_MS },
  );
  const { inode } = after.find(isLonger)!;
  return before.find((row) => row.inode === inode);
}

function isSame(answer: unknown, row: Connection | undefined): boolean {
  return answer === row || (isRow(answer) && answer.inode === row?.inode);
}

function describe(row: Connection): string {
  return row.state === "LISTEN"
    ? `the listener at ${row.local}`
    : `the socket ${row.local} with ${row.remote}`;
}

function isRow(value: unknown): value is Connection {
  return typeof value === "object" && value !== null && "local" in value && "state" in value;
}

/** Checks exercise 3: two connected sockets with the same four numbers. They are closed. */
export async function checkSameFour(
  sameFour: (() => unknown) | undefined,
): Promise<Verdict> {
  if (sameFour === undefined) return Verdict.open("write the function sameFour");
  const before = new Set(connected().map(({ inode }) => inode));
  const newOnes = () => connected().filter(({ inode }) => !before.has(inode));
  let returned: unknown;
  try {
    returned = await within(Promise.resolve(sameFour()), { timeout: ANSWER_MS });
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
  const mine = newOnes();
  closeReturned(returned);
  if (!Array.isArray(returned) || returned.length !== 2 || !returned.every(isClosable)) {
    return Verdict.notYet("the function was to return both sockets in a list");
  }
  const pair =
    mine.flatMap((a) =>
      mine.filter((b) => a !== b && a.local.equals(b.local) && a.remote.equals(b.remote))
        .map((b) => [a, b] as const)
    )[0];
  if (pair === undefined) {
    return Verdict.notYet("the kernel's table has no two new sockets with the same four numbers");
  }
  const left = (await leftOf(newOnes)).length;
  if (left > 0) {
    return Verdict.notYet(
      `the four numbers are the same, but ${left} of your sockets stayed open: the check closes ` +
        "only what is returned",
    );
  }
  const [{ protocol, local, remote }, other] = pair;
  return Verdict.right(
    protocol === other.protocol
      ? `${local} with ${remote}, twice, and both ${protocol}: they share by an option`
      : `${local} with ${remote}, once with ${protocol} and once with ${other.protocol}`,
  );
}

/** The connected sockets of this process. */
function connected(): Connections {
  const own = ownInodes();
  return connections().filter(({ inode, state }) =>
    own.has(inode) && state !== "LISTEN" && state !== "UNCONNECTED"
  );
}

/** What a function answered, and that in words. */
async function outcome(
  work: () => unknown,
): Promise<{ readonly value: unknown; readonly text: string }> {
  try {
    const value = await within(Promise.resolve(work()), { timeout: ANSWER_MS });
    return { value, text: Deno.inspect(value) };
  } catch (error) {
    return { value: error, text: `an error (${error})` };
  }
}
