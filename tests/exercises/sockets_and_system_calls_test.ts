import { assertEquals } from "@std/assert";
import { checkHalfClose, checkReset } from "../../lib/exercises/sockets_and_system_calls.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts } from "./_verdicts.ts";

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
