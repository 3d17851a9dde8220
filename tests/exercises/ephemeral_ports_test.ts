import { assertEquals, assertMatch } from "@std/assert";
import { checkCallFrom, checkOutOfPorts, checkTwins } from "../../lib/exercises/ephemeral_ports.ts";
import { ephemeralRange } from "../../lib/observe/machine/ephemeral_range.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { errnoOf, SocketError } from "../../lib/system/errno.ts";
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
  assertMatch(
    (await checkCallFrom((_, server) => callFrom(0, server))).message,
    /^asked for 127\.0\.0\.1:\d+/,
  );
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
  const nothing = await checkTwins(() => Promise.resolve(undefined as unknown as Socket[]));
  assertMatch(String(nothing), /^✗ not yet: what came out: TypeError/);
  const swapped = await checkTwins((one, other) => twins(other, one));
  assertEquals(swapped.message, "the first is not connected to the first server");
  const apart = await checkTwins(async (one, other) => [
    await callFrom(0, one),
    await callFrom(0, other),
  ]);
  assertMatch(apart.message, /^they have two: 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+$/);
});

Deno.test("checkCallFrom() compares the address, too", async () => {
  const verdict = await checkCallFrom(async (port, server) => {
    const socket = Socket.tcp({ timeout: 1000 });
    socket.bind(`127.0.0.77:${port}`);
    await socket.connect(server);
    return socket;
  });
  assertMatch(
    String(verdict),
    /^✗ not yet: asked for 127\.0\.0\.1:(\d+), and the server sees 127\.0\.0\.77:\1$/,
  );
});

/** A socket for which the kernel has one port only. */
function narrow(): Socket {
  const socket = Socket.tcp({ timeout: 1000 });
  const { last } = ephemeralRange();
  socket.setOption("localPortRange", PortRange.from(last - 7, last - 7));
  return socket;
}

Deno.test("checkOutOfPorts() wants connect to say EADDRNOTAVAIL", async () => {
  assertEquals((await checkOutOfPorts(undefined)).state, "open");
  const right = await checkOutOfPorts(async (server) => {
    using open = new DisposableStack();
    for (let i = 0; i < 3; i++) await open.use(narrow()).connect(server);
  });
  assertEquals(
    String(right),
    "✓ right: connect found no port that is left to there, after 1 connected: EADDRNOTAVAIL",
  );
  assertEquals((await checkOutOfPorts(() => Promise.resolve())).message, "no error came out");
});

Deno.test("checkOutOfPorts() finds a taken four-tuple, which is not all ports", async () => {
  const taken = await checkOutOfPorts(async (server) => {
    using open = new DisposableStack();
    let local = "127.0.0.1:0";
    for (let i = 0; i < 2; i++) {
      const socket = open.use(Socket.tcp({ timeout: 1000 }));
      socket.setOption("reuseAddress", true);
      socket.bind(local);
      local = String(socket.localEndpoint());
      await socket.connect(server);
    }
  });
  assertMatch(
    String(taken),
    /^✗ not yet: port \d+ was bound by hand, and its four-tuple is taken: that is one port, not all of them/,
  );
});

Deno.test("checkOutOfPorts() finds sockets that stay open, and closes them", async () => {
  const { connect } = Socket.prototype;
  const sockets: Socket[] = [];
  const left = await checkOutOfPorts(async (server) => {
    for (let i = 0; i < 3; i++) {
      sockets.push(narrow());
      await sockets[i]!.connect(server);
    }
  });
  assertEquals(
    String(left),
    "✗ not yet: connect found no port, but of your sockets 2 stayed open: close what you open",
  );
  assertEquals(sockets.map(({ isClosed }) => isClosed), [true, true]);
  assertEquals(Socket.prototype.connect, connect);
});

Deno.test("checkOutOfPorts() takes no error that no call gave", async () => {
  const own = await checkOutOfPorts(() =>
    Promise.reject(new SocketError("connect", errnoOf("EADDRNOTAVAIL")))
  );
  assertEquals(own.message, "no call to this server gave that error");
});
