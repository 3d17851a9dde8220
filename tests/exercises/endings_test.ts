import { assertEquals, assertMatch } from "@std/assert";
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

async function callEnding(endpoint: Endpoint): Promise<CallEnding> {
  using socket = Socket.tcp({ timeout: 300 });
  try {
    await socket.connect(endpoint);
    return "answered";
  } catch (error) {
    return error instanceof SocketError && error.code === "ECONNREFUSED" ? "refused" : "silent";
  }
}

Deno.test("checkCallEnding() is open, or right when all three are told apart", async () => {
  assertEquals((await checkCallEnding(undefined)).state, "open");
  assertEquals((await checkCallEnding(callEnding)).state, "right");
});

Deno.test("checkCallEnding() takes Deno's own call as well", async () => {
  const verdict = await checkCallEnding(async ({ address, port }) => {
    try {
      const signal = AbortSignal.timeout(300);
      (await Deno.connect({ hostname: address, port, signal })).close();
      return "answered";
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused ? "refused" : "silent";
    }
  });
  assertEquals(String(verdict), "✓ right: answered, refused and silent: you tell all three");
});

Deno.test("checkCallEnding() finds who mistakes silence for a refusal, and who guesses", async () => {
  const refusing = await checkCallEnding(async (endpoint) => {
    const ending = await callEnding(endpoint);
    return ending === "silent" ? "refused" : ending;
  });
  assertEquals(
    refusing.message,
    'the accept queue is full, and nothing is answered: you said "refused"',
  );
  assertEquals((await checkCallEnding(() => Promise.resolve("answered"))).state, "not yet");
});

Deno.test("checkCallEnding() finds a call that never ends, and a socket that stays open", async () => {
  const patient = await checkCallEnding(async (endpoint) => {
    const socket = Socket.tcp({ timeout: 4500 });
    try {
      await socket.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    } finally {
      socket.close();
    }
  });
  assertMatch(patient.message, /^the accept queue is full.*what came out: TimeoutError/);
  const left: Socket[] = [];
  const open = await checkCallEnding(async (endpoint) => {
    left.push(Socket.tcp({ timeout: 300 }));
    try {
      await left.at(-1)!.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    }
  });
  for (const socket of left) socket.close();
  assertMatch(open.message, /: you know, but your socket is open: close it$/);
});

function closedFirst(rows: Connections, server: Endpoint): "client" | "server" | undefined {
  const row = rows.find(({ state }) => state === "TIME_WAIT");
  if (row === undefined) return undefined;
  return row.local.equals(server) ? "server" : "client";
}

Deno.test("checkClosedFirst() is open, or right when each TIME_WAIT is given to its owner", async () => {
  assertEquals((await checkClosedFirst(undefined)).state, "open");
  assertEquals((await checkClosedFirst(closedFirst)).state, "right");
});

Deno.test("checkClosedFirst() finds who turns it round, who ignores resets, and who throws", async () => {
  const turned = await checkClosedFirst((rows, server) => {
    const answer = closedFirst(rows, server);
    return answer && (answer === "client" ? "server" : "client");
  });
  assertMatch(
    turned.message,
    /^the (client|server) closed first, and you said "(server|client)":\n/,
  );
  const always = await checkClosedFirst((rows, server) => closedFirst(rows, server) ?? "client");
  assertMatch(
    always.message,
    /^a reset ended it, and nobody has a TIME_WAIT, and you said "client"/,
  );
  const throwing = await checkClosedFirst((rows) => rows[0]!.state ? "client" : "server");
  assertEquals(throwing.state, "not yet");
});

function startAt(endpoint: Endpoint): Socket {
  const socket = Socket.tcp();
  socket.setOption("reuseAddress", true);
  try {
    socket.bind(endpoint);
    socket.listen();
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

Deno.test("checkRestart() is open, or right for a server that starts again at once", async () => {
  assertEquals((await checkRestart(undefined)).state, "open");
  const verdict = await checkRestart(startAt);
  assertMatch(String(verdict), /^✓ right: it started again, with 1 TIME_WAIT at its port$/);
});

Deno.test("checkRestart() finds a server without the option, and one that shares its port", async () => {
  const plain = await checkRestart((endpoint) => {
    const socket = Socket.tcp();
    try {
      socket.bind(endpoint);
      socket.listen();
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  });
  assertMatch(plain.message, /^what came out: SocketError: .*EADDRINUSE/);
  const sharing = await checkRestart((endpoint) => {
    const socket = Socket.tcp();
    socket.setOption("reusePort", true);
    socket.bind(endpoint);
    socket.listen();
    return socket;
  });
  assertEquals(sharing.message, "two servers can listen there at once, and nobody would notice");
  const elsewhere = await checkRestart(() => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    socket.listen();
    return socket;
  });
  assertMatch(elsewhere.message, /^what came out: SocketError: .*ECONNREFUSED/);
});

/** Lets clients say their end, and never answers with its own. */
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

Deno.test("checkNeverClose() is open, or right when five connections are never closed", async () => {
  assertEquals((await checkNeverClose(undefined)).state, "open");
  assertEquals((await checkNeverClose(leak)).state, "right");
  const half: Socket[] = [];
  const shut = await checkNeverClose(async (count) => {
    const kept = await leak(count, (client) => {
      half.push(client);
      client.shutdown("write");
    });
    return [...kept, ...half];
  });
  assertEquals(shut.state, "right", "both ends may be returned");
});

Deno.test("checkNeverClose() has a verdict for what is no list of sockets", async () => {
  const say = async (value: unknown) =>
    String(await checkNeverClose(() => Promise.resolve(value as Socket[])));
  assertMatch(await say(undefined), /^✗ not yet: what came out: TypeError/);
  const socket = Socket.tcp();
  assertMatch(
    await say([{ close: () => {} }, null, socket]),
    /^✗ not yet: what came out: TypeError/,
  );
  assertEquals(socket.isClosed, true);
});

Deno.test("checkNeverClose() finds other states, other numbers, and what is left open", async () => {
  const clients: Socket[] = [];
  const open = await checkNeverClose((count) => leak(count, (client) => clients.push(client)));
  for (const client of clients) client.close();
  assertEquals(open.message, "of your sockets 0 are in CLOSE_WAIT, and 5 should be");
  const fewer = await checkNeverClose((count) => leak(count - 1));
  assertEquals(fewer.message, "of your sockets 4 are in CLOSE_WAIT, and 5 should be");
  const reset = await checkNeverClose((count) =>
    leak(count, (client) => {
      client.setOption("linger", 0);
      client.close();
    })
  );
  assertEquals(reset.message, "of your sockets 0 are in CLOSE_WAIT, and 5 should be");
  let server: Socket | undefined;
  const listening = await checkNeverClose((count) => {
    server = Socket.tcp();
    server.bind("127.0.0.1:0");
    server.listen();
    return leak(count);
  });
  server?.close();
  assertEquals(
    listening.message,
    "all of them are in CLOSE_WAIT, but you left others open: return them too",
  );
});
