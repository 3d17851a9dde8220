/**
 * Checks the exercises of `03_sockets_and_system_calls`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { until } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { listOf, openSocket, shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { type Attempt, expect, expectDone, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How long a connection that does not come about is waited for, in milliseconds. */
const SILENCE_MS = 300;
/** Between the two parts of an answer, in milliseconds. */
const PAUSE_MS = 50;
/** How many sockets there are, some of which have something to read. */
const SPEAKERS = 20;
/** How long a close may take that the learner did not wait for, in milliseconds. */
const CLOSE_MS = 300;

/** Checks exercise 1: send all, end that direction, and still receive the answer. */
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

/** Checks exercise 2: a listening socket that exactly `count` clients fit without accept. */
export function checkQueueOf(
  queueOf: ((count: number) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "queueOf", answer: queueOf }, async (queueOf, attempt) => {
    for (const wanted of [1, 3]) {
      const about = `for ${wanted}`;
      const server = await attempt.call(() => queueOf(wanted), {
        returns: openSocket("tcp"),
        about,
      });
      const endpoint = server.localEndpoint();
      const clients = Array.from(
        { length: wanted + 2 },
        () => attempt.open(Socket.tcp({ timeout: SILENCE_MS })),
      );
      const calls = await Promise.allSettled(clients.map((client) => client.connect(endpoint)));
      const fit = calls.filter(({ status }) => status === "fulfilled").length;
      expect(
        fit !== 0,
        `${about}: no client could connect to ${endpoint}`,
        "A socket takes connections after bind() and listen()",
      );
      expect(
        fit === wanted,
        `${about}: ${fit} clients fitted into the queue`,
        "The kernel keeps one connection more than the backlog of listen()",
      );
    }
    return "1 fits where 1 should, and 3 where 3 should";
  });
}

/** Checks exercise 3: tell by one wait which sockets have something to read. */
export function checkWhoSpoke(
  whoSpoke: ((sockets: readonly Socket[]) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "whoSpoke", answer: whoSpoke }, async (whoSpoke, attempt) => {
    const server = attempt.listen();
    const clients: Socket[] = [];
    const sockets: Socket[] = [];
    for (let index = 0; index < SPEAKERS; index++) {
      clients.push(await attempt.connect(server.localEndpoint()));
      sockets.push(await attempt.accept(server));
    }
    const epollsBefore = epolls();
    const ask = async () => {
      const named = await attempt.call(() => whoSpoke([...sockets]), {
        returns: listOf(openSocket("tcp")),
        hints: { TimeoutError: "Wait for all of the sockets at once, until one has something" },
        late: "Wait for all of the sockets at once: an Epoll tells which can be read",
      });
      const indices = named.map((socket) => sockets.indexOf(socket)).sort((a, b) => a - b);
      return indices.length === 0 ? "none" : indices.join(", ");
    };
    const send = async (indices: readonly number[], delay: number) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      for (const index of indices) await clients[index]!.send("ahoy");
      await connectionsWhen(
        { protocol: "tcp", localPort: server.localEndpoint().port },
        (rows) =>
          rows.filter(({ receiveQueue = 0, state }) => receiveQueue > 0 && state !== "LISTEN")
            .length >= indices.length,
        { timeout: attempt.timeout },
      );
    };
    const pick = (count: number) => attempt.random.some(count, [...sockets.keys()]);

    // First nobody has sent anything, so that the function has to wait; then three have.
    const late = pick(1);
    const sending = send(late, PAUSE_MS);
    sending.catch(() => {});
    const namedLate = await ask();
    await sending;
    expect(
      namedLate === `${late}`,
      `socket ${late} got something to read after a moment, and you named ${namedLate}`,
      namedLate === "none" ? "Wait until at least one has something: no timeout of 0" : undefined,
    );
    const three = pick(3);
    for (const socket of sockets) socket.tryReceiveInto(new Uint8Array(100));
    await send(three, 0);
    const named = await ask();
    expect(
      named === three.join(", "),
      `sockets ${three.join(", ")} have something to read, and you named ${named}`,
      "One wait tells all that can be read by then: return every one of them",
    );
    const left = three.filter((index) => sockets[index]!.tryReceiveInto(new Uint8Array(9)) === 4);
    expect(
      left.length === three.length,
      "all three are right, but what was sent to them is gone",
      "Whoever reads takes the bytes away: only tell which sockets have something",
    );
    // The learner's epolls, by number: another check beside this one opens its own.
    const opened = [...epolls()].filter((each) => !epollsBefore.has(each));
    expect(
      opened.length === 0 || !await stayOpen(opened),
      "all three are right, but your epoll is open",
      "An epoll is a descriptor, too: close it, or write `using epoll = …`",
    );
    return "you waited for the first, and named all three";
  });
}

/** The epolls that this process has open, by descriptor. `proc_pid_fd(5)` */
function epolls(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) === "anon_inode:[eventpoll]") found.add(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the listing's own, gone by now
    }
  }
  return found;
}

async function stayOpen(opened: readonly string[]): Promise<boolean> {
  const gone = () => opened.every((each) => !epolls().has(each));
  return await until(gone, { timeout: CLOSE_MS }).then(() => false, () => true);
}

/** Checks exercise 4: end a connection so that the other end gets ECONNRESET. */
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
