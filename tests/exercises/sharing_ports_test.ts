import { assertEquals, assertMatch } from "@std/assert";
import {
  checkAlone,
  checkCrew,
  checkOnePort,
  checkThief,
} from "../../lib/exercises/sharing_ports.ts";
import type { PortRange } from "../../lib/ports/port_range.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { requires } from "../requirements.ts";

function crew(count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => Socket.tcp());
  for (const socket of sockets) {
    socket.setOption("reusePort", true);
    socket.bind(socket === sockets[0] ? "127.0.0.1:0" : sockets[0]!.localEndpoint());
    socket.listen();
  }
  return sockets;
}

Deno.test("checkCrew() wants as many listeners at one endpoint", async () => {
  assertEquals((await checkCrew(undefined)).state, "open");
  const right = await checkCrew(crew);
  assertMatch(String(right), /^✓ right: 3 listen at 127\.0\.0\.1:\d+; clients .*: \d+, \d+, \d+$/);
  const two = await checkCrew(() => crew(2));
  assertEquals(two.message, "asked for 3 sockets, and 2 came");
  const apart = await checkCrew(() => [...crew(2), ...crew(1)]);
  assertMatch(apart.message, /^one is at 127\.0\.0\.1:\d+, another at 127\.0\.0\.1:\d+$/);
});

Deno.test("checkCrew() is not content with sockets that are bound", async () => {
  const bound = await checkCrew((count) => {
    const sockets = Array.from({ length: count }, () => Socket.tcp());
    for (const socket of sockets) {
      socket.setOption("reuseAddress", true);
      socket.bind(socket === sockets[0] ? "127.0.0.1:0" : sockets[0]!.localEndpoint());
    }
    sockets[0]!.listen();
    return sockets;
  });
  assertEquals(bound.message, "the kernel has 1 listening there, and 3 were to");
});

Deno.test("checkCrew() takes no socket three times, and closes what it was given", async () => {
  let one: Socket | undefined;
  const same = await checkCrew((count) => Array(count).fill(one = crew(1)[0]!));
  assertEquals(same.message, "the kernel has 1 listening there, and 3 were to");
  assertEquals(one?.isClosed, true);
  const failed = await checkCrew(() => {
    throw new Error("no idea");
  });
  assertEquals(failed.message, "what came out: Error: no idea");
});

type CallAll = (
  address: string,
  range: PortRange,
  servers: readonly Endpoint[],
) => Promise<readonly Socket[]>;

/** Calls each server from a socket that `prepare` has made ready. */
function calling(prepare: (socket: Socket, address: string, range: PortRange) => void): CallAll {
  return async (address, range, servers) => {
    const sockets: Socket[] = [];
    try {
      for (const server of servers) {
        const socket = Socket.tcp({ timeout: 1000 });
        sockets.push(socket);
        prepare(socket, address, range);
        await socket.connect(server);
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    return sockets;
  };
}

Deno.test("checkOnePort() is right with a port that connect picks", {
  ...requires("Linux 6.3"),
}, async () => {
  const right = await checkOnePort(calling((socket, address, range) => {
    socket.setOption("localPortRange", range);
    socket.setOption("bindAddressNoPort", true);
    socket.bind(`${address}:0`);
  }));
  assertMatch(String(right), /^✓ right: all 3 servers see 127\.0\.0\.9:\d+: one port, 3 four-/);
});

Deno.test("checkOnePort() is right with a port that all sockets bind", async () => {
  const right = await checkOnePort(calling((socket, address, range) => {
    socket.setOption("reuseAddress", true);
    socket.bind(`${address}:${range.first}`);
  }));
  assertEquals(right.state, "right", right.message);
});

Deno.test("checkOnePort() is not right with a bind that takes the port, or with another address", async () => {
  assertEquals((await checkOnePort(undefined)).state, "open");
  const taken = await checkOnePort(calling((socket, address, range) => {
    socket.bind(`${address}:${range.first}`);
  }));
  assertMatch(taken.message, /^what came out: SocketError: Cannot bind .* got EADDRINUSE$/);
  const free = await checkOnePort(calling(() => {}));
  assertMatch(
    free.message,
    /^server 0 was called from 127\.0\.0\.1:\d+, and not from 127\.0\.0\.9:/,
  );
});

Deno.test("checkOnePort() wants every server called, and the sockets back", async () => {
  const right = calling((socket, address, range) => {
    socket.setOption("reuseAddress", true);
    socket.bind(`${address}:${range.first}`);
  });
  const some = await checkOnePort((address, range, servers) =>
    right(address, range, servers.slice(1))
  );
  assertMatch(some.message, /^what came out: TimeoutError/);
  let sockets: readonly Socket[] = [];
  const none = await checkOnePort(async (...given) => {
    sockets = await right(...given);
    return [];
  });
  assertEquals(none.message, "return all 3 sockets, and leave them open");
  for (const socket of sockets) socket.close();
});

Deno.test("checkAlone() wants a socket whose two ends are one", async () => {
  assertEquals((await checkAlone(undefined)).state, "open");
  const right = await checkAlone(async () => {
    const socket = Socket.tcp({ timeout: 1000 });
    socket.bind("127.0.0.1:0");
    await socket.connect(socket.localEndpoint());
    return socket;
  });
  assertMatch(
    String(right),
    /^✓ right: 127\.0\.0\.1:(\d+) is connected to 127\.0\.0\.1:\1, which is 1 row of the kernel's/,
  );
});

Deno.test("checkAlone() takes no conversation of two, and no datagrams", async () => {
  using listener = crew(1)[0]!;
  const two = await checkAlone(async () => {
    const socket = Socket.tcp({ timeout: 1000 });
    await socket.connect(listener.localEndpoint());
    return socket;
  });
  assertMatch(two.message, /^it is at 127\.0\.0\.1:\d+, and its other end at 127\.0\.0\.1:\d+$/);
  const udp = await checkAlone(async () => {
    const socket = Socket.udp({ timeout: 1000 });
    socket.bind("127.0.0.1:0");
    await socket.connect(socket.localEndpoint());
    return socket;
  });
  assertEquals(udp.message, "it was to be a TCP socket");
  const unconnected = await checkAlone(() => Promise.resolve(Socket.tcp()));
  assertMatch(unconnected.message, /^what came out: SocketError: .* got ENOTCONN$/);
});

function taker(owner: Endpoint, option: "reuseAddress" | "reusePort" | undefined): Socket {
  const socket = Socket.udp({ timeout: 1000 });
  try {
    if (option !== undefined) socket.setOption(option, true);
    socket.bind(owner);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

Deno.test("checkThief() wants all datagrams at the thief's", async () => {
  assertEquals((await checkThief(undefined)).state, "open");
  const right = await checkThief((owner) => taker(owner, "reuseAddress"));
  assertEquals(
    String(right),
    "✓ right: all 10 datagrams came to the thief, none to the owner",
  );
});

Deno.test("checkThief() is not right with another option, or at another port", async () => {
  for (const option of ["reusePort", undefined] as const) {
    const refused = await checkThief((owner) => taker(owner, option));
    assertMatch(refused.message, /^what came out: SocketError: Cannot bind .* got EADDRINUSE$/);
  }
  const elsewhere = await checkThief((owner) => {
    const socket = Socket.udp();
    socket.bind(`${owner.address}:0`);
    return socket;
  });
  assertEquals(elsewhere.message, "of 10 datagrams, the owner got 10, the thief 0");
});
