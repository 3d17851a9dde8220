import { checkServeAll, checkWhoSpoke } from "../../lib/exercises/ten_thousand_clients.ts";
import { Epoll } from "../../lib/sockets/epoll.ts";
import type { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

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

async function serveAll(server: Socket, clients: number): Promise<void> {
  using epoll = new Epoll();
  epoll.add(server);
  const bytes = new Uint8Array(100);
  for (let left = clients; left > 0;) {
    for (const socket of (await epoll.wait()).readable) {
      if (socket === server) {
        epoll.add(server.tryAccept()!);
        continue;
      }
      const size = socket.tryReceiveInto(bytes) ?? 0;
      if (size > 0) {
        socket.trySend(bytes, { size });
        continue;
      }
      socket.close();
      left--;
    }
  }
}

async function echo(socket: Socket): Promise<void> {
  for (let bytes; (bytes = await socket.receive()).length > 0;) await socket.send(bytes);
}

Deno.test("checkServeAll() wants answers while the first client says nothing", async () => {
  await assertVerdicts([
    [() => checkServeAll(undefined), "open"],
    [() => checkServeAll(serveAll), "right"],
    [
      () =>
        checkServeAll(async (server, clients) => {
          const tasks = [];
          for (let left = clients; left > 0; left--) {
            const socket = await server.accept();
            tasks.push(echo(socket).finally(() => socket.close()));
          }
          await Promise.all(tasks);
        }),
      "right",
    ],
    [
      () =>
        checkServeAll(async (server, clients) => {
          for (let left = clients; left > 0; left--) {
            using socket = await server.accept();
            await echo(socket);
          }
        }),
      "not yet",
      "a client got no answer",
    ],
    [
      () =>
        checkServeAll(async (server, clients) => {
          const tasks = [];
          for (let left = clients; left > 0; left--) tasks.push(echo(await server.accept()));
          await Promise.all(tasks);
        }),
      "not yet",
      "stayed open",
    ],
  ]);
});
