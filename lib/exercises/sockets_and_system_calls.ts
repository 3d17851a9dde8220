/**
 * Checks the exercises of `03_sockets_and_system_calls`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import type { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { until } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { type Attempt, expect, expectDone, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** Between the two parts of an answer, in milliseconds. */
const PAUSE_MS = 50;
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
