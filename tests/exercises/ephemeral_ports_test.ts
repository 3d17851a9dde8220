import { assertEquals, assertMatch } from "@std/assert";
import { checkCallFrom, checkOutOfPorts, checkTwins } from "../../lib/exercises/ephemeral_ports.ts";
import { ephemeralRange } from "../../lib/ports/ephemeral_range.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";

async function callFrom(port: number, server: Endpoint): Promise<Socket> {
  const socket = Socket.tcp({ timeout: 1000 });
  socket.bind(`127.0.0.1:${port}`);
  await socket.connect(server);
  return socket;
}

Deno.test("checkCallFrom() is right with a client that binds, and not with one that does not", async () => {
  assertEquals((await checkCallFrom(undefined)).state, "open");
  assertEquals((await checkCallFrom(callFrom)).state, "right");
  assertMatch((await checkCallFrom((_, server) => callFrom(0, server))).message, /^asked for \d+/);
});

async function twins(one: Endpoint, other: Endpoint): Promise<Socket[]> {
  const sockets = [Socket.tcp({ timeout: 1000 }), Socket.tcp({ timeout: 1000 })] as const;
  for (const socket of sockets) socket.setOption("reuseAddress", true);
  sockets[0].bind("127.0.0.1:0");
  sockets[1].bind(sockets[0].localEndpoint());
  await sockets[0].connect(one);
  await sockets[1].connect(other);
  return [...sockets];
}

Deno.test("checkTwins() wants one local endpoint and two servers", async () => {
  assertEquals((await checkTwins(undefined)).state, "open");
  assertEquals((await checkTwins(twins)).state, "right");
  const swapped = await checkTwins((one, other) => twins(other, one));
  assertEquals(swapped.message, "the first is not connected to the first server");
  const apart = await checkTwins(async (one, other) => [
    await callFrom(0, one),
    await callFrom(0, other),
  ]);
  assertMatch(apart.message, /^they have two: 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+$/);
});

Deno.test("checkOutOfPorts() wants connect to say EADDRNOTAVAIL", async () => {
  assertEquals((await checkOutOfPorts(undefined)).state, "open");
  const { last } = ephemeralRange();
  const sockets: Socket[] = [];
  const right = await checkOutOfPorts(async (server) => {
    for (let i = 0; i < 3; i++) {
      const socket = Socket.tcp({ timeout: 1000 });
      sockets.push(socket);
      socket.setOption("localPortRange", PortRange.from(last - 7, last - 7));
      await socket.connect(server);
    }
  });
  for (const socket of sockets) socket.close();
  assertEquals(right.state, "right");
  assertEquals((await checkOutOfPorts(() => Promise.resolve())).message, "no error came out");
});
