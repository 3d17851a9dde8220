/**
 * Checks the exercises of `13_port_exhaustion`.
 *
 * @module
 */
import { type PortLab, portLab } from "../experiments/labs/port_lab.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { PortRange } from "../ports/port_range.ts";
import { wholeNumber } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { until } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { ANYTHING, listOf, shown } from "./_values.ts";
import { expect, expectDone, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** The ports of the computers on which the answers run. */
const FOUR = PortRange.from(50000, 50003);
/** RequestsPerSecond: its range, and how long TIME_WAIT lasts on Linux (include/net/tcp.h). */
const WIDE = PortRange.from(10000, 65535);
const TIME_WAIT_SECONDS = 60;
/** How long the server may take to see how a connection ended, in milliseconds. */
const CLOSE_MS = 200;
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);

const A_WHOLE_NUMBER = { ...wholeNumber(), rule: "a whole number" };

/** Checks the exercise RequestsPerSecond: how many connections a second a range allows for good. */
export function checkRequestsPerSecond(requestsPerSecond: number | undefined): Promise<Verdict> {
  const question = {
    name: "requestsPerSecond",
    answer: requestsPerSecond,
    kind: A_WHOLE_NUMBER,
  };
  return judge(question, (requests) => {
    const needed = requests * TIME_WAIT_SECONDS;
    expect(
      needed <= WIDE.size,
      `${requests} a second are ${needed} in the minute that a port stays in TIME_WAIT, and the ` +
        `range has ${WIDE.size} ports`,
      "Each port serves one connection a minute",
    );
    expect(
      needed + TIME_WAIT_SECONDS > WIDE.size,
      `that works, and one more a second would, too: the range has ${WIDE.size} ports, and ` +
        `${needed} of them are in TIME_WAIT at a time`,
      "Each port serves one connection a minute",
    );
    return `${WIDE.size} ports, each once in ${TIME_WAIT_SECONDS} s, are ${requests} a second`;
  });
}

/** Checks the exercise EightCalls: eight connections at once from four ports. */
export function checkEightCalls(
  eightCalls:
    | ((newClient: () => Socket, servers: readonly Endpoint[]) => Promise<readonly Socket[]>)
    | undefined,
): Promise<Verdict> {
  return judge({ name: "eightCalls", answer: eightCalls }, async (eightCalls, attempt) => {
    const lab = attempt.open(await portLab(FOUR));
    const servers = lab.servers.map((server) => server.localEndpoint());
    const outcome = await attempt.try(() => eightCalls(lab.newClient, servers));
    if ("error" in outcome && isOutOfPorts(outcome.error)) {
      notYet({
        seen: `connect found no port after ${clientRows(lab).length} connections`,
        hint: "To each server go four connections, and no more: a four-tuple exists once",
      });
    }
    const sockets = attempt.valueOf(outcome, { returns: listOf(ANY_SOCKET) });
    const rows = clientRows(lab);
    const known = new Set(rows.map(({ local, remote }) => `${local} ${remote}`));
    const own = new Set(sockets.filter(({ isClosed }) => !isClosed).map(pairOf));
    expect(
      rows.length === 8,
      `this computer's table has ${rows.length} open connections to the two servers`,
      sockets.some(({ isClosed }) => isClosed)
        ? "All eight are to be open at once: return them open, without `using`"
        : "Make each client by the function that you are given, and connect it to a server",
    );
    expect(
      own.size === 8 && [...own].every((pair) => known.has(pair)),
      `eight are open, and ${own.size} of them were returned`,
      "Return all eight in one list",
    );
    const ports = new Set(rows.map(({ local }) => local.port)).size;
    return `eight connections from ${ports} ports: four to each server`;
  });
}

const ANY_SOCKET = {
  rule: "a socket of the class Socket",
  allows: (value: unknown): value is Socket => value instanceof Socket,
};

/** Checks the exercise AskAll: many questions over few connections. */
export function checkAskAll(
  askAll: ((newClient: () => Socket, server: Endpoint) => Promise<readonly string[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "askAll", answer: askAll }, async (askAll, attempt) => {
    const lab = attempt.open(await portLab(FOUR, { timeout: 2 * attempt.timeout }));
    const [server] = lab.servers;
    const asked: string[] = [];
    let clients = 0;
    serveEach(server, async (accepted) => {
      clients++;
      await echoLines(accepted, asked);
    });
    const outcome = await attempt.try(
      () => askAll(lab.newClient, server.localEndpoint()),
      `The server sends each line back when it has its end, \\n. It had ${asked.length} lines`,
    );
    if ("error" in outcome && isOutOfPorts(outcome.error)) {
      notYet({
        seen: `connect found no port after ${clients} connections and ${asked.length} lines`,
        hint:
          "A port whose connection you close stays in TIME_WAIT for a minute: ask more than one " +
          "line before you close",
      });
    }
    const answers = attempt.valueOf(outcome, { returns: listOf(ANYTHING) });
    const missing = LINES.find((line) => !asked.includes(line));
    expect(
      missing === undefined,
      `the server was never sent "${missing}"`,
      "Each line ends in \\n",
    );
    const read = answers.map((answer) => String(answer).trim());
    const wrong = LINES.findIndex((line, index) => read[index] !== line);
    if (wrong >= 0 || read.length !== LINES.length) {
      const place = wrong < 0 ? LINES.length : wrong;
      notYet({
        seen: `answer ${place + 1} is ${shown(answers[place])}: twenty were asked for, a line each`,
        hint: "Two lines may come in one piece, and one in two: cut at \\n, and keep the rest",
      });
    }
    const used = clients === 1 ? "one connection" : `${clients} connections`;
    return `the server had ${used} and twenty lines`;
  });
}

/** Checks the exercise WearOut: no port left, and no socket open. */
export function checkWearOut(
  wearOut: ((newClient: () => Socket, server: Endpoint) => Promise<unknown>) | undefined,
): Promise<Verdict> {
  return judge({ name: "wearOut", answer: wearOut }, async (wearOut, attempt) => {
    const lab = attempt.open(await portLab(FOUR, { timeout: 2 * attempt.timeout }));
    const [server] = lab.servers;
    const clients: Socket[] = [];
    let kept = 0;
    let resets = 0;
    const newClient = () => {
      kept = Math.max(kept, openOnes(clients));
      const client = lab.newClient();
      clients.push(client);
      return client;
    };
    serveEach(server, async (accepted) => {
      try {
        while ((await accepted.receive()).length > 0);
      } catch (error) {
        if (error instanceof SocketError && error.code === "ECONNRESET") resets++;
        throw error;
      }
    });
    let outcome;
    try {
      outcome = await attempt.try(() => wearOut(newClient, server.localEndpoint()));
    } finally {
      expectNoReset(resets);
    }
    if (!("error" in outcome)) {
      await until(() => resets > 0, { timeout: CLOSE_MS }).catch(() => {});
      expectNoReset(resets);
      notYet({
        seen: `no error came out after ${clients.length} connections`,
        hint: "Go on until connect() throws, and let that error out",
      });
    }
    if (!isOutOfPorts(outcome.error)) notYet(problemOfError(outcome.error));
    return await verdictOfRest(lab, clients, kept);
  });
}

function expectNoReset(resets: number): void {
  expect(
    resets === 0,
    `${resets} of your connections ended by a reset, and none of them left a TIME_WAIT`,
    "A reset gives the port back at once, so ports never run out this way: close properly, with " +
      "close() alone, and no linger of 0",
  );
}

/** What the kernel has left of a computer that has no port for one more connection. */
async function verdictOfRest(
  lab: PortLab,
  clients: readonly Socket[],
  kept: number,
): Promise<string> {
  const open = openOnes(clients);
  expect(
    open === 0,
    `${open} of your connections are still open: that is using ports up`,
    "Close each connection before you make the next",
  );
  expect(
    kept === 0,
    `up to ${kept} of your connections were open when you asked for the next client`,
    "Close each connection before you make the next",
  );
  const [address] = lab.addresses;
  const waiting = (rows: Connections) =>
    rows.filter(({ local, state }) => local.address === address && state === "TIME_WAIT").length;
  await expectDone(
    connectionsWhen(
      { protocol: "tcp", address },
      (rows) => waiting(rows) === FOUR.size,
      { network: lab.network },
    ),
    () => `of the ${FOUR.size} ports ${waiting(tableOf(lab))} are in TIME_WAIT`,
    "TIME_WAIT belongs to the end that closes first: close each connection yourself, with close()",
  );
  return `no socket of yours is open, and ${FOUR.size} ports stay in TIME_WAIT`;
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

/** Returns the client's ends of the open connections in a lab, as its kernel has them. */
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
  while (!listener.isClosed) {
    const accepted = await listener.accept().catch(() => undefined);
    if (accepted === undefined) continue;
    serve(accepted).catch(() => {}).finally(() => accepted.close());
  }
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
