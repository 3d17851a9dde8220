/**
 * Checks the exercises of `08_conversation_patterns`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { kindOf } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { listening } from "./_listening.ts";
import { closeReturned, verdictOfListener } from "./_returned.ts";
import { Verdict } from "./verdict.ts";

const HOSTNAME = "127.0.0.1";
/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;
/** So long must nothing happen for a standstill. */
const STILL_MS = 400;
const MAX_LOOKS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What is sent, each piece by itself, and the lines that it makes. */
const SENT: readonly (readonly Uint8Array<ArrayBuffer>[])[] = [
  pieces("one\n", "two\n"),
  pieces("one\ntwo\nthree\n"),
  pieces("on", "e", "\nt", "wo\n"),
  pieces("one\n\n", "\nfour\n"),
  pieces("one\ntwo", "\nnot yet a li"),
  cutAt("grüß dich\n", [3, 5]),
  cutAt("🦕\n🦕\n", [1, 2, 3, 7]),
  pieces("not yet a line"),
];

/** Checks exercise 1: the lines in what a connection brings, wherever the pieces end. */
export async function checkLines(
  linesOf: ((pieces: readonly Uint8Array[]) => readonly string[]) | undefined,
): Promise<Verdict> {
  if (linesOf === undefined) return Verdict.open("write the function linesOf");
  using listener = listening({ timeout: ANSWER_MS });
  for (const sent of SENT) {
    const received = await passThroughKernel(listener, sent);
    const text = JSON.stringify(decoder.decode(joined(sent)));
    const expected = decoder.decode(joined(sent)).split("\n").slice(0, -1);
    let got: unknown;
    try {
      got = linesOf(received);
    } catch (error) {
      return Verdict.notYet(`from ${received.length} pieces of ${text} came: ${error}`);
    }
    if (got instanceof Promise) {
      got.catch(() => {});
      return Verdict.notYet("the function was to return the lines at once, and returned a promise");
    }
    if (!Array.isArray(got)) {
      return Verdict.notYet(`a list of lines was wanted, got ${kindOf(got)}`);
    }
    if (got.length !== expected.length || got.some((line, index) => line !== expected[index])) {
      return Verdict.notYet(
        `${text} was received in ${received.length} ${
          received.length === 1 ? "piece" : "pieces"
        }, ` +
          `and you found ${JSON.stringify(got)}`,
      );
    }
  }
  return Verdict.right(
    `${SENT.length} conversations, cut wherever it hurts, and each line is there`,
  );
}

/** Sends each piece when the one before has been received, and returns what was received. */
async function passThroughKernel(
  listener: Socket,
  sent: readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array[]> {
  using sender = Socket.tcp({ timeout: ANSWER_MS });
  await sender.connect(listener.localEndpoint());
  using receiver = await listener.accept();
  const received: Uint8Array[] = [];
  for (const piece of sent) {
    await sender.send(piece);
    received.push(await receiver.receive());
  }
  return received;
}

/** Checks exercise 2: a message with its length before it, four bytes, the highest first. */
export function checkFrame(frame: ((message: string) => Uint8Array) | undefined): Verdict {
  if (frame === undefined) return Verdict.open("write the function frame");
  for (
    const message of [
      "hello",
      "",
      "two\nlines",
      "grüß dich",
      "🦕",
      "x".repeat(300),
      "y".repeat(70_000),
    ]
  ) {
    const shown = JSON.stringify(message.length > 20 ? `${message.slice(0, 20)}…` : message);
    let got: unknown;
    try {
      got = frame(message);
    } catch (error) {
      return Verdict.notYet(`for ${shown} came: ${error}`);
    }
    if (!(got instanceof Uint8Array)) {
      return Verdict.notYet(`for ${shown} bytes were wanted, got ${kindOf(got)}`);
    }
    const body = encoder.encode(message);
    if (got.length !== 4 + body.length) {
      return Verdict.notYet(
        `${shown} is ${body.length} bytes long, so its frame has ${
          4 + body.length
        }; yours has ${got.length}`,
      );
    }
    const said = new DataView(got.buffer, got.byteOffset).getUint32(0);
    if (said !== body.length) {
      return Verdict.notYet(`the frame of ${shown} says ${said} bytes, and ${body.length} follow`);
    }
    if (decoder.decode(got.subarray(4)) !== message) {
      return Verdict.notYet(`behind the length of ${shown} stands something else`);
    }
  }
  return Verdict.right(
    "whoever reads four bytes knows where each message ends, line breaks or not",
  );
}

/** Checks exercise 3: a server that has the first word, and stays. */
export async function checkFirstWord(
  greet: (() => Deno.TcpListener) | undefined,
): Promise<Verdict> {
  if (greet === undefined) return Verdict.open("write the function greet");
  let listener: Deno.TcpListener | undefined;
  const clients: Deno.TcpConn[] = [];
  try {
    listener = greet();
    const refusal = verdictOfListener(listener, HOSTNAME);
    if (refusal !== undefined) return refusal;
    const { port } = listener.addr;
    for (const which of ["the first client", "the second client, while the first is there"]) {
      const client = await Deno.connect({ hostname: HOSTNAME, port });
      clients.push(client);
      const word = { text: "" };
      const isLate = await inTime(readLine(client, word)) === LATE;
      if (isLate && word.text === "") {
        return Verdict.notYet(`${which}, which says nothing, hears nothing for ${ANSWER_MS} ms`);
      }
      if (word.text !== "welcome\n") {
        const end = isLate ? ", and no line end" : " first";
        return Verdict.notYet(`${which} heard ${JSON.stringify(word.text)}${end}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, STILL_MS));
    const rows = connections({ protocol: "tcp", state: "ESTABLISHED", localPort: port });
    if (rows.length < 2) {
      return Verdict.notYet(
        "the word came, but the connection does not stay: the server has closed",
      );
    }
    return Verdict.right("two clients said nothing and were greeted, and both connections stay");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    for (const client of clients) client.close();
    closeReturned(listener);
  }
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

/** Checks exercise 4: both ends wait for each other, though nobody is gone and nothing is lost. */
export async function checkStandstill(
  standstill: ((port: number) => Promise<Deno.TcpConn>) | undefined,
): Promise<Verdict> {
  if (standstill === undefined) return Verdict.open("write the function standstill");
  using listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
  const { port } = listener.addr;
  const heard: Heard = {
    text: "",
    answered: 0,
    closed: false,
    isOver: false,
    connection: undefined,
  };
  const serving = answerLines(listener, heard);
  let returned: unknown;
  try {
    const answer: Promise<unknown> = Promise.resolve(standstill(port));
    returned = await inTime(answer);
    if (returned === LATE) {
      answer.then(closeReturned, () => {});
      return Verdict.notYet(
        "your function was to return its connection at once, and waits itself: do not read in it",
      );
    }
    if (typeof returned !== "object" || returned === null || !("remoteAddr" in returned)) {
      return Verdict.notYet(
        `your connection was wanted, so that the check can close it, got ${kindOf(returned)}`,
      );
    }
    const connection = returned as Deno.TcpConn;
    if (connection.remoteAddr.port !== port) {
      return Verdict.notYet(
        `your connection goes to port ${connection.remoteAddr.port}, not ${port}`,
      );
    }
    let before: string | undefined;
    for (let looks = 0; looks < MAX_LOOKS && before !== heard.text; looks++) {
      before = heard.text;
      await new Promise((resolve) => setTimeout(resolve, STILL_MS));
    }
    if (heard.closed) {
      return Verdict.notYet("the server has heard an end: it need not wait for more");
    }
    if (heard.text === "") {
      return Verdict.notYet("the server waits, but you have not said anything: say something");
    }
    if (heard.text !== before) return Verdict.notYet("you are still talking, so nobody waits");
    if (heard.text.endsWith("\n")) {
      return Verdict.notYet("the server has understood and answered: you would only have to read");
    }
    const calm = await connectionsWhen(
      { protocol: "tcp", port, state: "ESTABLISHED" },
      (rows) =>
        rows.length === 2 && rows.every((row) => row.receiveQueue === 0 && row.sendQueue === 0),
      { timeout: ANSWER_MS },
    ).then(() => true, () => false);
    if (!calm) {
      return Verdict.notYet(
        "in the kernel's table something still waits to be read: read it first",
      );
    }
    return Verdict.right(
      `the server has ${
        JSON.stringify(heard.text)
      } and waits for the end of the line, you wait for ` +
        "its answer, and the kernel sees two healthy ends with nothing to carry",
    );
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    closeReturned(returned);
    listener.close();
    heard.isOver = true;
    heard.connection?.close(); // whoever keeps the other end to himself must not keep us waiting
    await serving;
  }
}

/** What a server has to do with its one client. */
interface Heard {
  text: string;
  answered: number;
  closed: boolean;
  isOver: boolean;
  connection: Deno.TcpConn | undefined;
}

/** What comes of waiting for too long. */
const LATE = Symbol("late");

async function inTime<T>(promise: Promise<T>): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => late.resolve(LATE), ANSWER_MS);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

/** Serves one client: answers each line in capitals, and notes what it has heard. */
async function answerLines(listener: Deno.TcpListener, heard: Heard): Promise<void> {
  try {
    const connection = await listener.accept();
    if (heard.isOver) return connection.close();
    heard.connection = connection;
    const bytes = new Uint8Array(1024);
    for (let count; (count = await connection.read(bytes)) !== null;) {
      heard.text += decoder.decode(bytes.subarray(0, count));
      const lines = heard.text.split("\n").slice(heard.answered, -1);
      heard.answered += lines.length;
      for (const line of lines) {
        await connection.write(encoder.encode(`${line.toUpperCase()}\n`));
      }
    }
  } catch {
    // Nobody came, or the client left: the check says what is missing.
  }
  heard.closed = true;
}

function pieces(...texts: string[]): Uint8Array<ArrayBuffer>[] {
  return texts.map((text) => encoder.encode(text));
}

/** Cuts a text's bytes at these places. */
function cutAt(text: string, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const bytes = encoder.encode(text);
  const ends = [...places, bytes.length];
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
