import { assertEquals } from "@std/assert";
import { checkCallFrom, checkOutOfPorts, checkTwins } from "../../lib/exercises/ephemeral_ports.ts";
import { ephemeralRange } from "../../lib/observe/machine/ephemeral_range.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { errnoOf, SocketError } from "../../lib/system/errno.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

async function callFrom(port: number, server: Endpoint, address = "127.0.0.1"): Promise<Socket> {
  const socket = Socket.tcp({ timeout: 1000 });
  socket.bind(`${address}:${port}`);
  await socket.connect(server);
  return socket;
}

Deno.test("checkCallFrom() is right with a client that binds to the address and the port", async () => {
  await assertVerdicts([
    [() => checkCallFrom(undefined), "open"],
    [() => checkCallFrom((port, server) => callFrom(port, server)), "right"],
    [() => checkCallFrom((_, server) => callFrom(0, server)), "not yet", "asked for 127.0.0.1:"],
    [
      () => checkCallFrom((port, server) => callFrom(port, server, "127.0.0.77")),
      "not yet",
      /asked for 127\.0\.0\.1:(\d+), and the server sees 127\.0\.0\.77:\1/,
    ],
    [
      () => checkCallFrom(async (port, server) => void await callFrom(port, server) as never),
      "not yet",
      "A function without `return` returns undefined",
    ],
    [
      () =>
        checkCallFrom(async (port, server) => {
          using socket = await callFrom(port, server);
          return socket;
        }),
      "not yet",
      "It is closed too early",
    ],
    [
      () =>
        checkCallFrom((port) => {
          const socket = Socket.tcp();
          socket.bind(`127.0.0.1:${port}`);
          return Promise.resolve(socket);
        }),
      "not yet",
      "no client has connected to the server",
    ],
  ]);
});

async function twins(
  servers: readonly Endpoint[],
  { sharing = true, same = true } = {},
): Promise<Socket[]> {
  const sockets = servers.map(() => Socket.tcp({ timeout: 1000 }));
  for (const [index, socket] of sockets.entries()) {
    if (sharing) socket.setOption("reuseAddress", true);
    socket.bind(index === 0 || !same ? "127.0.0.1:0" : sockets[0]!.localEndpoint());
  }
  for (const [index, socket] of sockets.entries()) await socket.connect(servers[index]!);
  return sockets;
}

Deno.test("checkTwins() wants one local endpoint and two servers", async () => {
  await assertVerdicts([
    [() => checkTwins(undefined), "open"],
    [() => checkTwins((one, other) => twins([one, other])), "right"],
    [
      () => checkTwins(() => Promise.resolve(undefined as never)),
      "not yet",
      "your function returned nothing (undefined)",
    ],
    [
      () => checkTwins((one, other) => twins([other, one])),
      "not yet",
      "the first socket is connected",
    ],
    [
      () => checkTwins((one, other) => twins([one, other], { same: false })),
      "not yet",
      /they have two local endpoints: 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+/,
    ],
    [
      () => checkTwins((one, other) => twins([one, other], { sharing: false })),
      "not yet",
      "both have set the option reuseAddress",
    ],
    [
      () => checkTwins((one) => twins([one, one])),
      "not yet",
      "connect to another server each time",
    ],
    [
      () => checkTwins(() => Promise.resolve([Socket.tcp(), Socket.tcp()])),
      "not yet",
      "the first socket is not connected",
    ],
    [() => checkTwins((one) => twins([one])), "not yet", "a list of 1"],
  ]);
});

/** A socket for which the kernel has one port only. */
function narrow(): Socket {
  const socket = Socket.tcp({ timeout: 1000 });
  const { last } = ephemeralRange();
  socket.setOption("localPortRange", PortRange.from(last - 7, last - 7));
  return socket;
}

Deno.test("checkOutOfPorts() wants connect to say EADDRNOTAVAIL, and all sockets closed", async () => {
  const { connect } = Socket.prototype;
  const left: Socket[] = [];
  await assertVerdictsInTurn([
    [() => checkOutOfPorts(undefined), "open"],
    [
      () =>
        checkOutOfPorts(async (server) => {
          using open = new DisposableStack();
          for (let i = 0; i < 3; i++) await open.use(narrow()).connect(server);
        }),
      "right",
      "after 1 connected: EADDRNOTAVAIL",
    ],
    [() => checkOutOfPorts(() => Promise.resolve()), "not yet", "no error came out"],
    [
      () =>
        checkOutOfPorts(async (server) => {
          using open = new DisposableStack();
          let local = "127.0.0.1:0";
          for (let i = 0; i < 2; i++) {
            const socket = open.use(Socket.tcp({ timeout: 1000 }));
            socket.setOption("reuseAddress", true);
            socket.bind(local);
            local = String(socket.localEndpoint());
            await socket.connect(server);
          }
        }),
      "not yet",
      /port \d+ was bound by hand, and its four-tuple is taken/,
    ],
    [
      () =>
        checkOutOfPorts(async (server) => {
          for (let i = 0; i < 3; i++) {
            left.push(narrow());
            await left[i]!.connect(server);
          }
        }),
      "not yet",
      "2 of your sockets stayed open",
    ],
    [
      () =>
        checkOutOfPorts(() => Promise.reject(new SocketError("connect", errnoOf("EADDRNOTAVAIL")))),
      "not yet",
      "no call to this server gave that error",
    ],
  ]);
  assertEquals(left.map(({ isClosed }) => isClosed), [true, true]);
  assertEquals(Socket.prototype.connect, connect);
});

Deno.test("checkOutOfPorts() lets many connect, and points at a range of one port", async () => {
  let most = 0;
  const verdict = () =>
    checkOutOfPorts(async (server) => {
      using open = new DisposableStack();
      // More than the accept queue of the check holds.
      for (most = 0; most < 300; most++) {
        await open.use(Socket.tcp({ timeout: 1000 })).connect(server);
      }
      await new Promise(() => {});
    });
  await assertVerdicts([
    [verdict, "not yet", "a range of one port is enough"],
  ], { timeout: 800 });
  assertEquals(most, 300);
});
