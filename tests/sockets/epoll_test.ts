import { setImmediate } from "node:timers";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Epoll, type Interest, type ReadySockets, Socket, SocketError } from "fourtuple";
import { inheritable } from "../../lib/system/descriptor_passing.ts";
import { close } from "../../lib/system/calls.ts";
import {
  codeOf,
  Conversation,
  countDescriptors,
  datagrams,
  FAMILIES,
  listening,
  runProgram,
  textOf,
  TIMEOUT,
} from "./_sockets.ts";

const EPOLL = new URL("../../lib/sockets/epoll.ts", import.meta.url).href;
const SOCKET = new URL("../../lib/sockets/socket.ts", import.meta.url).href;
const NOTHING: ReadySockets = { readable: [], writable: [] };

/** What can go on now; nothing if nothing can. */
async function now(epoll: Epoll): Promise<ReadySockets> {
  try {
    return await epoll.wait({ timeout: 0 });
  } catch (error) {
    if ((error as Error).name === "TimeoutError") return NOTHING;
    throw error;
  }
}

Deno.test("an epoll tells who can read, again and again until it has been read", async () => {
  for (const [, address] of FAMILIES) {
    using conversation = await Conversation.over(address);
    const { client, accepted } = conversation;
    using epoll = new Epoll();
    epoll.add(accepted);
    assertEquals(await now(epoll), NOTHING);

    await client.send("ahoy");
    for (let look = 0; look < 3; look++) {
      const { readable, writable } = await epoll.wait({ timeout: TIMEOUT });
      assertEquals([readable.length, readable[0] === accepted, writable], [1, true, []]);
    }
    const into = new Uint8Array(3);
    assertEquals(accepted.tryReceiveInto(into), 3);
    assertEquals((await epoll.wait({ timeout: TIMEOUT })).readable.length, 1); // a byte is left
    assertEquals(accepted.tryReceiveInto(into), 1);
    assertEquals(await now(epoll), NOTHING);
  }
});

Deno.test("an epoll tells a listener whose queue is not empty, an end, and a reset", async () => {
  using server = listening();
  using epoll = new Epoll();
  epoll.add(server);
  using client = Socket.tcp({ timeout: TIMEOUT });
  await client.connect(server.localEndpoint());
  assert((await epoll.wait({ timeout: TIMEOUT })).readable[0] === server);
  using accepted = server.tryAccept()!;
  assertEquals(await now(epoll), NOTHING);

  epoll.add(accepted);
  client.shutdown("write");
  assert((await epoll.wait({ timeout: TIMEOUT })).readable[0] === accepted);
  assertEquals(accepted.tryReceiveInto(new Uint8Array(9)), 0);
  epoll.remove(accepted);

  using conversation = await Conversation.over();
  epoll.add(conversation.accepted);
  conversation.client.setOption("linger", 0);
  conversation.client.close();
  const { readable, writable } = await epoll.wait({ timeout: TIMEOUT });
  // An error concerns both sides, asked for or not.
  assertEquals([readable.length, writable.length], [1, 1]);
  const receive = () => conversation.accepted.tryReceiveInto(new Uint8Array(9));
  assertThrows(receive, SocketError, "ECONNRESET");
});

Deno.test("an epoll tells when a full socket has room again", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const piece = new Uint8Array(65_536);
  while (client.trySend(piece) !== undefined);
  using epoll = new Epoll();
  epoll.add(client, "write");
  assertEquals(await now(epoll), NOTHING);

  const waiting = epoll.wait({ timeout: TIMEOUT });
  let isDrained = false;
  const draining = (async () => {
    while (!isDrained) await accepted.receive();
  })();
  const { writable } = await waiting;
  isDrained = true;
  assert(writable[0] === client);
  assert(client.trySend(piece)! > 0);
  await draining;
});

Deno.test("an epoll knows of whom it was told: any steps, against a model", async () => {
  const COUNT = 4;
  const index = fc.nat(COUNT - 1);
  const interest = fc.constantFrom<Interest>("read", "write", "both");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), index }),
    fc.record({ kind: fc.constant("receive" as const), index }),
    fc.record({ kind: fc.constant("add" as const), index, interest }),
    fc.record({ kind: fc.constant("change" as const), index, interest }),
    fc.record({ kind: fc.constant("remove" as const), index }),
    fc.record({ kind: fc.constant("replace" as const), index }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      using sender = datagrams();
      using epoll = new Epoll();
      const sockets = Array.from({ length: COUNT }, () => datagrams());
      const waiting = new Array<number>(COUNT).fill(0);
      const interests = new Array<Interest | undefined>(COUNT).fill(undefined);
      try {
        for (const { kind, index, ...rest } of steps) {
          const socket = sockets[index]!;
          const wanted = "interest" in rest ? rest.interest : undefined;
          const isWatched = interests[index] !== undefined;
          if (kind === "send") {
            await sender.sendTo("x", socket.localEndpoint());
            waiting[index]!++;
          } else if (kind === "receive") {
            const length = socket.tryReceiveInto(new Uint8Array(9));
            assertEquals(length, waiting[index]! > 0 ? 1 : undefined);
            if (length !== undefined) waiting[index]!--;
          } else if (kind === "add") {
            const code = await codeOf(() => epoll.add(socket, wanted));
            assertEquals(code, isWatched ? "EEXIST" : "none");
            interests[index] ??= wanted;
          } else if (kind === "change") {
            const code = await codeOf(() => epoll.change(socket, wanted!));
            assertEquals(code, isWatched ? "none" : "ENOENT");
            if (isWatched) interests[index] = wanted;
          } else if (kind === "remove") {
            const code = await codeOf(() => epoll.remove(socket));
            assertEquals(code, isWatched ? "none" : "ENOENT");
            interests[index] = undefined;
          } else {
            // Closed, and its number is given to the next, which nobody has added.
            const { descriptor } = socket;
            socket.close();
            sockets[index] = datagrams();
            assertEquals(sockets[index]!.descriptor, descriptor);
            interests[index] = undefined;
            waiting[index] = 0;
          }
          const { readable, writable } = await now(epoll);
          const told = (list: readonly Socket[]) => sockets.map((each) => list.includes(each));
          const expected = (what: Interest) =>
            sockets.map((_, each) =>
              (interests[each] === what || interests[each] === "both") &&
              (what === "write" || waiting[each]! > 0)
            );
          assertEquals([told(readable), told(writable)], [expected("read"), expected("write")]);
        }
      } finally {
        for (const socket of sockets) socket.close();
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("one loop serves a thousand clients, and each gets its own words back", async () => {
  const before = countDescriptors();
  {
    const COUNT = 1000;
    using server = listening("127.0.0.1", { backlog: COUNT });
    using epoll = new Epoll();
    epoll.add(server);
    const serving = (async () => {
      const message = new Uint8Array(100);
      let most = 0;
      for (let ended = 0; ended < COUNT;) {
        const { readable } = await epoll.wait({ timeout: TIMEOUT });
        most = Math.max(most, readable.length);
        for (const socket of readable) {
          if (socket === server) {
            for (let next; (next = server.tryAccept()) !== undefined;) epoll.add(next);
            continue;
          }
          const size = socket.tryReceiveInto(message)!;
          if (size > 0) assertEquals(socket.trySend(message, { size }), size);
          else socket.close(), ended++;
        }
      }
      return most;
    })();
    const talk = async (name: number) => {
      using client = Socket.tcp({ timeout: TIMEOUT });
      await client.connect(server.localEndpoint());
      for (let message = 0; message < 3; message++) {
        await client.sendAll(`${name}: ${message}`);
        assertEquals(textOf(await client.receive()), `${name}: ${message}`);
      }
      client.shutdown("write");
      assertEquals((await client.receive()).length, 0);
    };
    await Promise.all(Array.from({ length: COUNT }, (_, name) => talk(name)));
    assert(await serving <= 512);
  }
  assertEquals(countDescriptors(), before);
});

Deno.test("a wait of an epoll ends by a limit, a signal, a socket that is added, its close", async () => {
  using socket = datagrams();
  using epoll = new Epoll();
  epoll.add(socket);
  const error = await assertRejects(() => epoll.wait({ timeout: 30 }), DOMException);
  assertEquals(error.name, "TimeoutError");
  await assertRejects(() => epoll.wait({ timeout: -1 }), RangeError);

  const controller = new AbortController();
  const aborted = assertRejects(() => epoll.wait({ signal: controller.signal }), Error, "enough");
  controller.abort(new Error("enough"));
  await aborted;

  using other = datagrams();
  const waiting = epoll.wait({ timeout: TIMEOUT });
  await new Promise((resolve) => setTimeout(resolve, 20));
  epoll.add(other, "write");
  assert((await waiting).writable[0] === other);

  epoll.remove(other);
  const closed = codeOf(() => epoll.wait());
  await new Promise((resolve) => setTimeout(resolve, 20));
  epoll.close();
  epoll.close();
  assertEquals(await closed, "ECANCELED");
  assertEquals([socket.isClosed, epoll.isClosed, `${epoll}`], [false, true, "closed epoll"]);
});

Deno.test("Epoll refuses what it cannot watch", async () => {
  using socket = datagrams();
  const closed = datagrams();
  closed.close();
  using epoll = new Epoll();
  epoll.add(socket);
  const over = new Epoll();
  over.close();
  const table: readonly (readonly [code: string, call: () => unknown])[] = [
    ["EEXIST", () => epoll.add(socket)],
    ["EBADF", () => epoll.add(closed)],
    ["EBADF", () => over.add(socket)],
    ["EBADF", () => over.wait()],
  ];
  for (const [code, call] of table) assertEquals(await codeOf(call), code);
  assertThrows(() => epoll.add(closed), SocketError, '"closed udp socket": the socket is closed');
  assertThrows(() => over.add(socket), SocketError, "the epoll is closed");
  assertThrows(() => epoll.add(socket, "listen" as never), TypeError, '"listen"');
  assertThrows(() => epoll.add(7 as never), TypeError, "got 7");
  await assertRejects(() => epoll.wait({ timout: 5 } as never), TypeError, '"timout"');
  epoll.remove(socket);
  assertEquals(await codeOf(() => epoll.change(socket, "write")), "ENOENT");
});

Deno.test("an epoll whose sockets are always ready leaves timers their turn", async () => {
  using socket = datagrams();
  using epoll = new Epoll();
  epoll.add(socket, "write");
  let isOver = false;
  setTimeout(() => isOver = true, 20);
  const begun = performance.now();
  let looks = 0;
  while (!isOver && performance.now() - begun < 5000) {
    await epoll.wait();
    looks++;
  }
  assert(isOver, `no timer came in ${looks} looks`);
});

Deno.test("an epoll tells of 512 at once, and of the others first the next time", async () => {
  const sockets = Array.from({ length: 700 }, () => datagrams());
  using epoll = new Epoll();
  for (const socket of sockets) epoll.add(socket, "write");
  const first = (await epoll.wait()).writable;
  const second = (await epoll.wait()).writable;
  assertEquals([first.length, second.length], [512, 512]);
  const leftOut = new Set(sockets).difference(new Set(first));
  assertEquals(new Set(second.slice(0, leftOut.size)), leftOut);
  for (const socket of sockets) socket.close();
});

Deno.test("an epoll counts each socket that it tells of, so that a full one leaves others their turn", async () => {
  const sockets = Array.from({ length: 64 }, () => datagrams());
  using epoll = new Epoll();
  for (const socket of sockets) epoll.add(socket, "write");
  let isOver = false;
  setImmediate(() => isOver = true);
  let looks = 0;
  for (; !isOver && looks < 512; looks++) {
    assertEquals((await epoll.wait()).writable.length, sockets.length);
  }
  assert(looks < 64, `${looks} looks`);
  for (const socket of sockets) socket.close();
});

Deno.test("an epoll is silent of a closed socket that lives on in another descriptor", async () => {
  using sender = datagrams();
  const socket = datagrams();
  using epoll = new Epoll();
  epoll.add(socket);
  await sender.sendTo("x", socket.localEndpoint());
  assertEquals((await epoll.wait({ timeout: TIMEOUT })).readable.length, 1);
  const copy = inheritable(socket.descriptor);
  socket.close();
  assertEquals(await now(epoll), NOTHING);
  close(copy);
});

Deno.test("a program ends although its epoll is open, and while it waits it runs on", async () => {
  const { code, stdout, stderr } = await runProgram({
    code: `
      const { Epoll } = await import("${EPOLL}");
      const { Socket } = await import("${SOCKET}");
      const socket = Socket.udp();
      socket.bind("127.0.0.1:0");
      const epoll = new Epoll();
      epoll.add(socket);
      setTimeout(() => {
        const sender = Socket.udp();
        sender.sendTo("ahoy", socket.localEndpoint());
      }, 50);
      console.log((await epoll.wait()).readable.length);
    `,
  });
  assertEquals([code, stdout, stderr], [0, "1\n", ""]);
});
