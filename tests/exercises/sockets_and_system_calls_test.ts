import { assertEquals } from "@std/assert";
import {
  checkHalfClose,
  checkQueueOf,
  checkReset,
  checkWhoSpoke,
} from "../../lib/exercises/sockets_and_system_calls.ts";
import { Epoll } from "../../lib/sockets/epoll.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

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

/** Connects and sends the text, then does something else than the exercise asks for. */
function telling(end: (socket: Socket) => unknown, timeout = 1000) {
  return async (server: Endpoint, text: string) => {
    using socket = Socket.tcp({ timeout });
    await socket.connect(server);
    await socket.sendAll(text);
    return await end(socket) as string;
  };
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("checkHalfClose() wants the end sent, and the whole answer received", async () => {
  const open: Socket[] = [];
  await assertVerdicts([
    [() => checkHalfClose(undefined), "open"],
    [() => checkHalfClose(tellAll), "right"],
    [
      () => checkHalfClose(telling(async (socket) => decode(await socket.receive()), 100)),
      "not yet",
      'shutdown("write") sends it',
    ],
    [() => checkHalfClose(telling(() => "")), "not yet", "close() ends both directions"],
    [
      () =>
        checkHalfClose(telling(async (socket) => {
          socket.shutdown("write");
          return decode(await socket.receive());
        })),
      "not yet",
      /"\d+" is only the beginning of the answer/,
    ],
    [
      () =>
        checkHalfClose(async (server, text) => {
          const socket = Socket.tcp({ timeout: 1000 });
          open.push(socket);
          await socket.connect(server);
          await socket.sendAll(text);
          socket.shutdown("write");
          return await receiveAll(socket);
        }),
      "not yet",
      "your socket is still open",
    ],
    [
      () => checkHalfClose(async (server, text) => void await tellAll(server, text) as never),
      "not yet",
      "`return",
    ],
  ]);
  assertEquals(open.map(({ isClosed }) => isClosed), [true]);
  await assertVerdicts([
    [
      () => checkHalfClose(() => Promise.resolve("")),
      "not yet",
      "did not receive your whole text",
    ],
    [
      () => checkHalfClose(telling((socket) => socket.receive())),
      "not yet",
      'shutdown("write") sends it',
    ],
  ], { timeout: 300 });
});

Deno.test("checkQueueOf() counts the clients that fit, and explains what is no listening socket", async () => {
  const listening = (backlog: number) => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    socket.listen(backlog);
    return socket;
  };
  const say = (answer: unknown) => () => checkQueueOf(answer as (count: number) => Socket);
  await assertVerdicts([
    [say(undefined), "open"],
    [say((count: number) => listening(count - 1)), "right"],
    [say(async (count: number) => await listening(count - 1)), "right"],
    [say(listening), "not yet", "for 1: 2 clients fitted into the queue"],
    [say(() => {}), "not yet", "for 1: your function returned nothing (undefined)"],
    [
      say((count: number) => count),
      "not yet",
      "your function returned 1, and should return an open",
    ],
    [say(() => Socket.tcp()), "not yet", "no client could connect"],
    [say(() => Socket.udp()), "not yet", "returned a UDP socket"],
    [say((count: number) => [listening(count)]), "not yet", "and should return an open TCP socket"],
    [
      say((count: number) => {
        using socket = listening(count);
        return socket;
      }),
      "not yet",
      "returned a closed TCP socket",
    ],
    [say(() => Deno.listen({ hostname: "127.0.0.1", port: 0 })), "not yet", "Socket.tcp()"],
  ]);
});

async function whoSpoke(sockets: readonly Socket[]): Promise<readonly Socket[]> {
  using epoll = new Epoll();
  for (const socket of sockets) epoll.add(socket);
  return (await epoll.wait()).readable;
}

Deno.test("checkWhoSpoke() wants one wait for all, and all that can be read", async () => {
  const epolls: Epoll[] = [];
  await assertVerdictsInTurn([
    [() => checkWhoSpoke(undefined), "open"],
    [() => checkWhoSpoke(whoSpoke), "right"],
    // The order is the kernel's own affair.
    [() => checkWhoSpoke(async (sockets) => [...await whoSpoke(sockets)].reverse()), "right"],
    [
      () =>
        checkWhoSpoke(async (sockets) => {
          using epoll = new Epoll();
          for (const socket of sockets) epoll.add(socket);
          return await epoll.wait({ timeout: 0 }).then(({ readable }) => readable, () => []);
        }),
      "not yet",
      /socket \d+ got something to read after a moment, and you named none/,
    ],
    [
      () =>
        checkWhoSpoke(async (sockets) => {
          const readable = await whoSpoke(sockets);
          for (const socket of readable) socket.tryReceiveInto(new Uint8Array(100));
          return readable;
        }),
      "not yet",
      "all three are right, but what was sent to them is gone",
    ],
    [
      () => checkWhoSpoke(async (sockets) => (await whoSpoke(sockets)).slice(0, 1)),
      "not yet",
      /sockets \d+, \d+, \d+ have something to read, and you named \d+/,
    ],
    [
      () =>
        checkWhoSpoke(async (sockets) => {
          const epoll = new Epoll();
          epolls.push(epoll);
          for (const socket of sockets) epoll.add(socket);
          return (await epoll.wait()).readable;
        }),
      "not yet",
      "your epoll is open",
    ],
    [() => checkWhoSpoke((() => undefined) as never), "not yet", "returned nothing (undefined)"],
    [() => checkWhoSpoke(() => Promise.reject(new Error("mine"))), "not yet", "Error: mine"],
  ]);
  for (const epoll of epolls) epoll.close();
});

Deno.test("checkReset() wants ECONNRESET, and no other end", async () => {
  await assertVerdicts([
    [() => checkReset(undefined), "open"],
    [
      () =>
        checkReset((socket) => {
          socket.setOption("linger", 0);
          socket.close();
        }),
      "right",
    ],
    [() => checkReset((socket) => socket.close()), "not yet", "the other end got a proper end"],
    [() => checkReset((socket) => socket.send("x")), "not yet", "the other end got data"],
    [() => checkReset(() => {}), "not yet", "The connection is still open"],
  ], { timeout: 300 });
});
