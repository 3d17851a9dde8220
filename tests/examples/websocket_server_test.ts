import { assert, assertEquals, assertMatch } from "@std/assert";
import { once } from "node:events";
import { ask, Client, portOf, sideBySide, start, WEBSOCKET_REQUEST } from "./_example.ts";

const test = sideBySide("websocket_server.ts");

/** Opens Deno's own WebSocket, and lists what happens. */
async function visit(url: string, say?: (socket: WebSocket) => void): Promise<string[]> {
  const socket = new WebSocket(url);
  const happened: string[] = [];
  socket.onopen = () => say?.(socket);
  socket.onmessage = ({ data }) => happened.push(String(data));
  const [event] = await once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  const { code, wasClean } = event as CloseEvent;
  return [...happened, `closed ${code} ${wasClean}`];
}

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`speaks first, goes on, and says goodbye at ${hostname}`, async () => {
    await using server = start("websocket_server.ts", 0, hostname, 10, 3);
    const host = hostname === "::1" ? "[::1]" : hostname;
    const happened = await visit(`ws://${host}:${await portOf(server)}/`);
    assertEquals(happened[0]?.replace(/\d+$/, ""), `Welcome, ${host}:`);
    const news = ["News 1 of 3", "News 2 of 3", "News 3 of 3", "closed 1000 true"];
    assertEquals(happened.slice(1), news);
    await server.line(/^Closed /);
  });
}

test("answers in between, long messages and short ones", async () => {
  await using server = start("websocket_server.ts", 0, "127.0.0.1", 60_000);
  const url = `ws://127.0.0.1:${await portOf(server)}/`;
  const words = ["", "grüß\x1b", "x".repeat(125), "y".repeat(126), "z".repeat(1024)];
  const happened = await visit(url, (socket) => {
    for (const word of words) socket.send(word);
    socket.addEventListener("message", ({ data }) => data.length > 1024 && socket.close(3456));
  });
  assertEquals(happened.slice(1), [...words.map((word) => `You said ${word}`), "closed 3456 true"]);
});

test("refuses messages that are too long or bytes", async () => {
  await using server = start("websocket_server.ts", 0);
  const url = `ws://127.0.0.1:${await portOf(server)}/`;
  for (
    const [message, code] of [
      ["x".repeat(1025), 1009],
      ["x".repeat(70_000), 1009],
      [Uint8Array.of(1, 2, 3), 1003],
    ] as const
  ) {
    const happened = await visit(url, (socket) => socket.send(message));
    assertEquals(happened.slice(1), [`closed ${code} true`]);
  }
});

test("answers the key of RFC 6455's example with its answer", async () => {
  await using server = start("websocket_server.ts", 0);
  const answer = await ask(await portOf(server), WEBSOCKET_REQUEST);
  assertMatch(answer, /^HTTP\/1\.1 101 /);
  assertMatch(answer, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
});

test("refuses a request that asks for something else", async () => {
  await using server = start("websocket_server.ts", 0);
  const port = await portOf(server);
  for (const part of ["GET", "HTTP/1.1", "Host", "Upgrade: ", "Key", "==", "13"]) {
    assertMatch(await ask(port, WEBSOCKET_REQUEST.replace(part, "X")), /^HTTP\/1\.1 426 /, part);
  }
});

/** What the server sends after its welcome, to a client that sends these bytes: in hexadecimal. */
async function framesFor(port: number, bytes: Uint8Array): Promise<string> {
  using client = await Client.connect(port);
  await client.send(WEBSOCKET_REQUEST);
  const head = await client.read(129);
  assert(head.endsWith("\r\n\r\n"), head);
  await client.send(bytes);
  const heard: number[] = [];
  const buffer = new Uint8Array(4096);
  for (let count; (count = await client.connection.read(buffer)) !== null;) {
    heard.push(...buffer.subarray(0, count));
  }
  return Uint8Array.from(heard.slice(2 + heard[1]!)).toHex();
}

const MASK = [1, 2, 3, 4];
const MASKED = 0x80;
const GOODBYE = frame(0x88, []);

/** A frame of a client. */
function frame(first: number, payload: readonly number[]): number[] {
  const { length } = payload;
  const size = length < 126 ? [MASKED | length] : [MASKED | 126, length >> 8, length & 0xff];
  return [first, ...size, ...MASK, ...payload.map((byte, index) => byte ^ MASK[index % 4]!)];
}

function bytesOf(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

test("says goodbye to frames that break the rules, and which rule it is", async () => {
  await using server = start("websocket_server.ts", 0, "127.0.0.1", 60_000);
  const port = await portOf(server);
  const [TEXT, FIRST, MORE, LAST, BYTES, PING] = [0x81, 0x01, 0x00, 0x80, 0x82, 0x89];
  const CLOSE = 0x88;
  const bad: [bytes: number[], code: number][] = [
    [[TEXT, 0x01, 0x61], 1002], // not masked
    [frame(0xc1, [0x61]), 1002], // an extension that nobody agreed to
    [frame(0x83, [0x61]), 1002], // opcodes that are none
    [frame(0x8b, [0x61]), 1002],
    [frame(PING, Array(126).fill(0)), 1002], // a long ping
    [frame(0x09, []), 1002], // a ping in several frames
    [[TEXT, MASKED | 126, 0, 1, ...MASK, 0x60], 1002], // a length in more bytes than it needs
    [frame(LAST, [0x61]), 1002], // the end of a message that has not begun
    [[...frame(FIRST, [0x61]), ...frame(TEXT, [0x61])], 1002], // a message in a message
    [[TEXT, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, ...MASK], 1009], // a length in eight bytes
    [frame(TEXT, Array(1025).fill(0x61)), 1009],
    [[...frame(FIRST, Array(600).fill(0x61)), ...frame(LAST, Array(600).fill(0x61))], 1009],
    [frame(BYTES, [0x61]), 1003],
    [frame(TEXT, [0xff]), 1007], // no UTF-8
    [[...frame(FIRST, [0xc3]), ...frame(LAST, [0x61])], 1007],
    [frame(CLOSE, [3]), 1002], // half a code
    [frame(CLOSE, [0x03, 0xe7]), 1002], // 999
    [frame(CLOSE, [0x03, 0xed]), 1002], // 1005, which nobody may send
    [frame(CLOSE, [0x03, 0xe8, 0xff]), 1007], // a reason that is no UTF-8
  ];
  for (const [bytes, code] of bad) {
    const heard = await framesFor(port, Uint8Array.from(bytes));
    assertEquals(heard, `8802${code.toString(16).padStart(4, "0")}`, `${bytes}`);
  }
  const said = (text: string) => Uint8Array.from([TEXT, text.length, ...bytesOf(text)]).toHex();
  const good: [bytes: number[], answers: string][] = [
    [[...frame(PING, bytesOf("hi")), ...GOODBYE], "8a0268698800"],
    [[...frame(0x8a, bytesOf("hi")), ...GOODBYE], "8800"],
    [
      [...frame(FIRST, bytesOf("a")), ...frame(LAST, bytesOf("b")), ...GOODBYE],
      `${said("You said ab")}8800`,
    ],
    [
      [
        ...frame(FIRST, [0xc3]),
        ...frame(PING, []),
        ...frame(MORE, [0xa4]),
        ...frame(MORE, []),
        ...frame(LAST, bytesOf("b")),
        ...frame(TEXT, bytesOf("c")),
        ...frame(CLOSE, [0x0d, 0x80, ...bytesOf("bye")]),
      ],
      `8a00${Uint8Array.from([TEXT, 12, ...bytesOf("You said äb")]).toHex()}${
        said("You said c")
      }88020d80`,
    ],
  ];
  for (const [bytes, answers] of good) {
    assertEquals(await framesFor(port, Uint8Array.from(bytes)), answers, `${bytes}`);
  }
});
