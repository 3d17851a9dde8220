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
  for (const message of ["x".repeat(1025), "x".repeat(70_000), Uint8Array.of(1, 2, 3)]) {
    const happened = await visit(url, (socket) => socket.send(message));
    assertEquals(happened.slice(1), ["closed 1003 true"]);
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

/** The server's frames as what they carry, in hexadecimal, for a client that sends these bytes. */
async function framesFor(port: number, bytes: Uint8Array): Promise<string> {
  using client = await Client.connect(port);
  await client.send(WEBSOCKET_REQUEST);
  const head = await client.read(129);
  assert(head.endsWith("\r\n\r\n"), head);
  await client.send(bytes);
  const frames = await client.read();
  return frames.slice(frames.indexOf("Welcome")).replace(/^Welcome, [\d.:]+/, "");
}

test("says goodbye to frames that break the rules", async () => {
  await using server = start("websocket_server.ts", 0);
  const port = await portOf(server);
  // Opcode 8, two bytes: 1003. A byte that is no UTF-8 is read as U+FFFD.
  const goodbye = "\ufffd\x02\x03\ufffd";
  const mask = [1, 2, 3, 4];
  const bad: number[][] = [
    [0x81, 0x01, 0x61], // not masked
    [0x01, 0x81, ...mask, 0x60], // the first part of several
    [0xc1, 0x81, ...mask, 0x60], // an extension that nobody agreed to
    [0x83, 0x81, ...mask, 0x60], // an opcode that is none
    [0x89, 0xfe, 0x00, 0x7e, ...mask], // a long ping
    [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, ...mask], // a length in eight bytes
  ];
  for (const bytes of bad) {
    const heard = await framesFor(port, Uint8Array.from(bytes));
    assertEquals(heard, goodbye, String(bytes));
  }
  // A ping is answered by a pong with the same bytes, and a goodbye by a goodbye.
  const ping = [0x89, 0x82, ...mask, 0x68 ^ 1, 0x69 ^ 2, 0x88, 0x80, ...mask];
  assertEquals(await framesFor(port, Uint8Array.from(ping)), "\ufffd\x02hi\ufffd\x00");
});
