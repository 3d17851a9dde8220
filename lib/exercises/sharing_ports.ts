/**
 * Checks the exercises of `16_sharing_ports`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { PortRange } from "../ports/port_range.ts";
import { isPortFree } from "../sockets/free_port.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listOf, openSocket, shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { expect, expectDone, judge, spareEndpoint } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How long a client waits that may never be let in, in milliseconds. */
const CALL_MS = 500;
/** With this many clients, a listener out of three gets none once in ten thousand million times. */
const CLIENTS = 60;
const CREW = 3;
const LETTERS = 10;
const SERVERS = 3;

/** Checks the exercise Crew: several listeners at one endpoint, and each gets clients. */
export function checkCrew(
  crew: ((count: number) => readonly Socket[] | Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "crew", answer: crew }, async (crew, attempt) => {
    const sockets = await attempt.call(() => crew(CREW), {
      returns: listOf(openSocket("tcp"), CREW),
      hints: {
        EADDRINUSE:
          "Several sockets may listen at one endpoint if each has set the option reusePort " +
          "before bind(), the first one as well; reuseAddress is not enough",
      },
    });
    const at = sockets[0]!.localEndpoint();
    expect(at.isLoopback, `they should be at 127.0.0.1, and one is at ${at}`);
    const elsewhere = sockets.find((socket) => !socket.localEndpoint().equals(at));
    expect(
      elsewhere === undefined,
      `one is at ${at}, another at ${elsewhere?.localEndpoint()}`,
      "Let the kernel pick a port for the first, and bind the others to its localEndpoint()",
    );
    const listening = () =>
      connections({ state: "LISTEN", localPort: at.port })
        .filter(({ local, inode }) => local.equals(at) && inodesOf().has(inode));
    const rows = listening().length;
    expect(
      rows === CREW,
      `the kernel has ${rows} sockets listening there, and ${CREW} were asked for`,
      "Each of them has to call listen(), and each has to be another socket",
    );
    await Promise.allSettled(Array.from({ length: CLIENTS }, () => {
      const client = attempt.open(Socket.tcp({ timeout: CALL_MS }));
      return client.connect(at);
    }));
    const waiting = listening().map(({ receiveQueue }) => receiveQueue ?? 0);
    expect(
      !waiting.includes(0),
      `of ${CLIENTS} clients, the listeners have ${waiting.join(", ")}`,
      "Give each a backlog that has room for its clients",
    );
    return `${CREW} listen at ${at}; clients that wait there: ${waiting.join(", ")}`;
  });
}

/** Checks the exercise OnePort: one address and one port, several servers. */
export function checkOnePort(
  callAll:
    | ((
      address: string,
      range: PortRange,
      servers: readonly Endpoint[],
    ) => Promise<readonly Socket[]>)
    | undefined,
): Promise<Verdict> {
  return judge({ name: "callAll", answer: callAll }, async (callAll, attempt) => {
    const servers = Array.from({ length: SERVERS }, () => attempt.listen());
    const local = sparePort();
    const range = PortRange.from(local.port, local.port);
    const endpoints = servers.map((server) => server.localEndpoint());
    const share = "bind() takes the port for one socket alone. Either each has set reuseAddress " +
      "before bind(), or bindAddressNoPort leaves the choice to connect(), which shares";
    await attempt.call(() => callAll(local.address, range, endpoints), {
      returns: listOf(openSocket("tcp"), SERVERS),
      hints: { EADDRINUSE: share, EADDRNOTAVAIL: share },
    });
    for (const [index, server] of servers.entries()) {
      const accepted = await expectDone(
        attempt.accept(server, CALL_MS),
        `server ${index} has no client`,
        "Connect one socket to each of the servers",
      );
      const client = accepted.remoteEndpoint();
      expect(
        client.equals(local),
        `server ${index} was called from ${client}, and not from ${local}`,
        "bind() gives a socket its address; the port comes from the range",
      );
    }
    return `all ${SERVERS} servers see ${local}: one port, ${SERVERS} four-tuples`;
  });
}

/**
 * Returns an endpoint whose port no other socket of the machine has, at any address: connect() takes
 * no port that was bound by hand. `__inet_hash_connect()` in net/ipv4/inet_hashtables.c
 */
function sparePort(): Endpoint {
  while (true) {
    const spare = spareEndpoint("127.0.0.9");
    if (isPortFree(spare.port) && connections({ localPort: spare.port }).length === 0) return spare;
  }
}

/** Checks the exercise Alone: a socket that is connected to itself. */
export function checkAlone(alone: (() => Promise<Socket>) | undefined): Promise<Verdict> {
  return judge({ name: "talkToMyself", answer: alone }, async (alone, attempt) => {
    const socket = await attempt.call(alone, {
      returns: openSocket("tcp"),
      hints: {
        ECONNREFUSED: "Nothing listens there, and nothing has to: which endpoint has your socket " +
          "itself, after bind()?",
      },
    });
    const local = socket.localEndpoint();
    const remote = await expectDone(
      Promise.resolve().then(() => socket.remoteEndpoint()),
      `it is at ${local}, and is not connected`,
      "A socket can call itself: bind() it, and `await` its connect() to its own localEndpoint()",
    );
    expect(
      local.equals(remote),
      `it is at ${local}, and its other end at ${remote}`,
      "Its other end should be itself: connect() it to its own localEndpoint()",
    );
    const rows = connections({ protocol: "tcp", state: "ESTABLISHED", localPort: local.port })
      .filter((row) => row.local.equals(local) && row.remote.equals(local));
    const said = "anybody there?";
    await socket.send(said, { timeout: CALL_MS });
    const heard = await expectDone(
      socket.receive({ timeout: CALL_MS }),
      "what was sent on it does not come back",
    );
    const text = new TextDecoder().decode(heard);
    expect(text === said, `${shown(said)} was sent, and ${shown(text)} came back`);
    return `${local} is connected to ${remote}, which is ${rows.length} row of the kernel's table, ` +
      "and it receives what it sends";
  });
}

/** Checks the exercise Thief: a socket that gets the datagrams of another one. */
export function checkThief(
  thief: ((owner: Endpoint) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "thief", answer: thief }, async (thief, attempt) => {
    const owner = attempt.open(Socket.udp({ timeout: CALL_MS }));
    owner.setOption("reuseAddress", true);
    owner.bind("127.0.0.1:0");
    const endpoint = owner.localEndpoint();
    const taker = await attempt.call(() => thief(endpoint), {
      returns: openSocket("udp"),
      hints: {
        EADDRINUSE:
          "A port is shared if both sockets agree, by the same option: the owner has set " +
          "reuseAddress, so set it, before bind()",
      },
    });
    // Each from a socket of its own, so that no choice by four-tuple picks one of the two.
    for (let letter = 0; letter < LETTERS; letter++) {
      using sender = Socket.udp({ timeout: CALL_MS });
      await sender.sendTo(`letter ${letter}`, endpoint);
    }
    const [kept, taken] = [await unread(owner), await unread(taker)];
    expect(
      kept === 0 && taken === LETTERS,
      `of ${LETTERS} datagrams, the owner got ${kept}, the thief ${taken}`,
      "Of two UDP sockets at one endpoint with reuseAddress, the last one bound gets all: bind yours " +
        "to the owner's endpoint",
    );
    return `all ${LETTERS} datagrams came to the thief, none to the owner`;
  });
}

/** Counts what has come to a socket; on loopback, a datagram that was sent has arrived. */
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
