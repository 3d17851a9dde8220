import { assertEquals, assertMatch } from "@std/assert";
import {
  checkHalfClose,
  checkQueueOf,
  checkReset,
  checkWhoSpoke,
} from "../../lib/exercises/sockets_and_system_calls.ts";
import { Epoll } from "../../lib/sockets/epoll.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";

async function tellAll(server: Endpoint, text: string): Promise<string> {
  using socket = Socket.tcp({ timeout: 1000 });
  await socket.connect(server);
  await socket.sendAll(text);
  socket.shutdown("write");
  return await receiveAll(socket);
}

async function receiveAll(socket: Socket): Promise<string> {
  let text = "";
  for (let piece; (piece = await socket.receive()).length > 0;) {
    text += new TextDecoder().decode(piece);
  }
  return text;
}

Deno.test("checkHalfClose() is open, or right when the end is said and the answer heard", async () => {
  assertEquals((await checkHalfClose(undefined)).state, "open");
  assertEquals((await checkHalfClose(tellAll)).state, "right");
});

Deno.test("checkHalfClose() finds who does not end, and who closes too much", async () => {
  const never = await checkHalfClose(async (server, text) => {
    using socket = Socket.tcp({ timeout: 100 });
    await socket.connect(server);
    await socket.sendAll(text);
    return new TextDecoder().decode(await socket.receive());
  });
  assertMatch(String(never), /^✗ not yet: what came out: .*ETIMEDOUT|^✗ not yet: what came out:/);
  const closed = await checkHalfClose(async (server, text) => {
    using socket = Socket.tcp({ timeout: 1000 });
    await socket.connect(server);
    await socket.sendAll(text);
    return "";
  });
  assertEquals(closed.message, `the server's answer was another than ""`);
});

Deno.test("checkQueueOf() counts how many fit", async () => {
  assertEquals((await checkQueueOf(undefined)).state, "open");
  const listening = (backlog: number) => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    socket.listen(backlog);
    return socket;
  };
  assertEquals((await checkQueueOf((count) => listening(count - 1))).state, "right");
  assertEquals((await checkQueueOf(listening)).message, "asked for 1, and 2 fit");
});

Deno.test("checkReset() wants ECONNRESET, and no other end", async () => {
  assertEquals((await checkReset(undefined)).state, "open");
  const right = await checkReset((socket) => {
    socket.setOption("linger", 0);
    socket.close();
  });
  assertEquals(right.state, "right");
  const proper = await checkReset((socket) => socket.close());
  assertEquals(proper.message, "the other side heard a proper end");
});

Deno.test("checkHalfClose() finds who hears but the beginning", async () => {
  const once = await checkHalfClose(async (server, text) => {
    using socket = Socket.tcp({ timeout: 1000 });
    await socket.connect(server);
    await socket.sendAll(text);
    socket.shutdown("write");
    return new TextDecoder().decode(await socket.receive());
  });
  assertMatch(
    String(once),
    /^✗ not yet: "\d+" is but the beginning of the answer: receive until its end$/,
  );
});

Deno.test("checkHalfClose() finds a socket that is never closed", async () => {
  using socket = Socket.tcp({ timeout: 1000 });
  const open = await checkHalfClose(async (server, text) => {
    await socket.connect(server);
    await socket.sendAll(text);
    socket.shutdown("write");
    return await receiveAll(socket);
  });
  assertEquals(
    String(open),
    "✗ not yet: the answer is right, but your end is open: close your socket",
  );
});

async function whoSpoke(sockets: readonly Socket[]): Promise<readonly Socket[]> {
  using epoll = new Epoll();
  for (const socket of sockets) epoll.add(socket);
  return (await epoll.wait()).readable;
}

Deno.test("checkWhoSpoke() is open, or right for one wait for all", async () => {
  assertEquals((await checkWhoSpoke(undefined)).state, "open");
  assertEquals(String(await checkWhoSpoke(whoSpoke)).slice(0, 7), "✓ right");
  const again = await checkWhoSpoke(async (sockets) => [...await whoSpoke(sockets)].reverse());
  assertEquals(again.state, "right"); // the order is the kernel's own affair
});

Deno.test("checkWhoSpoke() finds who does not wait, reads, names too few, or leaves its epoll", async () => {
  const impatient = await checkWhoSpoke(async (sockets) => {
    using epoll = new Epoll();
    for (const socket of sockets) epoll.add(socket);
    return await epoll.wait({ timeout: 0 }).then(({ readable }) => readable, () => []);
  });
  assertMatch(impatient.message, /^socket \d+ spoke after a moment, and you named nobody$/);

  const reader = await checkWhoSpoke(async (sockets) => {
    const readable = await whoSpoke(sockets);
    for (const socket of readable) socket.tryReceiveInto(new Uint8Array(100));
    return readable;
  });
  assertMatch(reader.message, /^all three are right, but what they said is gone/);

  const first = await checkWhoSpoke(async (sockets) => (await whoSpoke(sockets)).slice(0, 1));
  assertMatch(first.message, /^sockets \d+, \d+, \d+ spoke, and you named \d+$/);

  const epolls: Epoll[] = [];
  const left = await checkWhoSpoke(async (sockets) => {
    const epoll = new Epoll();
    epolls.push(epoll);
    for (const socket of sockets) epoll.add(socket);
    return (await epoll.wait()).readable;
  });
  assertEquals(left.message, "all three are right, but your epoll is open: close it");
  for (const epoll of epolls) epoll.close();

  const nothing = await checkWhoSpoke((() => undefined) as never);
  assertMatch(nothing.message, /^socket \d+ spoke after a moment, and you named undefined$/);
  const broken = await checkWhoSpoke(() => Promise.reject(new Error("out of order")));
  assertEquals(broken.message, "what came out: Error: out of order");
});
