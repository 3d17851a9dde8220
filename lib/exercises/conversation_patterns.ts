/**
 * Checks the exercises of `12_conversation_patterns`.
 *
 * @module
 */
import { connectionsWhen } from "../observe/connections_when.ts";
import { within } from "../time_limit.ts";
import { DENO_CONNECTION, shown } from "./_values.ts";
import { type Attempt, expect, expectDone, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const HOSTNAME = "127.0.0.1";
/** How long nothing may happen before it counts as a standstill, in milliseconds. */
const STILL_MS = 250;
const MAX_READINGS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Checks the exercise First word: a server that speaks first, and stays. */
export function checkFirstWord(greet: (() => Deno.TcpListener) | undefined): Promise<Verdict> {
  return judge({ name: "greet", answer: greet }, async (greet, attempt) => {
    const { port } = attempt.server(greet).addr;
    const clients: Deno.TcpConn[] = [];
    for (const which of ["the first client", "the second client (the first is still there)"]) {
      const client = attempt.open(await Deno.connect({ hostname: HOSTNAME, port }));
      clients.push(client);
      const word = { text: "" };
      const reading = readLine(client, word);
      reading.catch(() => {});
      const isLate = await within(reading.catch(() => {}), { timeout: attempt.timeout })
        .then(() => false, () => true);
      expect(
        !isLate || word.text !== "",
        `${which} says nothing, and hears nothing for ${attempt.timeout} ms`,
        clients.length === 1
          ? "A client need not speak first: write to each one as soon as it is accepted"
          : "Accept the next client while the first is there: do not await a conversation in the loop",
      );
      expect(
        word.text === "welcome\n",
        `${which} received ${shown(word.text)}${isLate ? ", and no line end" : " first"}`,
        'The server says "welcome" and a line end, and stays',
      );
    }
    // A server that closes sends its end: then reading comes to an end, too.
    const ended = clients.map((client) => client.read(new Uint8Array(1)).catch(() => null));
    const stay = await within(Promise.race(ended), { timeout: STILL_MS }).then(
      () => false,
      () => true,
    );
    expect(
      stay,
      "the greeting came, but the connection does not stay: the server has closed, or said more",
      "The server is to stay until its client closes: read() waits for that",
    );
    return "two clients said nothing and were greeted, and both connections stay";
  });
}

/** Reads to the end of the first line, or of the stream, or 100 bytes; notes what it has. */
async function readLine(client: Deno.TcpConn, word: { text: string }): Promise<void> {
  const bytes = new Uint8Array(100);
  let size = 0;
  while (size < bytes.length && !bytes.subarray(0, size).includes(0x0a)) {
    const count = await client.read(bytes.subarray(size));
    if (count === null) break;
    size += count;
    word.text = decoder.decode(bytes.subarray(0, size));
  }
}

/** Checks the exercise Standstill: both ends wait for each other, though nobody is gone and nothing is lost. */
export function checkStandstill(
  standstill: ((port: number) => Promise<Deno.TcpConn>) | undefined,
): Promise<Verdict> {
  return judge({ name: "standstill", answer: standstill }, async (standstill, attempt) => {
    const listener = attempt.open(Deno.listen({ hostname: HOSTNAME, port: 0 }));
    const { port } = listener.addr;
    const served = { text: "", hasEnded: false };
    answerLines(attempt, listener, served);
    const connection = await attempt.call(() => standstill(port), {
      returns: DENO_CONNECTION,
      late:
        "Your function should return its connection at once, and waits itself: do not read in it",
    });
    expect(
      connection.remoteAddr.port === port,
      `your connection goes to port ${connection.remoteAddr.port}, not ${port}`,
    );
    let before: string | undefined;
    for (let readings = 0; readings < MAX_READINGS && before !== served.text; readings++) {
      before = served.text;
      await new Promise((resolve) => setTimeout(resolve, STILL_MS));
    }
    expect(
      !served.hasEnded,
      "the server has received an end: it need not wait for more",
      "Leave both directions open",
    );
    expect(
      served.text !== "",
      "the server waits, but you have not said anything",
      "Say something to the server",
    );
    expect(served.text === before, "you are still talking, so neither end waits");
    expect(
      !served.text.endsWith("\n"),
      `the server has received the whole line ${shown(served.text)}, and has answered`,
      "You would only have to read: what makes the server believe that more will come?",
    );
    await expectDone(
      connectionsWhen(
        { protocol: "tcp", port, state: "ESTABLISHED" },
        (rows) =>
          rows.length === 2 && rows.every((row) => row.receiveQueue === 0 && row.sendQueue === 0),
        { timeout: attempt.timeout },
      ),
      "in the kernel's table something still waits to be read",
      "Read what has come already: then both ends wait, and nothing is on its way",
    );
    return `the server has ${shown(served.text)} and waits for the end of the line, you wait for ` +
      "its answer, and the kernel sees two healthy ends with nothing to carry";
  });
}

/** Serves one client: answers each line in capitals, and notes what it has received. */
async function answerLines(
  attempt: Attempt,
  listener: Deno.TcpListener,
  served: { text: string; hasEnded: boolean },
): Promise<void> {
  try {
    const connection = await listener.accept();
    attempt.closeLater(connection);
    const bytes = new Uint8Array(1024);
    let answered = 0;
    for (let count; (count = await connection.read(bytes)) !== null;) {
      served.text += decoder.decode(bytes.subarray(0, count));
      const lines = served.text.split("\n").slice(answered, -1);
      answered += lines.length;
      for (const line of lines) await connection.write(encoder.encode(`${line.toUpperCase()}\n`));
    }
  } catch {
    // No client came, or it left: the check says what is missing.
  }
  served.hasEnded = true;
}
