import { assertEquals, assertMatch } from "@std/assert";
import {
  checkAskAll,
  checkEightCalls,
  checkRequestsPerSecond,
  checkWearOut,
} from "../../lib/exercises/port_exhaustion.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";

type NewClient = () => Socket;

async function connected(newClient: NewClient, server: Endpoint): Promise<Socket> {
  const socket = newClient();
  await socket.connect(server);
  return socket;
}

Deno.test("checkRequestsPerSecond() wants the highest number that the range allows", () => {
  const table: [answer: number | undefined, verdict: string][] = [
    [undefined, "○ open: work out the number of requests"],
    [925, "✓ right: 55536 ports, each once in 60 s, are 925 a second"],
    [
      926,
      "✗ not yet: 926 a second are 55560 in the minute that a port rests, and the range has 55536 " +
      "ports",
    ],
    [
      924,
      "✗ not yet: that works, and one more a second would, too: the range has 55536 ports, and " +
      "55440 of them rest at a time",
    ],
    [925.6, "✗ not yet: a whole number was asked for, and this is 925.6"],
    [-1, "✗ not yet: a whole number was asked for, and this is -1"],
  ];
  for (const [answer, verdict] of table) {
    assertEquals(String(checkRequestsPerSecond(answer)), verdict);
  }
});

Deno.test("checkEightCalls() finds eight connections in the table of that computer", async () => {
  assertEquals((await checkEightCalls(undefined)).state, "open");
  const right = await checkEightCalls(async (newClient, servers) => {
    const sockets: Socket[] = [];
    for (const server of servers) {
      for (let count = 0; count < 4; count++) sockets.push(await connected(newClient, server));
    }
    return sockets;
  });
  assertEquals(
    String(right),
    "✓ right: eight connections from 4 ports: four to each server",
  );
});

Deno.test("checkEightCalls() is right with calls in turn, too", async () => {
  const inTurn = await checkEightCalls((newClient, servers) =>
    Promise.all(Array.from({ length: 8 }, (_, index) => connected(newClient, servers[index % 2]!)))
  );
  assertEquals(inTurn.state, "right");
});

Deno.test("checkEightCalls() tells why it is not yet right", async () => {
  const toOne = await checkEightCalls(async (newClient, [server]) => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 8; count++) sockets.push(await connected(newClient, server!));
    return sockets;
  });
  assertEquals(
    toOne.message,
    "connect found no port after 4 connections: to each server go four, and no more",
  );
  const closing = await checkEightCalls(async (newClient, servers) => {
    const sockets: Socket[] = [];
    for (const server of servers) {
      for (let count = 0; count < 4; count++) {
        sockets.push(await connected(newClient, server));
        sockets.at(-1)!.close();
      }
    }
    return sockets;
  });
  assertEquals(closing.message, "this computer's table has 0 open connections to the two servers");
  const elsewhere = await checkEightCalls(() =>
    Promise.resolve(Array.from({ length: 8 }, () => Socket.tcp()))
  );
  assertEquals(
    elsewhere.message,
    "this computer's table has 0 open connections to the two servers",
  );
  const kept = await checkEightCalls(async (newClient, servers) => {
    for (const server of servers) {
      for (let count = 0; count < 4; count++) await connected(newClient, server);
    }
    return [];
  });
  assertEquals(kept.message, "eight are open, and 0 of them were returned");
  const broken = await checkEightCalls(() => Promise.reject(new Error("lost")));
  assertEquals(broken.message, "what came out: Error: lost");
});

/** Reads lines until there are as many. */
async function readLines(socket: Socket, count: number): Promise<string[]> {
  let text = "";
  while (text.split("\n").length <= count) {
    text += new TextDecoder().decode(await socket.receive());
  }
  return text.split("\n").slice(0, count);
}

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);

Deno.test("checkAskAll() is right over one connection, and over four", async () => {
  assertEquals((await checkAskAll(undefined)).state, "open");
  const atOnce = await checkAskAll(async (newClient, server) => {
    using socket = await connected(newClient, server);
    await socket.sendAll(LINES.map((line) => `${line}\n`).join(""));
    return await readLines(socket, 20);
  });
  assertEquals(String(atOnce), "✓ right: the server had one connection and twenty lines");
  const inFours = await checkAskAll(async (newClient, server) => {
    const answers: string[] = [];
    for (let first = 0; first < 20; first += 5) {
      using socket = await connected(newClient, server);
      for (const line of LINES.slice(first, first + 5)) {
        await socket.send(`${line}\n`);
        answers.push(`${await readLines(socket, 1)}\n`);
      }
    }
    return answers;
  });
  assertEquals(String(inFours), "✓ right: the server had 4 connections and twenty lines");
});

Deno.test("checkAskAll() tells why it is not yet right", async () => {
  const oneEach = await checkAskAll(async (newClient, server) => {
    const answers: string[] = [];
    for (const line of LINES) {
      using socket = await connected(newClient, server);
      await socket.send(`${line}\n`);
      answers.push(...await readLines(socket, 1));
    }
    return answers;
  });
  assertEquals(
    oneEach.message,
    "connect found no port after 4 connections and 4 lines: a port whose connection you close " +
      "rests for a minute, so ask more than one line before you close",
  );
  const madeUp = await checkAskAll(() => Promise.resolve(LINES));
  assertEquals(madeUp.message, 'the server was never sent "line 1"');
  const unread = await checkAskAll(async (newClient, server) => {
    const socket = await connected(newClient, server);
    await socket.sendAll(LINES.map((line) => `${line}\n`).join(""));
    const answers = await readLines(socket, 20);
    return [answers.join("\n")];
  });
  assertMatch(unread.message, /^answer 1 is "line 1\\nline 2.*: twenty were asked for/);
  const short = await checkAskAll(async (newClient, server) => {
    const socket = await connected(newClient, server);
    await socket.sendAll(LINES.map((line) => `${line}\n`).join(""));
    return (await readLines(socket, 20)).slice(0, 19);
  });
  assertMatch(short.message, /^answer 20 is undefined: twenty were asked for/);
});

Deno.test("checkWearOut() wants TIME_WAIT at every port, and nothing open", async () => {
  assertEquals((await checkWearOut(undefined)).state, "open");
  const right = await checkWearOut(async (newClient, server) => {
    while (true) (await connected(newClient, server)).close();
  });
  assertEquals(
    String(right),
    "✓ right: no socket of yours is open, and 4 ports rest in TIME_WAIT",
  );
  const tidy = await checkWearOut(async (newClient, server) => {
    while (true) {
      using socket = newClient();
      await socket.connect(server);
    }
  });
  assertEquals(tidy.state, "right");
});

Deno.test("checkWearOut() tells why it is not yet right", async () => {
  const open = await checkWearOut(async (newClient, server) => {
    while (true) await connected(newClient, server);
  });
  assertEquals(open.message, "4 of your connections are still open: that is using ports up");
  const late = await checkWearOut(async (newClient, server) => {
    const sockets: Socket[] = [];
    try {
      while (true) sockets.push(await connected(newClient, server));
    } finally {
      for (const each of sockets) each.close();
    }
  });
  assertEquals(
    late.message,
    "up to 4 of your connections were open when you asked for the next client: close each before",
  );
  const few = await checkWearOut(async (newClient, server) => {
    for (let count = 0; count < 3; count++) (await connected(newClient, server)).close();
  });
  assertEquals(few.message, "no error came out");
  const byBind = await checkWearOut(async (newClient) => {
    while (true) {
      const socket = newClient();
      socket.setOption("bindAddressNoPort", false);
      socket.bind(socket.localEndpoint());
      await Promise.resolve();
    }
  });
  assertMatch(byBind.message, /^what came out: SocketError: Cannot bind to /);
});
