import { assertEquals } from "@std/assert";
import type { Connections, Endpoint } from "fourtuple";
import {
  type CallEnding,
  checkCallEnding,
  checkClosedFirst,
  checkNeverClose,
  checkRestart,
} from "../../lib/exercises/endings.ts";
import { SocketError } from "../../lib/system/errno.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts } from "./_verdicts.ts";

async function callEnding(endpoint: Endpoint): Promise<CallEnding> {
  using socket = Socket.tcp({ timeout: 100 });
  try {
    await socket.connect(endpoint);
    return "answered";
  } catch (error) {
    return error instanceof SocketError && error.code === "ECONNREFUSED" ? "refused" : "silent";
  }
}

async function byDeno({ address, port }: Endpoint): Promise<CallEnding> {
  try {
    const signal = AbortSignal.timeout(100);
    (await Deno.connect({ hostname: address, port, signal })).close();
    return "answered";
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused ? "refused" : "silent";
  }
}

Deno.test("checkCallEnding() wants all three endings told apart, and the socket closed", async () => {
  const left: Socket[] = [];
  const leaving = async (endpoint: Endpoint): Promise<CallEnding> => {
    const socket = Socket.tcp({ timeout: 100 });
    left.push(socket);
    try {
      await socket.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    }
  };
  const say = (answer: unknown) => () =>
    checkCallEnding(answer as (endpoint: Endpoint) => Promise<CallEnding>);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(callEnding), "right", "you tell all three apart"],
    [say(byDeno), "right"],
    [
      say(async (endpoint: Endpoint) => {
        const ending = await callEnding(endpoint);
        return ending === "silent" ? "refused" : ending;
      }),
      "not yet",
      'the accept queue is full, and nothing is answered: your function returned "refused"',
    ],
    [say(() => Promise.resolve("answered")), "not yet"],
    [say(leaving), "not yet", "you know, but a socket of yours stayed open"],
    [
      say(async ({ address, port }: Endpoint) => {
        await Deno.connect({ hostname: address, port, signal: AbortSignal.timeout(100) });
        return "answered";
      }),
      "not yet",
      /stayed open|catch it, and return/,
    ],
    [say(async (endpoint: Endpoint) => void await callEnding(endpoint)), "not yet", "`return"],
    [say(() => Promise.resolve("Silent")), "not yet", '"answered", "refused" or "silent"'],
  ]);
  assertEquals(left.every(({ isClosed }) => isClosed), true);
});

Deno.test("checkCallEnding() finds a call that never ends", async () => {
  const patient = async (endpoint: Endpoint): Promise<CallEnding> => {
    using socket = Socket.tcp();
    try {
      await socket.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    }
  };
  await assertVerdicts([
    [() => checkCallEnding(patient), "not yet", "Silence has no end of its own"],
  ], { timeout: 400 });
});

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
    [say(() => {}), "not yet", "your function returned nothing (undefined)"],
  ]);
});

/** Starts a server with some option. */
function starting(option?: "reuseAddress" | "reusePort") {
  return (endpoint: Endpoint | string): Socket => {
    const socket = Socket.tcp();
    try {
      if (option !== undefined) socket.setOption(option, true);
      socket.bind(endpoint);
      socket.listen();
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  };
}

Deno.test("checkRestart() wants a server that starts again at once, and only one at a time", async () => {
  const startAt = starting("reuseAddress");
  const say = (answer: unknown) => () => checkRestart(answer as typeof startAt);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(startAt), "right", "it started again, with 1 TIME_WAIT at its port"],
    [say(async (endpoint: Endpoint) => await startAt(endpoint)), "right"],
    [say(starting()), "not yet", "A connection in TIME_WAIT holds the port"],
    [say(starting("reusePort")), "not yet", "two servers can listen there at once"],
    [say(() => startAt("127.0.0.1:0")), "not yet", "a client cannot connect to 127.0.0.1:"],
    [say((endpoint: Endpoint) => void startAt(endpoint)), "not yet", "`return"],
    [
      say((endpoint: Endpoint) => endpoint.port),
      "not yet",
      "and should return an open TCP socket",
    ],
  ], { timeout: 600 });
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
