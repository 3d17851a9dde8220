/**
 * Checks the exercises of `08_message_boundaries`.
 *
 * @module
 */
import { instanceOf, text } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { listOf, shown } from "./_values.ts";
import { type Attempt, expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

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

/** Checks the exercise Lines: the lines in what a connection brings, wherever the pieces end. */
export function checkLines(
  linesOf: ((pieces: readonly Uint8Array[]) => readonly string[]) | undefined,
): Promise<Verdict> {
  return judge({ name: "linesOf", answer: linesOf }, async (linesOf, attempt) => {
    const listener = attempt.listen();
    for (const sent of SENT) {
      const received = await passThroughKernel(attempt, listener, sent);
      const whole = decoder.decode(joined(sent));
      const right = whole.split("\n").slice(0, -1);
      const count = received.length;
      const about = `${shown(whole)}, received in ${count} ${count === 1 ? "piece" : "pieces"}`;
      const lines = attempt.callNow(() => linesOf(received), { returns: listOf(text), about });
      expect(
        lines.length === right.length && lines.every((line, index) => line === right[index]),
        `${about}: you found ${shown(lines)}, and the lines are ${shown(right)}`,
        lines.some((line) => line.includes("\uFFFD"))
          ? "A letter was cut in two: a TextDecoder with { stream: true } keeps the first half until " +
            "the second comes"
          : "A piece ends anywhere: a line ends at its \\n only, an empty line is a line, and what " +
            "comes after the last \\n is none yet",
      );
    }
    return `${SENT.length} conversations, cut in the middle of lines and letters, and each line is there`;
  });
}

/** Sends each piece when the one before has been received, and returns what was received. */
async function passThroughKernel(
  attempt: Attempt,
  listener: Socket,
  sent: readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array[]> {
  using sender = Socket.tcp({ timeout: attempt.timeout });
  await sender.connect(listener.localEndpoint());
  using receiver = await listener.accept();
  const received: Uint8Array[] = [];
  for (const piece of sent) {
    await sender.send(piece);
    received.push(await receiver.receive());
  }
  return received;
}

const MESSAGES: readonly string[] = [
  "hello",
  "",
  "two\nlines",
  "grüß dich",
  "🦕",
  "x".repeat(300),
  "y".repeat(70_000),
];

/** Checks the exercise Frame: a message with its length before it, four bytes, the highest first. */
export function checkFrame(frame: ((message: string) => Uint8Array) | undefined): Promise<Verdict> {
  return judge({ name: "frame", answer: frame }, async (frame, attempt) => {
    for (const message of MESSAGES) {
      const short = shown(message.length > 20 ? `${message.slice(0, 20)}…` : message);
      const about = `for ${short}`;
      const bytes = await attempt.call(() => frame(message), {
        returns: instanceOf(Uint8Array, "a Uint8Array"),
        about,
      });
      const body = encoder.encode(message);
      expect(
        bytes.length === 4 + body.length,
        `${short} is ${body.length} bytes long, so its frame has ${4 + body.length}; yours has ` +
          `${bytes.length}`,
        "Four bytes for the length come first, and then the message in UTF-8: a letter may be more " +
          "than one byte",
      );
      const said = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      expect(
        said === body.length,
        `the frame of ${short} says ${said} bytes, and ${body.length} follow`,
        hintForLength(bytes.subarray(0, 4), body.length),
      );
      expect(
        decoder.decode(bytes.subarray(4)) === message,
        `the length of ${short} is right, and something else follows`,
        "After the four bytes comes the message in UTF-8",
      );
    }
    return "four bytes say where each message ends, whatever is in it";
  });
}

/** Explains a wrong length by its four bytes. */
function hintForLength(head: Uint8Array, length: number): string {
  if (/^[\d ]{4}$/.test(decoder.decode(head))) {
    return "These four bytes are digits of a text. setUint32() of a DataView writes a number";
  }
  if (new DataView(head.buffer, head.byteOffset).getUint32(0, true) === length) {
    return "The highest byte has to come first; yours comes last";
  }
  return "The length counts the bytes after it, not the characters, in four bytes, the highest first";
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
