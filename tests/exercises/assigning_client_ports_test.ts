import { assertEquals, assertMatch } from "@std/assert";
import {
  checkExhaust,
  checkLowestFree,
  checkTalk,
} from "../../lib/exercises/assigning_client_ports.ts";
import type { PortRange } from "../../lib/ports/port_range.ts";
import { LineConnection } from "../../lib/services/line_connection.ts";
import { grantedPort } from "../../lib/services/line_protocol.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";

async function talk(service: Endpoint, name: string): Promise<string | undefined> {
  using lease = await LineConnection.connect(service);
  const port = grantedPort(await lease.readLine());
  using conversation = await LineConnection.connect(`127.0.0.1:${port}`);
  await conversation.ask(`name ${name}`);
  return await conversation.ask("who");
}

Deno.test("checkTalk() wants the answer to who, and the number back", async () => {
  assertEquals((await checkTalk(undefined)).state, "open");
  assertEquals((await checkTalk(talk)).state, "right");
  const other = await checkTalk((service) => talk(service, "somebody else"));
  assertMatch(other.message, /^the answer to who was another than "you are somebody else, known/);
  let kept: LineConnection | undefined;
  const keeper = await checkTalk(async (service, name) => {
    kept = await LineConnection.connect(service);
    const port = grantedPort(await kept.readLine());
    using conversation = await LineConnection.connect(`127.0.0.1:${port}`);
    await conversation.ask(`name ${name}`);
    return await conversation.ask("who");
  });
  kept?.close();
  assertEquals(keeper.message, "right, but the number is still yours");
});

function bound(port: number): Socket {
  const socket = Socket.tcp();
  try {
    socket.bind(`127.0.0.1:${port}`);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function lowestFree(range: PortRange): Socket {
  for (const port of range) {
    try {
      return bound(port);
    } catch {
      // Taken.
    }
  }
  throw new Error("none is free");
}

Deno.test("checkLowestFree() wants the first port that nobody has", async () => {
  assertEquals((await checkLowestFree(undefined)).state, "open");
  assertEquals((await checkLowestFree(lowestFree)).state, "right");
  assertMatch(
    (await checkLowestFree((range) => bound(range.last))).message,
    /^it is bound to \d+, and/,
  );
  assertMatch((await checkLowestFree((range) => bound(range.first))).message, /EADDRINUSE/);
});

Deno.test("checkExhaust() wants the next client to be refused", async () => {
  assertEquals((await checkExhaust(undefined)).state, "open");
  const lease = async (service: Endpoint) => {
    const connection = await LineConnection.connect(service);
    await connection.readLine();
    return connection;
  };
  const both = await checkExhaust(async (service) => [await lease(service), await lease(service)]);
  assertMatch(String(both), /^✓ right: the next client hears: refused exhausted: /);
  const one = await checkExhaust(async (service) => [await lease(service)]);
  assertMatch(one.message, /^the next client hears: port \d+$/);
  const nothing = await checkExhaust((() => Promise.resolve()) as never);
  assertEquals(
    nothing.message,
    "the function was to return a list, and returned undefined",
  );
  const bare = await checkExhaust((() => Promise.resolve([7])) as never);
  assertMatch(bare.message, /^what came out: TypeError: /);
});
