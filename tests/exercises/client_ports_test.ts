import { assertEquals } from "@std/assert";
import {
  checkCallFrom,
  checkExhaust,
  checkLowestFree,
  checkOutOfPorts,
  checkTalk,
  checkTwins,
} from "../../lib/exercises/client_ports.ts";
import { ephemeralRange } from "../../lib/observe/machine/ephemeral_range.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { LineConnection } from "../../lib/services/line_connection.ts";
import { grantedPort } from "../../lib/services/line_protocol.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { errnoOf, SocketError } from "../../lib/system/errno.ts";
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

/** Talks as the exercise asks, and leaves open what it is told to. */
function talking({ control = true, conversation = true } = {}) {
  return async (service: Endpoint, name: string): Promise<string | undefined> => {
    const first = await LineConnection.connect(service);
    const port = grantedPort(await first.readLine());
    const second = await LineConnection.connect(`127.0.0.1:${port}`);
    await second.ask(`name ${name}`);
    const answer = await second.ask("who");
    if (conversation) second.close();
    if (control) first.close();
    return answer;
  };
}

const talk = talking();

Deno.test("checkTalk() wants the answer to who, the number back, and nothing left open", async () => {
  await assertVerdicts([
    [() => checkTalk(undefined), "open"],
    [() => checkTalk(talk), "right"],
    [() => checkTalk((service) => talk(service, "somebody else")), "not yet", "somebody else"],
    [() => checkTalk(talking({ control: false })), "not yet", "the number is still yours"],
    [
      () => checkTalk(talking({ conversation: false })),
      "not yet",
      "a socket of yours stayed open",
    ],
    [
      () => checkTalk(async (service, name) => void await talk(service, name) as never),
      "not yet",
      "`return",
    ],
  ], { timeout: 700 });
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

Deno.test("checkLowestFree() wants the first port that is free, and no other socket left", async () => {
  const left: Socket[] = [];
  const leaking = (range: PortRange): Socket => {
    for (const port of range) {
      const socket = Socket.tcp();
      left.push(socket);
      try {
        socket.bind(`127.0.0.1:${port}`);
        return socket;
      } catch {
        // Taken, and the socket is still open.
      }
    }
    throw new Error("none is free");
  };
  const say = (answer: unknown) => () => checkLowestFree(answer as typeof lowestFree);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(lowestFree), "right"],
    [
      say((range: PortRange) => bound(range.last)),
      "not yet",
      /it is bound to \d+, and \d+ was free/,
    ],
    [say((range: PortRange) => bound(range.first)), "not yet", "catch it, and try the next port"],
    [say((range: PortRange) => range.first), "not yet", "and should return an open TCP socket"],
    [say((range: PortRange) => void lowestFree(range)), "not yet", "`return"],
    [say(leaking), "not yet", "2 sockets of yours stayed open"],
  ]);
  assertEquals(left.every(({ isClosed }) => isClosed), true);
});

Deno.test("checkExhaust() wants the next client to be refused, by connections that are open", async () => {
  const lease = async (service: Endpoint) => {
    const connection = await LineConnection.connect(service);
    await connection.readLine();
    return connection;
  };
  const byDeno = async ({ port }: Endpoint) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.read(new Uint8Array(100));
    return connection;
  };
  const say = (answer: unknown) => () => checkExhaust(answer as () => Promise<Disposable[]>);
  await assertVerdicts([
    [say(undefined), "open"],
    [
      say(async (service: Endpoint) => [await lease(service), await lease(service)]),
      "right",
      "the next client reads: refused exhausted",
    ],
    [say(async (service: Endpoint) => [await byDeno(service), await byDeno(service)]), "right"],
    [
      say(async (service: Endpoint) => [await lease(service)]),
      "not yet",
      "the next client reads: port",
    ],
    [
      say(async (service: Endpoint) => {
        using one = await lease(service);
        using other = await lease(service);
        return [one, other];
      }),
      "not yet",
      "element 1 of your list is closed already",
    ],
    [say(() => Promise.resolve()), "not yet", "`return"],
    [say((service: Endpoint) => [lease(service)]), "not yet", "put `await` before the call"],
    [say(() => Promise.resolve([7])), "not yet", "element 1 of the list is 7"],
  ]);
});
