/**
 * Checks the exercises of `01_clients_and_servers`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import type { Connection, Connections } from "../observe/rows/connection.ts";
import { oneOf } from "../refusal.ts";
import { within } from "../time_limit.ts";
import { problemOfError } from "./_errors.ts";
import { shown } from "./_values.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { expect, expectDone, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const HOSTNAME = "127.0.0.1";
/** A reading may miss a row while the table changes, so several in a row must agree. */
const CALM_READINGS = 5;

/** Checks the exercise Ask: a client that asks, reads the answer and closes. */
export function checkAsk(
  ask: ((port: number, text: string) => Promise<string>) | undefined,
): Promise<Verdict> {
  return judge({ name: "ask", answer: ask }, async (ask, attempt) => {
    const question = `question ${attempt.random.word()}`;
    const expected = `answer to ${question}`;
    const listener = attempt.open(Deno.listen({ hostname: HOSTNAME, port: 0 }));
    const { port } = listener.addr;
    const asked: string[] = [];
    answerOnce(listener, { asked, timeout: attempt.timeout });
    const answer = await attempt.call(() => ask(port, question), {
      late: "The server answers one text, once: write() sends it, and one read() gets the answer",
    });
    expect(
      asked.length > 0,
      "nothing was sent to the server",
      "Connect to the port that you are given, and write() the text",
    );
    expect(
      asked[0] === question,
      `the server received ${shown(asked[0])}, and should have received ${shown(question)}`,
      "Send the text as it is, in UTF-8: `new TextEncoder().encode(text)`",
    );
    if (answer !== expected) notYet(wrongAnswer(answer, expected));
    let calm = 0;
    const closed = (rows: Connections) => {
      const done = rows.every(({ state }) => state === "LISTEN" || state === "TIME_WAIT");
      calm = done ? calm + 1 : 0;
      return calm === CALM_READINGS;
    };
    await expectDone(
      connectionsWhen({ localPort: port }, closed, { timeout: attempt.timeout }),
      "the answer is right, but your end of the connection is open",
      "A connection ends when both ends close: call close(), or write `using connection = …`",
    );
    return "asked, answered and closed";
  });
}

function wrongAnswer(answer: unknown, expected: string) {
  if (typeof answer === "string" && answer.startsWith(expected)) {
    const more = answer.slice(expected.length);
    if (/^\0+$/.test(more)) {
      return {
        seen: `your answer begins right, and ${more.length} characters \\0 follow`,
        hint:
          "You decoded the whole buffer. read() fills its beginning only, and returns how many " +
          "bytes that are: decode `buffer.subarray(0, count)`",
      };
    }
  }
  const seen = `your function returned ${shown(answer)}, and the server answered ${
    shown(expected)
  }`;
  if (answer === undefined) return { seen, hint: "End the function with `return …`" };
  if (answer instanceof Uint8Array) {
    return {
      seen,
      hint: "Those are bytes: `new TextDecoder().decode(bytes)` makes a text of them",
    };
  }
  if (typeof answer === "number") {
    return {
      seen,
      hint: "read() returns how many bytes came; the bytes themselves are in the buffer",
    };
  }
  return { seen, hint: "Return the text that the server sent, and nothing else" };
}

/** Serves one client: reads, answers, closes. */
async function answerOnce(
  listener: Deno.TcpListener,
  { asked, timeout }: { asked: string[]; timeout: number },
): Promise<void> {
  try {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1024);
    const count = await within(connection.read(bytes), { timeout });
    asked.push(new TextDecoder().decode(bytes.subarray(0, count ?? 0)));
    await connection.write(new TextEncoder().encode(`answer to ${asked[0]}`));
  } catch {
    // No client came, or it left: the check says what is missing.
  }
}

/** Checks the exercise Shout: a server that answers each client in capitals, even while one is silent. */
export function checkShout(shout: (() => Deno.TcpListener) | undefined): Promise<Verdict> {
  return judge({ name: "shout", answer: shout }, async (shout, attempt) => {
    const { port } = attempt.server(shout).addr;
    const clients: Deno.TcpConn[] = [];
    for (let count = 0; count < 3; count++) {
      clients.push(attempt.open(await Deno.connect({ hostname: HOSTNAME, port })));
    }
    const words = ["the silent one", "second", "third"];
    for (const index of [1, 2, 0]) {
      const [word, client] = [words[index]!, clients[index]!];
      const bytes = new Uint8Array(1024);
      const asking = client.write(new TextEncoder().encode(word))
        .then(() => within(client.read(bytes), { timeout: attempt.timeout }));
      const count = await expectDone(
        asking,
        index === 0
          ? "the client that was silent at first gets no answer"
          : `client ${index + 1} gets no answer while client 1 is silent`,
        "A loop that awaits one conversation serves nobody else: start the conversation in a " +
          "function of its own, without `await`, and accept the next client",
      );
      const answer = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
      expect(
        answer === word.toUpperCase(),
        `to ${shown(word)} your server answered ${shown(answer)}`,
        answer.includes("\0")
          ? "Send only the bytes that read() has filled: `buffer.subarray(0, count)`"
          : answer === ""
          ? "It closed the connection: it should answer until the client closes"
          : "Send back the same text in capitals: toUpperCase()",
      );
    }
    return "three clients at once, and none had to wait for the silent one";
  });
}

/** Checks the exercise One of three: which row of the table is the accepted socket. */
export function checkOneOfThree(row: "A" | "B" | "C" | undefined): Promise<Verdict> {
  return judge({ name: "acceptedRow", answer: row, kind: oneOf("A", "B", "C") }, (row) => {
    expect(
      row !== "B",
      "B has no remote endpoint: it listens, and has no client",
      "An accepted socket has one client, and so a remote endpoint",
    );
    expect(
      row !== "A",
      "A has a local port that the kernel picked",
      "Which of the two ends has such a port, and which has the port of the listening socket?",
    );
    return "it has the listening socket's port, and a remote endpoint";
  });
}

/** Checks the exercise Refused: refused at a port number at which a socket listens. */
export function checkRefused(attempted: (() => Promise<unknown>) | undefined): Promise<Verdict> {
  return judge({ name: "breakIt", answer: attempted }, async (breakIt, attempt) => {
    const before = new Set(connections({ state: "LISTEN" }).map((row) => row.inode));
    const error = await attempt.error(
      breakIt,
      "Call a port number at which you listen, and let the error out: no try, no catch",
    );
    if (!(error instanceof Deno.errors.ConnectionRefused)) {
      const { seen, hint } = problemOfError(error);
      notYet({ seen: `another error came out: ${seen}`, hint });
    }
    const call = attempt.calls.find((each) => each.error === error);
    const isNew = (row: Connection) => !before.has(row.inode);
    const own = inodesOf();
    const mine = call?.listening?.filter(isNew) ??
      connections({ state: "LISTEN" }).filter((row) => isNew(row) && own.has(row.inode));
    const where = mine.map((row) => String(row.local)).join(" and ");
    expect(
      mine.length > 0,
      `refused${call === undefined ? "" : ` at ${call.to}`}, but no new socket was listening at ` +
        "that port number",
      "Open a listening socket in the function, and call its port number at another address",
    );
    return call === undefined
      ? `refused, while ${where} listens; which port was called, the check sees of Deno.connect alone`
      : `refused at ${call.to}, while ${where} listens`;
  });
}
