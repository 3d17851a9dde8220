import { checkFrame, checkLines } from "../../lib/exercises/message_boundaries.ts";
import { assertVerdicts } from "./_verdicts.ts";

const encoder = new TextEncoder();

type Pieces = readonly Uint8Array[];

const linux = { ignore: Deno.build.os !== "linux" };

/** Joins the pieces, then reads text, then cuts at line ends. */
function joinThenCut(pieces: Pieces): string[] {
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  return new TextDecoder().decode(bytes).split("\n").slice(0, -1);
}

/** Piece by piece, with the rest of each carried over. */
function streaming(pieces: Pieces): string[] {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let rest = "";
  for (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  }
  return lines;
}

Deno.test(
  "checkLines() is right with lines, however found, and explains other ways",
  linux,
  async () => {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const say = (answer: unknown) => () => checkLines(answer as (pieces: Pieces) => string[]);
    await assertVerdicts([
      [say(undefined), "open"],
      [say(joinThenCut), "right", "8 conversations"],
      [say(streaming), "right", "8 conversations"],
      [
        say((pieces: Pieces) => pieces.map((piece) => text(piece).trim())),
        "not yet",
        '"one\\ntwo\\nthree\\n", received in 1 piece',
      ],
      [say((pieces: Pieces) => pieces.map(text).join("").split("\n")), "not yet", '"two", "" ]'],
      [
        say((pieces: Pieces) => pieces.flatMap((piece) => text(piece).split("\n").slice(0, -1))),
        "not yet",
        "in 4 pieces",
      ],
      [
        say((pieces: Pieces) =>
          pieces.map(text).join("").split("\n").filter((line) => line !== "")
        ),
        "not yet",
        "an empty line is a line",
      ],
      [
        say((pieces: Pieces) => pieces.map(text).join("").split("\n").slice(0, -1)),
        "not yet",
        "A letter was cut in two",
      ],
      [say(() => []), "not yet", "you found []"],
      [say(() => "one"), "not yet", 'your function returned "one"'],
      [say((pieces: Pieces) => void joinThenCut(pieces)), "not yet", "`return"],
      [say(() => Promise.reject(new Error())), "not yet", "leave out `async`"],
      [
        say(() => {
          throw new Error("mine");
        }),
        "not yet",
        "Error: mine",
      ],
    ]);
  },
);

/** A frame, whose length is that of something. */
function framed(message: string, length: (message: string) => number, littleEndian = false) {
  const body = encoder.encode(message);
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, length(message), littleEndian);
  frame.set(body, 4);
  return frame;
}

const inBytes = (message: string) => encoder.encode(message).length;

Deno.test("checkFrame() is right with a length in bytes, and explains other frames", async () => {
  const byHand = (message: string) => {
    const body = encoder.encode(message);
    const { length } = body;
    return Uint8Array.of(length >> 24, length >> 16, length >> 8, length, ...body);
  };
  // A view on a part of something larger is right as well.
  const part = (message: string) => {
    const frame = framed(message, inBytes);
    const larger = new Uint8Array(frame.length + 20);
    larger.set(frame, 7);
    return larger.subarray(7, 7 + frame.length);
  };
  const say = (answer: unknown) => () => checkFrame(answer as (message: string) => Uint8Array);
  type Text = string;
  await assertVerdicts([
    [say(undefined), "open"],
    [say((message: Text) => framed(message, inBytes)), "right"],
    [say(byHand), "right"],
    [say(part), "right"],
    [
      say((message: Text) => framed(message, (text) => text.length)),
      "not yet",
      '"grüß dich" says 9 bytes, and 11 follow',
    ],
    [say((message: Text) => framed(message, inBytes, true)), "not yet", "83886080 bytes, and 5"],
    [say((message: Text) => framed(message, inBytes, true)), "not yet", "yours comes last"],
    [
      say((message: Text) => encoder.encode(String(message.length).padStart(4, "0") + message)),
      "not yet",
      "These four bytes are digits of a text",
    ],
    [
      say((message: Text) => framed(message, (text) => inBytes(text) + 4)),
      "not yet",
      "says 9 bytes",
    ],
    [
      say((message: Text) => framed(message, (text) => inBytes(text) & 0xffff)),
      "not yet",
      "says 4464 bytes, and 70000",
    ],
    [say((message: Text) => encoder.encode(message)), "not yet", "its frame has 9; yours has 5"],
    [say((message: Text) => `5${message}`), "not yet", "and should return a Uint8Array"],
    [say((message: Text) => framed(message.toUpperCase(), inBytes)), "not yet", "something else"],
    [say((message: Text) => void framed(message, inBytes)), "not yet", "`return"],
    [
      say(() => {
        throw new Error("mine");
      }),
      "not yet",
      'for "hello": your function threw Error: mine',
    ],
  ]);
});
