/**
 * Checks the exercises of `03_system_calls`.
 *
 * @module
 */
import { Socket } from "../sockets/socket.ts";
import { codeOf } from "./_errors.ts";
import { type Attempt, expect, judge, notYet } from "./_frame.ts";
import { type Kind, openSocket, shown } from "./_values.ts";
import type { Verdict } from "./verdict.ts";

/** How many clients have to be found. */
const CLIENTS = 5;

/** Checks a socket that has a port, so that nobody else can bind it, and takes no clients. */
export function checkReserve(
  reserve: (() => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "reserve", answer: reserve }, async (reserve, attempt) => {
    const socket = await attempt.call(reserve, { returns: openSocket("tcp") });
    const endpoint = socket.localEndpoint();
    expect(
      endpoint.port !== 0,
      "its local endpoint has port 0: it has no port yet",
      "bind() gives a socket its port",
    );
    expect(
      endpoint.isLoopback,
      `it is bound to ${endpoint}`,
      "Bind it to 127.0.0.1, which only this machine reaches",
    );
    const bound = await errorOf(() => attempt.tcp().bind(endpoint));
    expect(
      bound === "EADDRINUSE",
      `another socket could bind ${endpoint}`,
      "Leave the option reuseAddress off",
    );
    const client = attempt.open(Socket.tcp({ family: socket.family, timeout: attempt.timeout }));
    const connected = await errorOf(() => client.connect(endpoint));
    expect(
      connected === "ECONNREFUSED",
      connected === undefined
        ? "a client could connect to it"
        : `connecting to it failed with ${connected}`,
      "A socket that listens takes clients: leave out listen()",
    );
    return "bind says EADDRINUSE there, and connect says ECONNREFUSED";
  });
}

/** Returns the code of the error that something ends with; undefined if it ends well. */
async function errorOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** A client and the socket that the server has for it. */
export type SocketPair = readonly [client: Socket, accepted: Socket];

const PAIRS: Kind<readonly SocketPair[]> = {
  rule: `a list of ${CLIENTS} pairs [client, accepted] of open sockets`,
  allows: (value): value is readonly SocketPair[] =>
    Array.isArray(value) && value.length === CLIENTS &&
    value.every((pair) =>
      Array.isArray(pair) && pair.length === 2 &&
      pair.every((socket) => openSocket("tcp").allows(socket))
    ),
  problem(value) {
    if (!Array.isArray(value)) return undefined;
    const parts: unknown[] = value.flat();
    if (parts.some((part) => part instanceof Promise)) {
      return { seen: "a pair of yours has a promise in it", hint: "Put `await` before accept()" };
    }
    if (parts.includes(undefined)) {
      return {
        seen: "a pair of yours has undefined in it",
        hint:
          "The accepted socket's remote endpoint is its client's local endpoint. Compare them " +
          "with equals(): `===` asks whether they are one object",
      };
    }
  },
};

/** Checks that each accepted socket is found for its client, whatever the order. */
export function checkPairs(
  pairs:
    | ((server: Socket, clients: readonly Socket[]) => Promise<readonly SocketPair[]>)
    | undefined,
): Promise<Verdict> {
  return judge({ name: "pairs", answer: pairs }, async (pairs, attempt) => {
    const server = attempt.listen();
    const clients: Socket[] = [];
    for (let count = 0; count < CLIENTS; count++) {
      clients.push(await attempt.connect(server.localEndpoint()));
    }
    const shuffled = attempt.random.shuffled(clients);
    const found = await attempt.call(() => pairs(server, shuffled), {
      returns: PAIRS,
      late: `accept() waits for the next client: accept exactly ${CLIENTS} times`,
    });
    for (const pair of found) for (const socket of pair) attempt.closeLater(socket);
    expect(
      !clients.some((client) => found.some(([, accepted]) => accepted === client)),
      "the second socket of a pair is a client",
      "The order is [client, accepted]",
    );
    const missing = clients.findIndex((client) => found.every(([each]) => each !== client));
    expect(
      missing === -1,
      `client ${missing + 1} is in none of your pairs`,
      "Each of the five clients is in one pair",
    );
    for (const [client, accepted] of found) await expectConnected(client, accepted, attempt);
    return "each accepted socket hears its own client";
  });
}

/** Sends something, which only the right socket receives. */
async function expectConnected(client: Socket, accepted: Socket, attempt: Attempt): Promise<void> {
  const word = attempt.random.word();
  await client.send(word);
  const heard = await accepted.receive({ timeout: attempt.timeout / 4 })
    .then((bytes) => new TextDecoder().decode(bytes), () => undefined);
  if (heard === word) return;
  notYet({
    seen: heard === undefined
      ? "an accepted socket did not hear the client that you paired it with"
      : `an accepted socket heard ${shown(heard)}, and its client had sent ${shown(word)}`,
    hint: "The accepted socket's remote endpoint is its client's local endpoint: compare them " +
      "with equals()",
  });
}
