import { assertEquals } from "@std/assert";
import type { Connections, Endpoint } from "fourtuple";
import {
  checkClosedFirst,
  checkHalfClose,
  checkNeverClose,
  checkReset,
} from "../../lib/exercises/endings.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts } from "./_verdicts.ts";

function closedFirst(rows: Connections, server: Endpoint): "client" | "server" | undefined {
  const row = rows.find(({ state }) => state === "TIME_WAIT");
  if (row === undefined) return undefined;
  return row.local.equals(server) ? "server" : "client";
}

Deno.test("checkClosedFirst() wants each TIME_WAIT given to its owner", async () => {
  type Answer = typeof closedFirst;
  const say = (answer: unknown) => () => checkClosedFirst(answer as Answer);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(closedFirst), "right"],
    [
      say(
        ((rows, server) => {
          const answer = closedFirst(rows, server);
          return answer && (answer === "client" ? "server" : "client");
        }) as Answer,
      ),
      "not yet",
      /the (client|server) closed first, and your function returned "(server|client)":\n/,
    ],
    [
      say(((rows, server) => closedFirst(rows, server) ?? "client") as Answer),
      "not yet",
      /a reset ended it, and no row is left, and your function returned "client"/,
    ],
    [say(((rows) => rows[0]!.state ? "client" : "server") as Answer), "not yet"],
    [
      say(((rows, server) => closedFirst(rows, server) ?? `${rows[0]!.local}`) as Answer),
      "not yet",
      "look first whether `rows` has one",
    ],
    [say(() => {}), "not yet", "your function returned nothing (undefined)"],
  ]);
});

/** Lets clients send their end, and never answers with its own. */
async function leak(count: number, end = (client: Socket) => client.close()): Promise<Socket[]> {
  using server = Socket.tcp({ timeout: 1000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const kept: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const client = Socket.tcp({ timeout: 1000 });
    await client.connect(server.localEndpoint());
    kept.push(await server.accept());
    end(client);
  }
  return kept;
}

Deno.test("checkNeverClose() wants five connections in CLOSE_WAIT, and all sockets returned", async () => {
  const half: Socket[] = [];
  const left: Socket[] = [];
  const say = (answer: unknown) => () => checkNeverClose(answer as typeof leak);
  await assertVerdicts([
    [say(undefined), "open"],
    [say((count: number) => leak(count)), "right"],
    // Both ends may be returned.
    [
      say(async (count: number) => {
        const kept = await leak(count, (client) => {
          half.push(client);
          client.shutdown("write");
        });
        return [...kept, ...half];
      }),
      "right",
    ],
    [say(() => Promise.resolve()), "not yet", "returned nothing (undefined)"],
    [say((count: number) => Array.from({ length: count }, () => leak(1))), "not yet", "`await`"],
    [
      say((count: number) => leak(count, (client) => left.push(client))),
      "not yet",
      "of your sockets 0 are in CLOSE_WAIT, and 5 should be",
    ],
    [say((count: number) => leak(count - 1)), "not yet", "of your sockets 4 are in CLOSE_WAIT"],
    [
      say((count: number) =>
        leak(count, (client) => {
          client.setOption("linger", 0);
          client.close();
        })
      ),
      "not yet",
      "of your sockets 0 are in CLOSE_WAIT",
    ],
    [
      say((count: number) => {
        const server = Socket.tcp();
        left.push(server);
        server.bind("127.0.0.1:0");
        server.listen();
        return leak(count);
      }),
      "not yet",
      "all of them are in CLOSE_WAIT, but a socket of yours stayed open",
    ],
  ]);
  assertEquals(left.every(({ isClosed }) => isClosed), true);
  const socket = Socket.tcp();
  await assertVerdicts([
    [say(() => Promise.resolve([{ close: () => {} }, null, socket])), "not yet", "element 1"],
  ]);
  assertEquals(socket.isClosed, true);
});

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
