/**
 * Checks the exercises of `10_port_exhaustion`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { PortRange } from "../ports/port_range.ts";
import { SocketError } from "../system/errno.ts";
import { type PortLab, portLab } from "../experiments/port_lab.ts";
import type { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 5_000;
/** The ports of the computers on which the answers run. */
const FOUR = PortRange.from(50000, 50003);
/** Exercise 1: its range, and how long TIME_WAIT lasts on Linux (include/net/tcp.h). */
const WIDE = PortRange.from(10000, 65535);
const TIME_WAIT_SECONDS = 60;
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);

/** Checks exercise 1: how many connections a second a range allows for good. */
export function checkRequestsPerSecond(requestsPerSecond: number | undefined): Verdict {
  if (requestsPerSecond === undefined) return Verdict.open("work out the number of requests");
  if (!Number.isInteger(requestsPerSecond) || requestsPerSecond < 0) {
    return Verdict.notYet(`a whole number was asked for, and this is ${requestsPerSecond}`);
  }
  const needed = requestsPerSecond * TIME_WAIT_SECONDS;
  if (needed > WIDE.size) {
    return Verdict.notYet(
      `${requestsPerSecond} a second are ${needed} in the minute that a port rests, and the range ` +
        `has ${WIDE.size} ports`,
    );
  }
  if (needed + TIME_WAIT_SECONDS <= WIDE.size) {
    return Verdict.notYet(
      `that works, and one more a second would, too: the range has ${WIDE.size} ports, and ` +
        `${needed} of them rest at a time`,
    );
  }
  return Verdict.right(
    `${WIDE.size} ports, each once in ${TIME_WAIT_SECONDS} s, are ${requestsPerSecond} a second`,
  );
}

/** Checks exercise 2: eight connections at once from four ports. */
export async function checkEightCalls(
  eightCalls:
    | ((newClient: () => Socket, servers: readonly Endpoint[]) => Promise<readonly Socket[]>)
    | undefined,
): Promise<Verdict> {
  if (eightCalls === undefined) return Verdict.open("write the function eightCalls");
  await using lab = await portLab(FOUR);
  const servers = lab.servers.map((server) => server.localEndpoint());
  let sockets: readonly Socket[];
  try {
    sockets = await within(eightCalls(lab.newClient, servers), { timeout: ANSWER_MS });
  } catch (error) {
    const { length } = clientRows(lab);
    return isOutOfPorts(error)
      ? Verdict.notYet(
        `connect found no port after ${length} connections: to each server go four, and no more`,
      )
      : Verdict.notYet(`what came out: ${error}`);
  }
  if (!Array.isArray(sockets)) return Verdict.notYet("the function was to return the sockets");
  const rows = clientRows(lab);
  const known = new Set(rows.map(({ local, remote }) => `${local} ${remote}`));
  const own = new Set(sockets.filter(({ isClosed }) => !isClosed).map(pairOf));
  if (rows.length !== 8) {
    return Verdict.notYet(
      `this computer's table has ${rows.length} open connections to the two servers`,
    );
  }
  if (own.size !== 8 || [...own].some((pair) => !known.has(pair))) {
    return Verdict.notYet(`eight are open, and ${own.size} of them were returned`);
  }
  const ports = new Set(rows.map(({ local }) => local.port)).size;
  return Verdict.right(`eight connections from ${ports} ports: four to each server`);
}

/** Checks exercise 3: many questions over few connections. */
export async function checkAskAll(
  askAll: ((newClient: () => Socket, server: Endpoint) => Promise<readonly string[]>) | undefined,
): Promise<Verdict> {
  if (askAll === undefined) return Verdict.open("write the function askAll");
  await using lab = await portLab(FOUR, { timeout: 2 * ANSWER_MS });
  const [server] = lab.servers;
  const asked: string[] = [];
  let callers = 0;
  const serving = serveEach(server, async (accepted) => {
    callers++;
    await echoLines(accepted, asked);
  });
  let answers: readonly string[];
  try {
    const answering = askAll(lab.newClient, server.localEndpoint());
    answers = await within(answering, { timeout: ANSWER_MS });
  } catch (error) {
    return isOutOfPorts(error)
      ? Verdict.notYet(
        `connect found no port after ${callers} connections and ${asked.length} lines: a port whose ` +
          "connection you close rests for a minute, so ask more than one line before you close",
      )
      : Verdict.notYet(`what came out: ${error}`);
  } finally {
    lab.network.closeSockets();
    await serving;
  }
  const missing = LINES.find((line) => !asked.includes(line));
  if (missing !== undefined) return Verdict.notYet(`the server was never sent "${missing}"`);
  if (!Array.isArray(answers)) return Verdict.notYet("the function was to return the answers");
  const read = answers.map((answer) => String(answer).trim());
  const wrong = LINES.findIndex((line, index) => read[index] !== line);
  if (wrong >= 0 || read.length !== LINES.length) {
    const place = wrong < 0 ? LINES.length : wrong;
    return Verdict.notYet(
      `answer ${place + 1} is ${
        JSON.stringify(answers[place])
      }: twenty were asked for, a line each. ` +
        "Two lines may come in one piece, and one in two",
    );
  }
  const used = callers === 1 ? "one connection" : `${callers} connections`;
  return Verdict.right(`the server had ${used} and twenty lines`);
}

/** Checks exercise 4: no port left, and no socket open. */
export async function checkWearOut(
  wearOut: ((newClient: () => Socket, server: Endpoint) => Promise<unknown>) | undefined,
): Promise<Verdict> {
  if (wearOut === undefined) return Verdict.open("write the function wearOut");
  await using lab = await portLab(FOUR, { timeout: 2 * ANSWER_MS });
  const [server] = lab.servers;
  const clients: Socket[] = [];
  let kept = 0;
  const newClient = () => {
    kept = Math.max(kept, openOnes(clients));
    const client = lab.newClient();
    clients.push(client);
    return client;
  };
  const serving = serveEach(server, async (accepted) => {
    while ((await accepted.receive()).length > 0);
  });
  try {
    await within(wearOut(newClient, server.localEndpoint()), { timeout: ANSWER_MS });
    return Verdict.notYet("no error came out");
  } catch (error) {
    if (!isOutOfPorts(error)) return Verdict.notYet(`what came out: ${error}`);
    return await verdictOfRest(lab, clients, kept);
  } finally {
    lab.network.closeSockets();
    await serving;
  }
}

/** What the kernel has left of a computer that has no port for one more connection. */
async function verdictOfRest(
  lab: PortLab,
  clients: readonly Socket[],
  kept: number,
): Promise<Verdict> {
  const open = openOnes(clients);
  if (open > 0) {
    return Verdict.notYet(`${open} of your connections are still open: that is using ports up`);
  }
  if (kept > 0) {
    return Verdict.notYet(
      `up to ${kept} of your connections were open when you asked for the next client: close each ` +
        "before",
    );
  }
  const [address] = lab.addresses;
  const rest = (rows: Connections) =>
    rows.filter(({ local, state }) => local.address === address && state === "TIME_WAIT");
  try {
    const rows = await connectionsWhen(
      { protocol: "tcp", address },
      (rows) => rest(rows).length === FOUR.size,
      { network: lab.network },
    );
    return Verdict.right(
      `no socket of yours is open, and ${rest(rows).length} ports rest in TIME_WAIT`,
    );
  } catch {
    return Verdict.notYet(
      `of the ${FOUR.size} ports ${rest(tableOf(lab)).length} are in TIME_WAIT: close each ` +
        "connection yourself, with close()",
    );
  }
}

function openOnes(clients: readonly Socket[]): number {
  return clients.filter((client) => !client.isClosed && isConnected(client)).length;
}

function isConnected(socket: Socket): boolean {
  try {
    return socket.remoteEndpoint() !== undefined;
  } catch (error) {
    if (error instanceof SocketError && error.code === "ENOTCONN") return false;
    throw error;
  }
}

function isOutOfPorts(error: unknown): boolean {
  return error instanceof SocketError && error.call === "connect" &&
    error.code === "EADDRNOTAVAIL";
}

function pairOf(socket: Socket): string {
  return isConnected(socket) ? `${socket.localEndpoint()} ${socket.remoteEndpoint()}` : "";
}

/** The client's ends of the open connections in a lab, as its kernel has them. */
function clientRows(lab: PortLab): Connections {
  const [address] = lab.addresses;
  return tableOf(lab)
    .filter(({ local, state }) => local.address === address && state === "ESTABLISHED");
}

function tableOf({ addresses: [address], network }: PortLab): Connections {
  return connections({ protocol: "tcp", address }, { network });
}

/** Serves each client until the sockets are closed; whatever goes wrong with one ends that one. */
async function serveEach(
  listener: Socket,
  serve: (accepted: Socket) => Promise<void>,
): Promise<void> {
  const served: Promise<void>[] = [];
  while (!listener.isClosed) {
    const accepted = await listener.accept().catch(() => undefined);
    if (accepted === undefined) continue;
    served.push(serve(accepted).catch(() => {}).finally(() => accepted.close()));
  }
  await Promise.all(served);
}

/** Sends each line back, until the client's end; notes the lines. */
async function echoLines(accepted: Socket, asked: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let piece; (piece = await accepted.receive()).length > 0;) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    asked.push(...lines);
    for (const line of lines) await accepted.sendAll(`${line}\n`);
  }
}
