/**
 * Checks the exercises of `12_sharing_ports`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import { connections } from "../observe/connections.ts";
import { PortRange } from "../ports/port_range.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listening, spareEndpoint } from "./_listening.ts";
import { ownInodes } from "./_own_sockets.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;
/** How long a client waits that may never be let in, in milliseconds. */
const CALL_MS = 500;
/** With so many clients, a listener out of three gets none once in ten thousand million times. */
const CLIENTS = 60;
const CREW = 3;
const LETTERS = 10;
const SERVERS = 3;

/** Checks exercise 1: several listeners at one endpoint, and each gets clients. */
export async function checkCrew(
  crew: ((count: number) => readonly Socket[]) | undefined,
): Promise<Verdict> {
  if (crew === undefined) return Verdict.open("write the function crew");
  using open = new DisposableStack();
  try {
    const sockets = crew(CREW);
    for (const socket of sockets) open.use(socket);
    const [first] = sockets;
    if (first === undefined || sockets.length !== CREW) {
      return Verdict.notYet(`asked for ${CREW} sockets, and ${sockets.length} came`);
    }
    const at = first.localEndpoint();
    if (!at.isLoopback) return Verdict.notYet(`it is to be at 127.0.0.1, and it is at ${at}`);
    const elsewhere = sockets.find((socket) => !socket.localEndpoint().equals(at));
    if (elsewhere !== undefined) {
      return Verdict.notYet(`one is at ${at}, another at ${elsewhere.localEndpoint()}`);
    }
    const listening = () =>
      connections({ state: "LISTEN", localPort: at.port })
        .filter(({ local, inode }) => local.equals(at) && ownInodes().has(inode));
    const rows = listening().length;
    if (rows !== CREW) {
      return Verdict.notYet(`the kernel has ${rows} listening there, and ${CREW} were to`);
    }
    await Promise.allSettled(Array.from({ length: CLIENTS }, () => {
      const client = open.use(Socket.tcp({ timeout: CALL_MS }));
      return client.connect(at);
    }));
    const waiting = listening().map(({ receiveQueue }) => receiveQueue ?? 0);
    if (waiting.includes(0)) {
      return Verdict.notYet(`of ${CLIENTS} clients, the listeners have ${waiting.join(", ")}`);
    }
    return Verdict.right(`${CREW} listen at ${at}; clients that wait there: ${waiting.join(", ")}`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 2: one address and one port, several servers. */
export async function checkOnePort(
  callAll:
    | ((
      address: string,
      range: PortRange,
      servers: readonly Endpoint[],
    ) => Promise<readonly Socket[]>)
    | undefined,
): Promise<Verdict> {
  if (callAll === undefined) return Verdict.open("write the function callAll");
  using open = new DisposableStack();
  const servers = Array.from(
    { length: SERVERS },
    () => open.use(listening({ timeout: ANSWER_MS })),
  );
  const local = spareEndpoint("127.0.0.9");
  const range = PortRange.from(local.port, local.port);
  try {
    const endpoints = servers.map((server) => server.localEndpoint());
    const sockets = await within(callAll(local.address, range, endpoints), { timeout: ANSWER_MS });
    for (const socket of sockets) open.use(socket);
    for (const [index, server] of servers.entries()) {
      const client = open.use(await server.accept({ timeout: CALL_MS })).remoteEndpoint();
      if (!client.equals(local)) {
        return Verdict.notYet(`server ${index} was called from ${client}, and not from ${local}`);
      }
    }
    if (sockets.some(({ isClosed }) => isClosed) || sockets.length !== SERVERS) {
      return Verdict.notYet(`return all ${SERVERS} sockets, and leave them open`);
    }
    return Verdict.right(`all ${SERVERS} servers see ${local}: one port, ${SERVERS} four-tuples`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 3: a socket that is connected to itself. */
export async function checkAlone(alone: (() => Promise<Socket>) | undefined): Promise<Verdict> {
  if (alone === undefined) return Verdict.open("write the function talkToMyself");
  try {
    using socket = await within(alone(), { timeout: ANSWER_MS });
    if (socket.protocol !== "tcp") return Verdict.notYet("it was to be a TCP socket");
    const [local, remote] = [socket.localEndpoint(), socket.remoteEndpoint()];
    if (!local.equals(remote)) {
      return Verdict.notYet(`it is at ${local}, and its other end at ${remote}`);
    }
    const rows = connections({ protocol: "tcp", state: "ESTABLISHED", localPort: local.port })
      .filter((row) => row.local.equals(local) && row.remote.equals(local));
    const said = "anybody there?";
    await socket.send(said, { timeout: CALL_MS });
    const heard = new TextDecoder().decode(await socket.receive({ timeout: CALL_MS }));
    if (heard !== said) return Verdict.notYet(`sent "${said}", and "${heard}" came back`);
    return Verdict.right(
      `${local} is connected to ${remote}, which is ${rows.length} row of the kernel's table, ` +
        "and it hears what it says",
    );
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 4: a socket that gets the datagrams of another one. */
export async function checkThief(
  thief: ((owner: Endpoint) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  if (thief === undefined) return Verdict.open("write the function thief");
  using owner = Socket.udp({ timeout: CALL_MS });
  owner.setOption("reuseAddress", true);
  owner.bind("127.0.0.1:0");
  try {
    using taker = await within(Promise.resolve(thief(owner.localEndpoint())), {
      timeout: ANSWER_MS,
    });
    await post(owner.localEndpoint());
    const [kept, taken] = [await unread(owner), await unread(taker)];
    if (kept === 0 && taken === LETTERS) {
      return Verdict.right(`all ${LETTERS} datagrams came to the thief, none to the owner`);
    }
    return Verdict.notYet(`of ${LETTERS} datagrams, the owner got ${kept}, the thief ${taken}`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Sends datagrams, each from a socket of its own, so that no choice by four-tuple picks one. */
async function post(to: Endpoint): Promise<void> {
  for (let letter = 0; letter < LETTERS; letter++) {
    using sender = Socket.udp({ timeout: CALL_MS });
    await sender.sendTo(`letter ${letter}`, to);
  }
}

/** On loopback, a datagram that was sent has arrived. */
async function unread(socket: Socket): Promise<number> {
  for (let count = 0;; count++) {
    try {
      await socket.receiveFrom({ timeout: 0 });
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") return count;
      throw error;
    }
  }
}
