import { assertEquals, assertMatch } from "@std/assert";
import {
  checkHalfClose,
  checkQueueOf,
  checkReset,
} from "../../lib/exercises/sockets_and_system_calls.ts";
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
