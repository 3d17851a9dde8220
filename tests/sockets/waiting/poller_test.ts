import { assert, assertEquals, assertRejects } from "@std/assert";
import { Socket, SocketError } from "fourtuple";
import {
  Conversation,
  datagrams,
  listening,
  runProgram,
  sendAtOnce,
  textOf,
  TIMEOUT,
} from "../_sockets.ts";

const SOCKET = new URL("../../../lib/sockets/socket.ts", import.meta.url).href;

Deno.test("a wait leaves the event loop free", async () => {
  using server = listening();
  const waiting = assertRejects(() => server.accept({ timeout: 200 }), DOMException);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  await waiting;
  clearInterval(ticking);
  assert(ticks > 10, `${ticks} ticks`);
});

Deno.test("two hundred waits leave the threads of file reads free", async () => {
  const sockets = Array.from({ length: 200 }, () => datagrams());
  const waits = sockets.map((socket) => assertRejects(() => socket.receive(), SocketError));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const reads = Array.from({ length: 50 }, () => Deno.readTextFile("/proc/self/status"));
  for (const text of await Promise.all(reads)) assert(text.startsWith("Name:"));
  const { threads } = /Threads:\s+(?<threads>\d+)/.exec(
    Deno.readTextFileSync("/proc/self/status"),
  )!.groups!;
  assert(Number(threads) < 60, `${threads} threads`);
  for (const socket of sockets) socket.close();
  await Promise.all(waits);
});

Deno.test("calls that never wait leave timers their turn", async () => {
  using socket = datagrams();
  const own = socket.localEndpoint();
  let isOver = false;
  setTimeout(() => isOver = true, 20);
  let calls = 0;
  const begun = performance.now();
  while (!isOver && performance.now() - begun < 5000) {
    await socket.sendTo("to myself", own);
    await socket.receive();
    calls += 2;
  }
  assert(isOver, `no timer came in ${calls} calls`);
});

Deno.test("calls that fail at once leave timers their turn, too", async () => {
  using socket = Socket.tcp();
  let isOver = false;
  setTimeout(() => isOver = true, 20);
  const begun = performance.now();
  while (!isOver && performance.now() - begun < 5000) {
    await socket.accept().catch((error: SocketError) => assertEquals(error.code, "EINVAL"));
  }
  assert(isOver);
});

Deno.test("waits of one socket are served in the order in which they came", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const order: string[] = [];
  const waits = ["first", "second", "third"].map((name) =>
    accepted.receive({ size: 2 }).then((bytes) => order.push(`${name} ${textOf(bytes)}`))
  );
  await client.send("aabbcc");
  await Promise.all(waits);
  assertEquals(order, ["first aa", "second bb", "third cc"]);
});

Deno.test("a call does not overtake one that waits, although something is there by now", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const first = accepted.receive({ size: 2 });
  sendAtOnce(client, "aabb");
  const second = accepted.receive({ size: 2 });
  assertEquals([textOf(await first), textOf(await second)], ["aa", "bb"]);
});

Deno.test("a socket can wait on both of its sides", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const data = new Uint8Array(30_000_000);
  const receiving = client.receive();
  const sending = client.sendAll(data);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await accepted.send("stop");
  assertEquals(textOf(await receiving), "stop");
  for (let received = 0; received < data.length;) received += (await accepted.receive()).length;
  await sending;
});

Deno.test("nothing is overlooked: the end, a reset, a shutdown after a message", async () => {
  for (const ending of ["end", "reset", "shutdown"] as const) {
    for (const delay of [0, 20]) {
      using conversation = await Conversation.over();
      const { client, accepted } = conversation;
      const into = new Uint8Array(100);
      // The second of these waits, and registers the socket; the third is what is at stake: after
      // a short message, the next receive does not ask the kernel again before it was told.
      await client.send("one");
      assertEquals(await accepted.receiveInto(into), 3);
      const second = accepted.receiveInto(into);
      await client.send("two");
      if (delay === 0 && ending === "end") client.shutdown("write");
      assertEquals(await second, 3);
      const third = accepted.receiveInto(into, { timeout: 5000 })
        .catch((error: SocketError) => error.code);
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      if (ending === "reset") client.setOption("linger", 0);
      if (ending === "shutdown") accepted.shutdown("read");
      else client.close();
      assertEquals(await third, ending === "reset" ? "ECONNRESET" : 0, `${ending} ${delay}`);
    }
  }
});

Deno.test("nothing is overlooked: what follows urgent data, at which a receive stops", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const into = new Uint8Array(100);
  const first = accepted.receiveInto(into);
  await client.send("one");
  assertEquals(await first, 3);
  const second = accepted.receiveInto(into);
  const MSG_OOB = 1; // send(2)
  sendAtOnce(client, "two!", MSG_OOB);
  await client.send("three");
  assertEquals(await second, 3);
  let rest = "";
  while (rest.length < 5) rest += textOf(into.subarray(0, await accepted.receiveInto(into)));
  assertEquals(rest, "three");
});

Deno.test("10,000 messages go to and fro and none is lost", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const into = new Uint8Array(64);
  const serving = (async () => {
    for (let length; (length = await accepted.receiveInto(into)) > 0;) {
      await accepted.sendAll(into.slice(0, length));
    }
  })();
  for (let index = 0; index < 10_000; index++) {
    await client.send(`${index}`);
    assertEquals(textOf(await client.receive()), `${index}`);
  }
  client.shutdown("write");
  await serving;
});

Deno.test("a program ends when nothing waits any more", async () => {
  const { code, stdout, stderr } = await runProgram({
    code: `
      const { Socket } = await import("${SOCKET}");
      const server = Socket.tcp();
      server.bind("127.0.0.1:0");
      server.listen();
      const client = Socket.tcp();
      await client.connect(server.localEndpoint());
      const accepted = await server.accept();
      const waits = [accepted.receive(), server.accept(), server.accept({ timeout: 50 })];
      setTimeout(() => { accepted.close(); server.close(); }, 100);
      for (const { reason } of await Promise.allSettled(waits)) console.log(reason.name);
    `,
  });
  assertEquals(
    [code, stdout, stderr],
    [0, "SocketError\nSocketError\nTimeoutError\n", ""],
  );
});

Deno.test("a program ends although a socket that nobody waits for is open and registered", async () => {
  const { code, stdout } = await runProgram({
    code: `
      const { Socket } = await import("${SOCKET}");
      const socket = Socket.udp();
      socket.bind("127.0.0.1:0");
      await socket.receive({ timeout: 20 }).catch((error) => console.log(error.name));
    `,
  });
  assertEquals([code, stdout], [0, "TimeoutError\n"]);
});

Deno.test("a program that dies of an error while a call waits is gone", async () => {
  const { code, stderr } = await runProgram({
    code: `
      const { Socket } = await import("${SOCKET}");
      const socket = Socket.udp();
      socket.bind("127.0.0.1:0");
      const waiting = socket.receive();
      setTimeout(() => { throw new Error("out of order"); }, 50);
      await waiting;
    `,
  });
  assertEquals(code, 1);
  assert(stderr.includes("out of order"), stderr);
});

Deno.test("a wait keeps its program running", async () => {
  await using child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `
      const { Socket } = await import("${SOCKET}");
      const socket = Socket.udp();
      socket.bind("127.0.0.1:0");
      console.log(socket.localEndpoint().port);
      await socket.receive();
      console.log("received");
    `,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(textOf(value!));
  await new Promise((resolve) => setTimeout(resolve, 200));
  using sender = Socket.udp({ timeout: TIMEOUT });
  await sender.sendTo("go", `127.0.0.1:${port}`);
  assertEquals(textOf((await reader.read()).value!), "received\n");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
});
