import {
  checkFirstWord,
  checkFrame,
  checkLines,
  checkStandstill,
} from "../../lib/exercises/conversation_patterns.ts";
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

/** A server that does something with each client, all at once. */
function server(
  attend: (connection: Deno.TcpConn) => Promise<unknown>,
  hostname = "127.0.0.1",
): Deno.TcpListener {
  const listener = Deno.listen({ hostname, port: 0 });
  (async () => {
    for await (const connection of listener) attend(connection).catch(() => {});
  })();
  return listener;
}

async function drain(connection: Deno.TcpConn): Promise<void> {
  await connection.readable.pipeTo(new WritableStream()).catch(() => {});
}

const say = (connection: Deno.TcpConn, text: string) => connection.write(encoder.encode(text));

Deno.test("checkFirstWord() wants a server that greets and stays", linux, async () => {
  const greeting = (attend: (connection: Deno.TcpConn) => Promise<unknown>) => () =>
    checkFirstWord(() => server(attend));
  const other = (greet: unknown) => () => checkFirstWord(greet as () => Deno.TcpListener);
  await assertVerdicts([
    [other(undefined), "open"],
    [
      greeting(async (connection) => {
        await say(connection, "wel");
        await say(connection, "come\n");
        await drain(connection);
      }),
      "right",
      "two clients said nothing",
    ],
    [
      greeting(async (connection) => {
        await connection.read(new Uint8Array(10));
        await say(connection, "welcome\n");
      }),
      "not yet",
      /the first client says nothing, and hears nothing for \d+ ms/,
    ],
    [
      greeting(async (connection) => {
        await say(connection, "welcome");
        await drain(connection);
      }),
      "not yet",
      'the first client received "welcome", and no line end',
    ],
    [
      greeting(async (connection) => {
        await say(connection, "welcome\n");
        connection.close();
      }),
      "not yet",
      "the connection does not stay",
    ],
    [
      greeting(async (connection) => {
        await say(connection, "hello\n");
        await drain(connection);
      }),
      "not yet",
      'received "hello\\n" first',
    ],
    [
      other(() => {
        const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        listener.accept().then((connection) => say(connection, "welcome\n"));
        return listener; // and the second is never accepted
      }),
      "not yet",
      "the second client, while the first is there says nothing, and hears nothing",
    ],
    [other(() => server(drain, "127.0.0.2")), "not yet", "it listens at 127.0.0.2"],
    [other(() => undefined), "not yet", "returned nothing (undefined)"],
    [
      other(() => {
        throw new Error("mine");
      }),
      "not yet",
      "Error: mine",
    ],
  ], { timeout: 400 });
});

async function connectAnd(
  port: number,
  act: (connection: Deno.TcpConn) => Promise<unknown>,
): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await act(connection);
  return connection;
}

Deno.test(
  "checkStandstill() is right when both wait, and explains what is no standstill",
  linux,
  async () => {
    using elsewhere = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const standing = (act: (connection: Deno.TcpConn) => Promise<unknown>) => () =>
      checkStandstill((port) => connectAnd(port, act));
    const other = (answer: unknown) => () => checkStandstill(answer as () => Promise<Deno.TcpConn>);
    await assertVerdicts([
      [other(undefined), "open"],
      [standing((each) => say(each, "hello")), "right", 'the server has "hello" and waits'],
      [
        standing(async (each) => {
          await say(each, "hello\n");
          await each.read(new Uint8Array(100));
          await say(each, "and");
        }),
        "right",
      ],
      [
        standing(async (each) => {
          await say(each, "hello");
          await each.read(new Uint8Array(10));
        }),
        "not yet",
        "do not read in it",
      ],
      [standing((each) => say(each, "hello\n")), "not yet", "You would only have to read"],
      [standing(() => Promise.resolve()), "not yet", "Say something"],
      [
        standing(async (each) => {
          await say(each, "hello");
          await each.closeWrite();
        }),
        "not yet",
        "received an end",
      ],
      [standing((each) => say(each, "hello\nand")), "not yet", "Read what has come already"],
      [
        standing((each) => {
          (async () => {
            while (true) {
              await say(each, "x");
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          })().catch(() => {});
          return Promise.resolve();
        }),
        "not yet",
        "still talking",
      ],
      [
        other(() => connectAnd(elsewhere.addr.port, (each) => say(each, "hello"))),
        "not yet",
        "your connection goes to port",
      ],
      [other(() => Promise.resolve("done")), "not yet", "a connection that Deno.connect made"],
      [
        other(async (port: number) => void await connectAnd(port, (each) => say(each, "hello"))),
        "not yet",
        "`return",
      ],
      [other(() => Promise.reject(new Error("mine"))), "not yet", "Error: mine"],
    ], { timeout: 600 });
  },
);
