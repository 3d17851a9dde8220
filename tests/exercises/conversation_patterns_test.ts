import { assertEquals, assertMatch } from "@std/assert";
import {
  checkFirstWord,
  checkFrame,
  checkLines,
  checkStandstill,
} from "../../lib/exercises/conversation_patterns.ts";

const encoder = new TextEncoder();

type LinesOf = (pieces: readonly Uint8Array[]) => readonly string[];

const linux = { ignore: Deno.build.os !== "linux" };

/** Joins the pieces, then reads text, then cuts at line ends. */
function joinThenCut(pieces: readonly Uint8Array[]): string[] {
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  return new TextDecoder().decode(bytes).split("\n").slice(0, -1);
}

/** Piece by piece, with the rest of each carried over. */
function streaming(pieces: readonly Uint8Array[]): string[] {
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
  "checkLines() is open without an answer and right with lines, however found",
  linux,
  async () => {
    assertEquals((await checkLines(undefined)).state, "open");
    for (const linesOf of [joinThenCut, streaming]) {
      assertMatch(String(await checkLines(linesOf)), /^✓ right: 8 conversations/);
    }
  },
);

Deno.test("checkLines() finds what is wrong with other ways", linux, async () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const wrong: [LinesOf, RegExp][] = [
    [
      (pieces) => pieces.map((piece) => text(piece).trim()),
      /"one\\ntwo\\nthree\\n" was received in 1 piece, and/,
    ],
    [(pieces) => pieces.map(text).join("").split("\n"), /and you found \["one","two",""\]$/],
    [(pieces) => pieces.flatMap((piece) => text(piece).split("\n").slice(0, -1)), /in 4 pieces/],
    [
      (pieces) => pieces.map(text).join("").split("\n").filter((line) => line !== ""),
      /"one\\n\\n\\nfour\\n"/,
    ],
    [
      (pieces) => pieces.map(text).join("").split("\n").slice(0, -1),
      /"grüß dich\\n" .* and you found \["gr�+ dich"/,
    ],
    [() => [], /and you found \[\]$/],
    [() => "one" as unknown as string[], /a list of lines was wanted, got a string$/],
    [(() => Promise.reject(new Error())) as unknown as LinesOf, /returned a promise$/],
    [() => {
      throw new Error("mine");
    }, /came: Error: mine$/],
  ];
  for (const [linesOf, message] of wrong) {
    const verdict = await checkLines(linesOf);
    assertEquals(verdict.state, "not yet");
    assertMatch(verdict.message, message);
  }
});

/** A frame, whose length is that of something. */
function framed(message: string, length: (message: string) => number, littleEndian = false) {
  const body = encoder.encode(message);
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, length(message), littleEndian);
  frame.set(body, 4);
  return frame;
}

const inBytes = (message: string) => encoder.encode(message).length;

Deno.test("checkFrame() is open without an answer and right with a length in bytes", () => {
  assertEquals(checkFrame(undefined).state, "open");
  assertEquals(checkFrame((message) => framed(message, inBytes)).state, "right");
  const byHand = (message: string) => {
    const body = encoder.encode(message);
    const { length } = body;
    return Uint8Array.of(length >> 24, length >> 16, length >> 8, length, ...body);
  };
  assertEquals(checkFrame(byHand).state, "right");
  // A view on a part of something larger is right as well.
  const part = (message: string) => {
    const frame = framed(message, inBytes);
    const larger = new Uint8Array(frame.length + 20);
    larger.set(frame, 7);
    return larger.subarray(7, 7 + frame.length);
  };
  assertEquals(checkFrame(part).state, "right");
});

Deno.test("checkFrame() finds what is wrong with other frames", () => {
  const wrong: [(message: string) => unknown, RegExp][] = [
    [
      (message) => framed(message, (text) => text.length),
      /"grüß dich" says 9 bytes, and 11 follow$/,
    ],
    [(message) => framed(message, inBytes, true), /"hello" says 83886080 bytes, and 5 follow$/],
    [(message) => framed(message, (text) => inBytes(text) + 4), /says 9 bytes, and 5 follow$/],
    [(message) => framed(message, (text) => inBytes(text) & 0xffff), /says 4464 bytes, and 70000/],
    [(message) => encoder.encode(message), /so its frame has 9; yours has 5$/],
    [(message) => `5${message}`, /bytes were wanted, got a string$/],
    [(message) => framed(message.toUpperCase(), inBytes), /"hello" stands something else$/],
    [() => {
      throw new Error("mine");
    }, /for "hello" came: Error: mine$/],
  ];
  for (const [frame, message] of wrong) {
    const verdict = checkFrame(frame as (message: string) => Uint8Array);
    assertEquals(verdict.state, "not yet");
    assertMatch(verdict.message, message);
  }
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

Deno.test(
  "checkFirstWord() is open without an answer and right with a server that greets and stays",
  linux,
  async () => {
    assertEquals((await checkFirstWord(undefined)).state, "open");
    const greet = () =>
      server(async (connection) => {
        await say(connection, "wel");
        await say(connection, "come\n");
        await drain(connection);
        connection.close();
      });
    assertMatch(String(await checkFirstWord(greet)), /^✓ right: two clients said nothing/);
  },
);

Deno.test("checkFirstWord() finds what is wrong with other servers", linux, async () => {
  const open: Deno.TcpConn[] = [];
  const wrong: [() => unknown, RegExp][] = [
    [
      () =>
        server(async (connection) => {
          await connection.read(new Uint8Array(10));
          await say(connection, "welcome\n");
        }),
      /^the first client, which says nothing, hears nothing for \d+ ms$/,
    ],
    [
      () =>
        server(async (connection) => {
          await say(connection, "welcome");
          await drain(connection);
          connection.close();
        }),
      /^the first client heard "welcome", and no line end$/,
    ],
    [
      () =>
        server(async (connection) => {
          await say(connection, "welcome\n");
          connection.close();
        }),
      /the connection does not stay/,
    ],
    [
      () =>
        server(async (connection) => {
          await say(connection, "hello\n");
          await drain(connection);
          connection.close();
        }),
      /heard "hello\\n" first$/,
    ],
    [
      () => {
        const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        listener.accept().then(async (connection) => {
          open.push(connection);
          await say(connection, "welcome\n");
        });
        return listener; // and nobody accepts the second
      },
      /^the second client, while the first is there, which says nothing, hears nothing/,
    ],
    [() => server(drain, "127.0.0.2"), /listens at 127\.0\.0\.2, not/],
    [() => undefined, /returned undefined$/],
    [() => {
      throw new Error("mine");
    }, /what came out: Error: mine$/],
  ];
  for (const [greet, message] of wrong) {
    const verdict = await checkFirstWord(greet as () => Deno.TcpListener);
    assertEquals(verdict.state, "not yet");
    assertMatch(verdict.message, message);
  }
  for (const connection of open) connection.close();
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
  "checkStandstill() is open without an answer and right when both wait",
  linux,
  async () => {
    assertEquals((await checkStandstill(undefined)).state, "open");
    const half = (port: number) => connectAnd(port, (connection) => say(connection, "hello"));
    assertMatch(String(await checkStandstill(half)), /^✓ right: the server has "hello" and waits/);
    const later = (port: number) =>
      connectAnd(port, async (connection) => {
        await say(connection, "hello\n");
        await connection.read(new Uint8Array(100));
        await say(connection, "and");
      });
    assertEquals((await checkStandstill(later)).state, "right");
  },
);

Deno.test("checkStandstill() finds what is no standstill", linux, async () => {
  const wrong: [(port: number) => Promise<unknown>, RegExp][] = [
    [
      (port) =>
        connectAnd(port, async (each) => {
          await say(each, "hello");
          await each.read(new Uint8Array(10));
        }),
      /return its connection at once, and waits itself: do not read in it$/,
    ],
    [(port) => connectAnd(port, (each) => say(each, "hello\n")), /you would only have to read$/],
    [(port) => connectAnd(port, () => Promise.resolve()), /say something$/],
    [
      (port) =>
        connectAnd(port, async (each) => {
          await say(each, "hello");
          await each.closeWrite();
        }),
      /heard an end/,
    ],
    [(port) => connectAnd(port, (each) => say(each, "hello\nand")), /read it first$/],
    [
      (port) =>
        connectAnd(port, (each) => {
          (async () => {
            for (let i = 0; i < 30; i++) {
              await say(each, "x");
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          })().catch(() => {});
          return Promise.resolve();
        }),
      /still talking/,
    ],
    [() => Promise.resolve("done"), /your connection was wanted.* got a string$/],
    [() => Promise.reject(new Error("mine")), /what came out: Error: mine$/],
  ];
  for (const [standstill, message] of wrong) {
    const verdict = await checkStandstill(standstill as (port: number) => Promise<Deno.TcpConn>);
    assertMatch(verdict.message, message);
    assertEquals(verdict.state, "not yet");
  }
  await new Promise((resolve) => setTimeout(resolve, 1200)); // the talker of above finds out
  using elsewhere = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const other = () => connectAnd(elsewhere.addr.port, (each) => say(each, "hello"));
  assertMatch((await checkStandstill(other)).message, /^your connection goes to port/);
});
