/**
 * Checks the exercises of `09_endings`.
 *
 * @module
 */
import { until, within } from "../time_limit.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listening, spareEndpoint } from "./_listening.ts";
import { ownInodes } from "./_own_sockets.ts";
import { closeReturned } from "./_returned.ts";
import { Verdict } from "./verdict.ts";

/** How a call ends that exercise 1 asks about. */
export type CallEnding = "answered" | "refused" | "silent";

/** How long one answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 4_000;
/** How long a close may take that nobody waited for, in milliseconds. */
const CLOSE_MS = 500;
/** How long what must not go away is looked at, in milliseconds. */
const STAYS_MS = 300;

/** Checks exercise 1: tell how a call ends. */
export async function checkCallEnding(
  callEnding: ((endpoint: Endpoint) => Promise<CallEnding>) | undefined,
): Promise<Verdict> {
  if (callEnding === undefined) return Verdict.open("write the function callEnding");
  using open = new DisposableStack();
  const bound = open.use(Socket.tcp());
  bound.bind("127.0.0.1:0");
  const full = open.use(listening({ timeout: ANSWER_MS, backlog: 0 }));
  const filler = open.use(Socket.tcp({ timeout: ANSWER_MS }));
  await filler.connect(full.localEndpoint());
  const cases = shuffled<readonly [Socket, CallEnding]>([
    [open.use(listening({ timeout: ANSWER_MS })), "answered"],
    [bound, "refused"],
    [full, "silent"],
  ]);
  const before = ownInodes();
  for (const [server, wanted] of cases) {
    const endpoint = server.localEndpoint();
    try {
      const answer = await within(callEnding(endpoint), { timeout: ANSWER_MS });
      if (answer !== wanted) {
        return Verdict.notYet(`${WHAT[wanted]}: you said ${JSON.stringify(answer)}`);
      }
    } catch (error) {
      return Verdict.notYet(`${WHAT[wanted]}: what came out: ${error}`);
    }
    if (await stayOpen(before)) {
      return Verdict.notYet(`${WHAT[wanted]}: you know, but your socket is open: close it`);
    }
  }
  return Verdict.right("answered, refused and silent: you tell all three");
}

const WHAT: Readonly<Record<CallEnding, string>> = {
  answered: "somebody listens",
  refused: "the port is bound, and nobody listens",
  silent: "the accept queue is full, and nothing is answered",
};

/** Checks exercise 2: read from the table who closed first. */
export async function checkClosedFirst(
  closedFirst:
    | ((rows: Connections, server: Endpoint) => "client" | "server" | undefined)
    | undefined,
): Promise<Verdict> {
  if (closedFirst === undefined) return Verdict.open("write the function closedFirst");
  using server = listening({ timeout: ANSWER_MS });
  const endings = shuffled(["client", "server", undefined, "client", "server", undefined] as const);
  for (const wanted of endings) {
    const rows = await conversationClosedBy(wanted, server);
    let answer;
    try {
      answer = closedFirst(rows, server.localEndpoint());
    } catch (error) {
      return Verdict.notYet(`what came out: ${error}`);
    }
    if (answer !== wanted) {
      const happened = wanted === undefined
        ? "a reset ended it, and nobody has a TIME_WAIT"
        : `the ${wanted} closed first`;
      return Verdict.notYet(`${happened}, and you said ${JSON.stringify(answer)}:\n${rows}`);
    }
  }
  return Verdict.right("six conversations, and you saw of each who had closed first");
}

/** Has a conversation and ends it; returns the rows that are left of it. */
async function conversationClosedBy(
  closer: "client" | "server" | undefined,
  server: Socket,
): Promise<Connections> {
  using client = Socket.tcp({ timeout: ANSWER_MS });
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
  });
  return of(rows);
}

/** Checks exercise 3: a server that can start again at once. */
export async function checkRestart(
  startAt: ((endpoint: Endpoint) => Socket) | undefined,
): Promise<Verdict> {
  if (startAt === undefined) return Verdict.open("write the function startAt");
  using open = new DisposableStack();
  const endpoint = spareEndpoint();
  try {
    const first = open.use(startAt(endpoint));
    await serveOne(first, endpoint);
    const rival = rivalAt(endpoint, startAt);
    rival?.close();
    if (rival !== undefined) {
      return Verdict.notYet("two servers can listen there at once, and nobody would notice");
    }
    first.close();
    const held = connections({ state: "TIME_WAIT", localPort: endpoint.port });
    if (held.length === 0) return Verdict.notYet("no TIME_WAIT was left: who closed first?");
    const second = open.use(startAt(endpoint));
    await serveOne(second, endpoint);
    return Verdict.right(`it started again, with ${held.length} TIME_WAIT at its port`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Lets a client in, and closes before it does; so the server's end has the TIME_WAIT. */
async function serveOne(server: Socket, endpoint: Endpoint): Promise<void> {
  using client = Socket.tcp({ timeout: ANSWER_MS });
  await client.connect(endpoint);
  using accepted = await server.accept({ timeout: ANSWER_MS });
  accepted.close();
  await client.receive();
}

function rivalAt(endpoint: Endpoint, startAt: (endpoint: Endpoint) => Socket): Socket | undefined {
  try {
    return startAt(endpoint);
  } catch {
    return undefined;
  }
}

/** Checks exercise 4: leave connections behind that nobody ever closes. */
export async function checkNeverClose(
  neverClose: ((count: number) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  if (neverClose === undefined) return Verdict.open("write the function neverClose");
  const wanted = 5;
  const before = ownInodes();
  let sockets: readonly Socket[] = [];
  try {
    sockets = await within(neverClose(wanted), { timeout: ANSWER_MS });
    const count = () => closeWaits(sockets);
    await until(() => count() === wanted, { timeout: CLOSE_MS }).catch(() => {});
    if (count() !== wanted) {
      return Verdict.notYet(
        `of your sockets ${count()} are in CLOSE_WAIT, and ${wanted} should be`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, STAYS_MS));
    if (count() !== wanted) {
      return Verdict.notYet("they were in CLOSE_WAIT, but did not stay there");
    }
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    closeReturned(sockets);
  }
  if (await stayOpen(before)) {
    return Verdict.notYet(
      "all of them are in CLOSE_WAIT, but you left others open: return them too",
    );
  }
  return Verdict.right(`${wanted} connections that only their own program could have ended`);
}

function closeWaits(sockets: readonly Socket[]): number {
  const inodes = new Set(
    sockets.filter((each) => !each.isClosed).map((each) => {
      const link = Deno.readLinkSync(`/proc/self/fd/${each.descriptor}`);
      return Number(/\d+/.exec(link)![0]);
    }),
  );
  return connections({ state: "CLOSE_WAIT" }).filter(({ inode }) => inodes.has(inode)).length;
}

/** Whether this process has sockets that it had not before, a moment later. */
async function stayOpen(before: ReadonlySet<number>): Promise<boolean> {
  const gone = () => [...ownInodes()].every((inode) => before.has(inode));
  return await until(gone, { timeout: CLOSE_MS }).then(() => false, () => true);
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  return values.map((value) => ({ value, key: Math.random() }))
    .sort((one, other) => one.key - other.key).map(({ value }) => value);
}
