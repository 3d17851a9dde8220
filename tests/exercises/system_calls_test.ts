import { checkPairs, checkReserve } from "../../lib/exercises/system_calls.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts, forgetting } from "./_verdicts.ts";

function bound(prepare: (socket: Socket) => void = () => {}): Socket {
  const socket = Socket.tcp();
  prepare(socket);
  socket.bind("127.0.0.1:0");
  return socket;
}

Deno.test("checkReserve() wants a socket that is bound, and neither listens nor shares its port", async () => {
  await assertVerdicts([
    [() => checkReserve(undefined), "open"],
    [() => checkReserve(() => bound()), "right"],
    [() => checkReserve(() => Socket.tcp()), "not yet", "it has no port yet"],
    [
      () =>
        checkReserve(() => {
          const socket = bound();
          socket.listen();
          return socket;
        }),
      "not yet",
      "a client could connect to it",
    ],
    [() => checkReserve(() => Socket.udp() as never), "not yet", "TCP socket"],
    [() => checkReserve(forgetting(() => bound()) as never), "not yet", "nothing (undefined)"],
  ]);
});

async function pairs(
  server: Socket,
  clients: readonly Socket[],
): Promise<[Socket, Socket][]> {
  const found: [Socket, Socket][] = [];
  for (const _ of clients) {
    const accepted = await server.accept();
    const client = clients.find((each) => each.localEndpoint().equals(accepted.remoteEndpoint()))!;
    found.push([client, accepted]);
  }
  return found;
}

Deno.test("checkPairs() wants each accepted socket beside its own client", async () => {
  await assertVerdicts([
    [() => checkPairs(undefined), "open"],
    [() => checkPairs(pairs), "right"],
    [
      () => checkPairs(async (...given) => (await pairs(...given)).map(([a, b]) => [b, a])),
      "not yet",
      "The order is [client, accepted]",
    ],
    [
      () =>
        checkPairs((server, clients) =>
          Promise.resolve(clients.map((client) => [client, server.accept()] as never))
        ),
      "not yet",
      "Put `await` before accept()",
    ],
    [
      () =>
        checkPairs(async (...given) =>
          (await pairs(...given)).map(([, accepted]) => [undefined, accepted] as never)
        ),
      "not yet",
      "`===` asks whether they are one object",
    ],
    [
      () =>
        checkPairs(async (server, clients) => {
          const found = await pairs(server, clients);
          return found.map(([client], index) => [client, found[(index + 1) % found.length]![1]]);
        }),
      "not yet",
      "did not hear the client",
    ],
    [
      () =>
        checkPairs(async (server, clients) => {
          const found = await pairs(server, clients);
          return found.map(([, accepted]) => [found[0]![0], accepted]);
        }),
      "not yet",
      "is in none of your pairs",
    ],
    [
      () => checkPairs(async (server, clients) => (await pairs(server, clients)).slice(1)),
      "not yet",
      "a list of 5 pairs",
    ],
  ], { timeout: 2000 });
});
