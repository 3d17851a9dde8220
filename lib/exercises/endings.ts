/**
 * Checks the exercises of `09_endings`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { inodesOf, socketsOf } from "../observe/sources/open_sockets.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { until } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { listOf, openSocket, shown } from "./_values.ts";
import { type Attempt, expect, expectDone, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** Between the two parts of an answer, in milliseconds. */
const PAUSE_MS = 50;
/** How long a close may take that the learner did not wait for, in milliseconds. */
const CLOSE_MS = 500;
/** How long what must stay is watched, in milliseconds. */
const STAYS_MS = 200;

/** Checks the exercise HalfClose: send all, end that direction, and still receive the answer. */
export function checkHalfClose(
  tellAll: ((server: Endpoint, text: string) => Promise<string>) | undefined,
): Promise<Verdict> {
  return judge({ name: "tellAll", answer: tellAll }, async (tellAll, attempt) => {
    const server = attempt.listen();
    const text = `all of it ${attempt.random.word()}`;
    const hearing = answerAtTheEnd(attempt, server);
    hearing.catch(() => {});
    const notEnded = 'The server answers when it has received your end: shutdown("write") sends ' +
      "it, and leaves the other direction open";
    const answer = await attempt.call(() => tellAll(server.localEndpoint(), text), {
      hints: { TimeoutError: notEnded, EBADF: notEnded, ENOTCONN: notEnded },
      late: notEnded,
    });
    const { received, inodes } = await expectDone(
      hearing,
      "the server did not receive your whole text and its end",
      "Connect to the endpoint that you are given, send the text, and end that direction",
    );
    expect(
      received === text,
      `the server received ${shown(received)}, and should have received ${shown(text)}`,
      "Send the text that you are given: sendAll() sends all of it",
    );
    const whole = `${text.length} bytes`;
    if (answer !== whole) {
      expect(
        !(answer && typeof answer === "string" && whole.startsWith(answer)),
        `${shown(answer)} is only the beginning of the answer`,
        "A stream comes in pieces: receive until receive() gives no bytes, which is the end",
      );
      notYet({
        seen: `your function returned ${shown(answer)}, and the server answered ${shown(whole)}`,
        hint: answer === undefined
          ? "End the function with `return …`"
          : answer === ""
          ? 'close() ends both directions, and you receive nothing more: shutdown("write") ends one'
          : "Return the text that the server sent, and nothing else",
      });
    }
    const isOpen = () => inodes.some((inode) => inode !== 0 && inodesOf().has(inode));
    await expectDone(
      until(() => !isOpen(), { timeout: CLOSE_MS }),
      "the answer is right, but your socket is still open",
      "shutdown() ends a direction, and close() gives the socket back: `using socket = …` does it",
    );
    return "the server received your end, and you received its answer after it";
  });
}

/** What a server received, and the client's socket by its inode. */
interface Received {
  readonly received: string;
  readonly inodes: readonly number[];
}

/** Reads one client to its end, and only then answers in two parts, with the number of bytes. */
async function answerAtTheEnd(attempt: Attempt, server: Socket): Promise<Received> {
  using client = await server.accept();
  // Once both directions have ended, the kernel's table no longer tells whose a socket was.
  const [localPort, remotePort] = [client.remoteEndpoint().port, client.localEndpoint().port];
  const inodes = connections({ protocol: "tcp", localPort, remotePort }).map((row) => row.inode);
  let text = "";
  while (true) {
    const data = await client.receive({ timeout: attempt.timeout });
    if (data.length === 0) break;
    text += new TextDecoder().decode(data);
  }
  try {
    await client.send(`${text.length}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await client.send(" bytes");
  } catch {
    // The client closed before it had received all: its own answer tells.
  }
  return { received: text, inodes };
}

/** Checks the exercise ClosedFirst: read from the table who closed first. */
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
      const none = "A reset leaves no row: look first whether `rows` has one";
      const answer = await attempt.call(() => closedFirst(rows, server.localEndpoint()), {
        about,
        hints: wanted === undefined ? { TypeError: none } : {},
      });
      expect(
        answer === wanted,
        `${about}, and your function returned ${shown(answer)}${
          rows.length > 0 ? `:\n${rows}` : ""
        }`,
        "The TIME_WAIT belongs to the end that closed first: is its `local` the server's endpoint? " +
          "equals() compares two endpoints",
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

/** Checks the exercise Reset: end a connection so that the other end gets ECONNRESET. */
export function checkReset(reset: ((socket: Socket) => unknown) | undefined): Promise<Verdict> {
  return judge({ name: "breakOff", answer: reset }, async (reset, attempt) => {
    const server = attempt.listen();
    const mine = await attempt.connect(server.localEndpoint());
    const theirs = await attempt.accept(server);
    await attempt.call(() => reset(mine));
    const linger = "close() sends a proper end, unless the option linger is 0: then it drops " +
      "everything, and sends a reset";
    let data: Uint8Array;
    try {
      data = await theirs.receive();
    } catch (error) {
      if (error instanceof SocketError && error.code === "ECONNRESET") {
        return "the other end got ECONNRESET, and neither end has a TIME_WAIT";
      }
      const isSilent = error instanceof DOMException;
      notYet({
        seen: isSilent ? "the other end got nothing" : problemOfError(error).seen,
        hint: isSilent ? `The connection is still open. ${linger}` : linger,
      });
    }
    return notYet({
      seen: data.length === 0 ? "the other end got a proper end" : "the other end got data",
      hint: linger,
    });
  });
}

/** Checks the exercise NeverClose: leave connections behind that are never closed. */
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
