/**
 * Checks the exercises of `09_endings`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { socketsOf } from "../observe/sources/open_sockets.ts";
import { oneOf } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { until } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { listOf, openSocket, shown } from "./_values.ts";
import { type Attempt, expect, expectDone, judge, notYet, spareEndpoint } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How a call ends that exercise 1 asks about. */
export type CallEnding = "answered" | "refused" | "silent";

/** How long a close may take that the learner did not wait for, in milliseconds. */
const CLOSE_MS = 500;
/** How long what must stay is watched, in milliseconds. */
const STAYS_MS = 200;

/** Checks exercise 1: tell how a call ends. */
export function checkCallEnding(
  callEnding: ((endpoint: Endpoint) => Promise<CallEnding>) | undefined,
): Promise<Verdict> {
  return judge({ name: "callEnding", answer: callEnding }, async (callEnding, attempt) => {
    const bound = attempt.tcp();
    bound.bind("127.0.0.1:0");
    const full = attempt.listen(0);
    await attempt.connect(full.localEndpoint());
    const cases = attempt.random.shuffled<readonly [Socket, CallEnding]>([
      [attempt.listen(), "answered"],
      [bound, "refused"],
      [full, "silent"],
    ]);
    for (const [server, wanted] of cases) {
      const about = WHAT[wanted];
      const answer = await attempt.call(() => callEnding(server.localEndpoint()), {
        returns: oneOf("answered", "refused", "silent"),
        about,
        hints: {
          TimeoutError: 'That error is the silence: catch it, and return "silent"',
          ECONNREFUSED: 'That error is the refusal: catch it, and return "refused"',
        },
        late: "Silence has no end of its own: give the call a limit, such as a timeout of 300 ms",
      });
      expect(
        answer === wanted,
        `${about}: your function returned ${shown(answer)}`,
        "A refusal is an answer, and comes at once as ECONNREFUSED; silence only ends by your limit",
      );
      await attempt.expectClosed(`${about}: you know`);
    }
    return "answered, refused and silent: you tell all three apart";
  });
}

const WHAT: Readonly<Record<CallEnding, string>> = {
  answered: "a socket listens",
  refused: "the port is bound, and no socket listens",
  silent: "the accept queue is full, and nothing is answered",
};

/** Checks exercise 2: read from the table who closed first. */
export function checkClosedFirst(
  closedFirst:
    | ((rows: Connections, server: Endpoint) => "client" | "server" | undefined)
    | undefined,
): Promise<Verdict> {
  return judge({ name: "closedFirst", answer: closedFirst }, async (closedFirst, attempt) => {
    const server = attempt.listen();
    const endings = attempt.random.shuffled(
      ["client", "server", undefined, "client", "server", undefined] as const,
    );
    for (const wanted of endings) {
      const rows = await conversationClosedBy(attempt, wanted, server);
      const about = wanted === undefined
        ? "a reset ended it, and no row is left"
        : `the ${wanted} closed first`;
      const answer = await attempt.call(() => closedFirst(rows, server.localEndpoint()), { about });
      expect(
        answer === wanted,
        `${about}, and your function returned ${shown(answer)}${
          rows.length > 0 ? `:\n${rows}` : ""
        }`,
        "The TIME_WAIT belongs to the end that closed first: is its `local` the server's endpoint?",
      );
    }
    return "six conversations, and you saw of each who had closed first";
  });
}

/** Has a conversation and ends it; returns the rows that are left of it. */
async function conversationClosedBy(
  attempt: Attempt,
  closer: "client" | "server" | undefined,
  server: Socket,
): Promise<Connections> {
  using client = Socket.tcp({ timeout: attempt.timeout });
  await client.connect(server.localEndpoint());
  using accepted = await server.accept();
  const { port } = client.localEndpoint();
  const [first, second] = closer === "server" ? [accepted, client] : [client, accepted];
  if (closer === undefined) first.setOption("linger", 0);
  first.close();
  // The end, or the reset
  await second.receive().catch(() => {});
  second.close();
  const ours = { protocol: "tcp", port: server.localEndpoint().port } as const;
  const of = (rows: Connections) =>
    rows.filter(({ local, remote }) => local.port === port || remote.port === port);
  const expected = closer === undefined ? 0 : 1;
  const rows = await connectionsWhen(ours, (all) => {
    const left = of(all);
    return left.length === expected && left.every(({ state }) => state === "TIME_WAIT");
  }, { timeout: attempt.timeout });
  return of(rows);
}

/** Checks exercise 3: a server that can start again at once. */
export function checkRestart(
  startAt: ((endpoint: Endpoint) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "startAt", answer: startAt }, async (startAt, attempt) => {
    const endpoint = spareEndpoint();
    const start = (hint: string) =>
      attempt.call(() => startAt(endpoint), {
        returns: openSocket("tcp"),
        hints: { EADDRINUSE: hint },
      });
    const first = await start("The port was free a moment ago: bind one socket to it, once");
    await serveOne(attempt, first, endpoint);
    const rival = await attempt.try(() => startAt(endpoint));
    expect(
      "error" in rival,
      "two servers can listen there at once, and nobody would notice",
      "reusePort lets several sockets listen; reuseAddress only shares with sockets that do not listen",
    );
    first.close();
    const held = connections({ state: "TIME_WAIT", localPort: endpoint.port });
    expect(held.length > 0, "no TIME_WAIT was left at the server's port");
    const second = await start(
      "A connection in TIME_WAIT holds the port, unless the old server and the new one both have " +
        "set reuseAddress before bind()",
    );
    await serveOne(attempt, second, endpoint);
    return `it started again, with ${held.length} TIME_WAIT at its port`;
  });
}

/** Lets a client in, and closes before it does; so the server's end has the TIME_WAIT. */
async function serveOne(attempt: Attempt, server: Socket, endpoint: Endpoint): Promise<void> {
  using client = Socket.tcp({ timeout: attempt.timeout });
  await expectDone(
    client.connect(endpoint),
    (error) => `a client cannot connect to ${endpoint}: ${problemOfError(error).seen}`,
    "bind() the socket to the endpoint that you are given, and listen()",
  );
  using accepted = await server.accept({ timeout: attempt.timeout });
  accepted.close();
  await client.receive();
}

/** Checks exercise 4: leave connections behind that are never closed. */
export function checkNeverClose(
  neverClose: ((count: number) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "neverClose", answer: neverClose }, async (neverClose, attempt) => {
    const wanted = 5;
    const sockets = await attempt.call(() => neverClose(wanted), { returns: listOf(openSocket()) });
    const count = () => closeWaits(sockets);
    await until(() => count() === wanted, { timeout: CLOSE_MS }).catch(() => {});
    if (count() !== wanted) {
      notYet({
        seen: `of your sockets ${count()} are in CLOSE_WAIT, and ${wanted} should be`,
        hint:
          "A socket is in CLOSE_WAIT when the other end has closed and this one has not: accept " +
          "clients, let them close, and keep the accepted sockets",
      });
    }
    const left = until(() => count() !== wanted, { timeout: STAYS_MS }).then(
      () => true,
      () => false,
    );
    expect(!await left, "they were in CLOSE_WAIT, but did not stay there");
    await attempt.expectClosed("all of them are in CLOSE_WAIT", undefined, sockets);
    return `${wanted} connections that only their own program could have ended`;
  });
}

function closeWaits(sockets: readonly Socket[]): number {
  const descriptors = new Set(sockets.map(({ descriptor }) => descriptor));
  const inodes = new Set(
    socketsOf(Deno.pid).filter((each) => descriptors.has(each.descriptor)).map((each) =>
      each.inode
    ),
  );
  return connections({ state: "CLOSE_WAIT" }).filter(({ inode }) => inodes.has(inode)).length;
}
