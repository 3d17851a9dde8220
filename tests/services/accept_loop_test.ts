import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  AcceptLoop,
  type AcceptLoopOptions,
  Endpoint,
  type LineConnection,
  Socket,
  SocketError,
} from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { groupOnBoth, testOnBoth } from "./_addresses.ts";
import { assertServesOthers, PATIENCE, polite, raw, reset, sendForever } from "./_clients.ts";
import { DESCRIPTORS, startShort } from "./_short.ts";
import { assertBecomes, assertNothingLeft, openSockets } from "./_leftovers.ts";

/** Each of these waits for a time limit, so they wait together. */
const timeLimits = groupOnBoth("AcceptLoop keeps its time limits");

async function echo(client: LineConnection): Promise<void> {
  for (let line, count = 0; (line = await client.readLine()) !== undefined;) {
    await client.writeLine(`echo, line ${++count}: ${line}`);
  }
}

/** Tests a server that echoes; at the end nothing of it may remain. */
function testServer(
  name: string,
  options: AcceptLoopOptions,
  attack: (server: AcceptLoop) => Promise<void>,
  on = testOnBoth,
): void {
  on(name, async (anyPort) => {
    const server = AcceptLoop.listen(anyPort, echo, options);
    try {
      await attack(server);
    } finally {
      await server.close();
    }
    assertEquals(server.counts.connected, 0);
    await assertNothingLeft([server.endpoint.port]);
  });
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Reads to the end, be it a reset. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  try {
    for (let piece; (piece = await socket.receive()).length > 0;) text += textOf(piece);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    text += error.code;
  }
  return text;
}

testServer("AcceptLoop goes on after clients that connect and leave", {}, async (server) => {
  for (let client = 0; client < 200; client++) (await raw(server.endpoint)).close();
  await assertBecomes(() => server.counts.accepted + server.counts.gone, 200);
  await assertBecomes(() => server.counts.connected, 0);
  await assertServesOthers(server.endpoint);
});

testServer("AcceptLoop goes on after clients that reset at once", {}, async (server) => {
  for (let client = 0; client < 200; client++) reset(await raw(server.endpoint));
  await assertBecomes(() => server.counts.accepted + server.counts.gone, 200);
  await assertBecomes(() => server.counts.connected, 0);
  await assertServesOthers(server.endpoint);
});

testOnBoth(
  "AcceptLoop goes on after clients that reset before they are accepted",
  async (anyPort) => {
    const listener = Socket.tcp({ family: anyPort.family });
    listener.bind(anyPort);
    listener.listen();
    for (let client = 0; client < 50; client++) reset(await raw(listener.localEndpoint()));
    const server = AcceptLoop.listen(listener, echo);
    await assertServesOthers(server.endpoint);
    // Some kernels return such a connection, some fail to accept it; neither leads to a conversation.
    assertEquals([server.counts.gone, server.counts.accepted], [50, 1]);
    assertEquals(server.counts.backOffs, 0);
    await server.close();
    await assertNothingLeft([server.endpoint.port]);
  },
);

testServer(
  "AcceptLoop closes the connection of a silent client, and says why",
  { idleDeadline: 1000 },
  async (server) => {
    const silent = await Promise.all(Array.from({ length: 20 }, () => raw(server.endpoint)));
    await assertServesOthers(server.endpoint);
    const heard = await Promise.all(silent.map(readToEnd));
    assertEquals(new Set(heard), new Set(["closed idle: a whole line comes within 1000 ms\n"]));
    for (const socket of silent) socket.close();
    await assertBecomes(() => server.counts.connected, 0);
  },
  timeLimits,
);

testServer(
  "AcceptLoop closes the connection of a client that sends a byte now and then, or lines for ever",
  { idleDeadline: 1500, totalDeadline: 2500 },
  async (server) => {
    const dripper = await raw(server.endpoint);
    const talker = await raw(server.endpoint);
    const timer = setInterval(() => {
      dripper.send("x").catch(() => {});
      talker.send("x\n").catch(() => {});
    }, 30);
    const heard = await Promise.all([dripper, talker].map(readToEnd));
    clearInterval(timer);
    assertEquals(heard[0], "closed idle: a whole line comes within 1500 ms\n");
    assertEquals(
      heard[1]!.split("\n").at(-2),
      "closed late: a conversation lasts at most 2500 ms",
    );
    dripper.close();
    talker.close();
  },
  timeLimits,
);

testServer("AcceptLoop neither reads nor keeps an endless line", {}, async (server) => {
  const endless = await raw(server.endpoint);
  const memory = Deno.memoryUsage().rss;
  const flood = sendForever(endless, new Uint8Array(100_000).fill(120));
  const heard = readToEnd(endless);
  await assertServesOthers(server.endpoint);
  const { sent, ended } = await flood;
  assertEquals(["ECONNRESET", "EPIPE"].includes(ended), true, ended);
  assertLess(sent, 32 * 2 ** 20, "the server went on reading");
  assertLess(Deno.memoryUsage().rss - memory, 64 * 2 ** 20, "the server kept it");
  assertEquals((await heard).split("\n")[0], "closed line: a line has at most 1024 bytes");
  endless.close();
});

testServer(
  "AcceptLoop closes the connection of a client that sends garbage, and says why",
  {},
  async (server) => {
    const text = "closed text: a line is UTF-8 without control characters\n";
    const cases: [garbage: Uint8Array<ArrayBuffer>, heard: string][] = [
      [new Uint8Array(200).map((_, index) => (index * 89 + 128) % 256), text],
      [new TextEncoder().encode("\x16\x03\x01\x02\0\x01\n"), text], // how TLS begins
      [new TextEncoder().encode("\0".repeat(500) + "\n"), text],
      [
        new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        "echo, line 1: GET / HTTP/1.1\necho, line 2: Host: a\necho, line 3: \n",
      ],
    ];
    for (const [garbage, expected] of cases) {
      const client = await raw(server.endpoint);
      await client.sendAll(garbage);
      client.shutdown("write");
      const heard = await readToEnd(client);
      assertEquals(heard, expected);
      client.close();
      await assertServesOthers(server.endpoint);
    }
  },
);

testServer(
  "AcceptLoop closes the connection of a client that never reads",
  { writeDeadline: 2000 },
  async (server) => {
    const deaf = await raw(server.endpoint);
    const begun = performance.now();
    const line = new TextEncoder().encode(`${"x".repeat(1000)}\n`.repeat(50));
    let isOver = false;
    const flood = sendForever(deaf, line).finally(() => isOver = true);
    await assertServesOthers(server.endpoint);
    assertEquals(isOver, false); // others were served while the server waited for this one
    const { sent, ended } = await flood;
    assertEquals(["ECONNRESET", "EPIPE"].includes(ended), true, ended);
    assertGreaterOrEqual(performance.now() - begun, 999, "it was no deadline that ended it");
    assertLess(sent, 64 * 2 ** 20, "the server went on reading");
    deaf.close();
    await assertBecomes(() => server.counts.connected, 0);
  },
  timeLimits,
);

testServer(
  "AcceptLoop serves 1,000 at once, in little memory",
  { maxConnections: 1001, maxPerAddress: 1001 },
  async (server) => {
    const memory = Deno.memoryUsage().rss;
    const clients = await Promise.all(
      Array.from({ length: 1000 }, () => polite(server.endpoint, { idleDeadline: 10_000 })),
    );
    await assertBecomes(() => server.counts.connected, 1000);
    const answers = await Promise.all(clients.map((client, index) => client.ask(`${index}`)));
    assertEquals(answers, clients.map((_, index) => `echo, line 1: ${index}`));
    await assertServesOthers(server.endpoint);
    assertLess(Deno.memoryUsage().rss - memory, 64 * 2 ** 20);
    for (const client of clients) client.close();
    await assertBecomes(() => server.counts.connected, 0);
  },
);

testOnBoth("AcceptLoop goes on after it runs out of descriptors", async (anyPort) => {
  await using server = await startShort([`${anyPort}`]);
  const { endpoint } = server;
  const inside = await polite(endpoint);
  assertEquals(await inside.ask("a"), "echo, line 1: a");
  const begun = performance.now();
  const crowd = await Promise.all(Array.from({ length: 2 * DESCRIPTORS }, () => raw(endpoint)));
  let { backOffs, connected } = await server.counts();
  while (backOffs < 3 && performance.now() - begun < PATIENCE) {
    await new Promise((go) => setTimeout(go, 20));
    ({ backOffs, connected } = await server.counts());
  }
  assertGreaterOrEqual(backOffs, 3);
  assertLess(connected, DESCRIPTORS);
  // One back-off takes 20 ms, see the server.
  assertLess(backOffs, (performance.now() - begun) / 20 + 2, "it does nothing else");
  assertEquals(await inside.ask("b"), "echo, line 2: b"); // an accepted client does not notice

  for (const socket of crowd) socket.close();
  await assertServesOthers(endpoint);
  inside.close();
  await server.end();
});

testServer(
  "AcceptLoop rejects clients above maxConnections",
  { maxConnections: 3, maxPerAddress: 3 },
  async (server) => {
    const inside = await Promise.all(Array.from({ length: 3 }, () => raw(server.endpoint)));
    await assertBecomes(() => server.counts.connected, 3);
    for (let time = 0; time < 100; time++) {
      using outside = await polite(server.endpoint);
      assertEquals(await outside.readLine(), "closed full: this server takes 3 clients at a time");
      assertEquals(await outside.readLine(), undefined);
    }
    assertEquals(server.counts.rejected, 100);
    for (const socket of inside) socket.close();
    await assertBecomes(() => server.counts.connected, 0);
    await assertServesOthers(server.endpoint);
  },
);

testServer(
  "AcceptLoop gives one address half of its places",
  { maxConnections: 5 },
  async (server) => {
    const inside = await Promise.all(Array.from({ length: 3 }, () => raw(server.endpoint)));
    await assertBecomes(() => server.counts.connected, 3);
    using outside = await polite(server.endpoint);
    const rule = "this server takes 3 clients at a time from one address";
    assertEquals(await outside.readLine(), `closed full: ${rule}`);
    assertEquals(await outside.readLine(), undefined);
    const { accepted, rejected, rejectedPerAddress } = server.counts;
    assertEquals([accepted, rejected, rejectedPerAddress], [3, 1, 1]);
    for (const socket of inside) socket.close();
    await assertBecomes(() => server.counts.connected, 0);
    await assertServesOthers(server.endpoint); // the places are free again
  },
);

testServer(
  "AcceptLoop gives one address as many places as maxPerAddress says",
  { maxConnections: 5, maxPerAddress: 1, whenFull: "wait" },
  async (server) => {
    using _inside = await raw(server.endpoint);
    await assertBecomes(() => server.counts.connected, 1);
    using outside = await polite(server.endpoint);
    const rule = "this server takes 1 clients at a time from one address";
    // It does not wait: behind it, clients from other addresses would have to wait, too.
    assertEquals(await outside.readLine(), `closed full: ${rule}`);
  },
);

/** Connects 2,000 times from 127.0.0.1, four at a time, and closes nothing. */
function flood(server: Endpoint, open: DisposableStack): Promise<unknown> {
  let connected = 0;
  return Promise.all(Array.from({ length: 4 }, async () => {
    while (connected++ < 2_000) open.use(await raw(server));
  }));
}

Deno.test("AcceptLoop serves another address while one connects again and again", async () => {
  await using server = AcceptLoop.listen("127.0.0.1:0", echo, { maxConnections: 200 });
  using open = new DisposableStack();
  const flooding = flood(server.endpoint, open);
  await assertBecomes(() => server.counts.rejectedPerAddress > 0, true);
  for (let visit = 0; visit < 50; visit++) {
    using honest = await polite(server.endpoint, { from: "127.0.0.2:0" });
    assertEquals(await honest.ask("a"), "echo, line 1: a");
  }
  await flooding;
  await assertBecomes(() => server.counts.rejectedPerAddress, 1_900);
  assertEquals(server.counts.rejected, 1_900);
});

testOnBoth(
  "AcceptLoop rejects a client that has sent something without a reset",
  async (anyPort) => {
    const listener = Socket.tcp({ family: anyPort.family });
    listener.bind(anyPort);
    listener.listen();
    using inside = await raw(listener.localEndpoint());
    using outside = await raw(listener.localEndpoint());
    await outside.sendAll("good morning\n");
    await using server = AcceptLoop.listen(listener, echo, { maxConnections: 1 });
    // A reset would have thrown away what is read here, or its end.
    assertEquals(await readToEnd(outside), "closed full: this server takes 1 clients at a time\n");
    await outside.sendAll("once");
    assertEquals(server.counts.rejected, 1);
    inside.close();
  },
);

testServer(
  'AcceptLoop lets clients above maxConnections wait, with whenFull: "wait"',
  { maxConnections: 1, whenFull: "wait" },
  async (server) => {
    const first = await polite(server.endpoint);
    assertEquals(await first.ask("a"), "echo, line 1: a");
    using second = await polite(server.endpoint);
    const answer = second.ask("b");
    await new Promise((go) => setTimeout(go, 50));
    assertEquals([server.counts.accepted, server.counts.connected], [1, 1]);
    first.close();
    assertEquals(await answer, "echo, line 1: b");
  },
);

testServer(
  "AcceptLoop rejects strangers before they count as clients",
  {
    maxConnections: 1,
    reject: ({ remote }) => remote.port % 2 === 0 ? "closed stranger: odd ports only" : undefined,
  },
  async (server) => {
    let [odd, even] = [0, 0];
    for (let time = 0; time < 40; time++) {
      using client = await polite(server.endpoint);
      if (client.tuple.local.port % 2 === 0) {
        assertEquals(await client.readLine(), "closed stranger: odd ports only");
        even++;
      } else {
        assertEquals(await client.ask("a"), "echo, line 1: a");
        odd++;
      }
      client.close();
      await assertBecomes(() => server.counts.connected, 0);
    }
    assertEquals([server.counts.accepted, server.counts.rejected], [odd, even]);
  },
);

testOnBoth("AcceptLoop.close() ends all conversations, and frees the port", async (anyPort) => {
  const server = AcceptLoop.listen(anyPort, echo);
  const clients = await Promise.all(Array.from({ length: 5 }, () => polite(server.endpoint)));
  for (const client of clients) await client.ask("a");
  await Promise.all([server.close(), server.close()]);
  for (const client of clients) {
    assertEquals(await client.readLine(), undefined);
    client.close();
  }
  // The connections that the server closed are in TIME_WAIT; the next server can use the port.
  const again = AcceptLoop.listen(server.endpoint, echo);
  await assertServesOthers(again.endpoint);
  await again.close();
  await assertNothingLeft([server.endpoint.port]);
});

Deno.test("AcceptLoop.close() does not wait for a client to leave", async () => {
  const before = openSockets();
  const server = AcceptLoop.listen("127.0.0.1:0", echo, { maxConnections: 1, whenFull: "wait" });
  const client = await polite(server.endpoint);
  await client.ask("a");
  await server.close();
  client.close();
  const unused = AcceptLoop.listen("127.0.0.1:0", echo);
  await unused.close();
  assertEquals(openSockets(), before);
});

Deno.test("AcceptLoop.close() ends a client that is just being accepted", async () => {
  for (let steps = 0; steps < 30; steps++) {
    const before = openSockets();
    const listener = Socket.tcp();
    listener.bind("127.0.0.1:0");
    listener.listen();
    const client = await raw(listener.localEndpoint());
    const server = AcceptLoop.listen(listener, echo);
    for (let step = 0; step < steps; step++) await undefined;
    await server.close();
    assertEquals(server.counts.connected, 0, `closed after ${steps} steps`);
    client.close();
    assertEquals(openSockets(), before, `closed after ${steps} steps`);
  }
});

Deno.test("AcceptLoop goes on after a fault of its own, and close() reports it", async () => {
  const server = AcceptLoop.listen("127.0.0.1:0", async (client) => {
    const line = await client.readLine();
    if (line === "break") throw new TypeError("Cannot go on");
    await client.writeLine("fine, line 1: good morning");
  });
  using first = await polite(server.endpoint);
  await first.writeLine("break");
  assertEquals(await first.readLine(), undefined);
  await assertServesOthers(server.endpoint);
  const error = await assertRejects(
    () => server.close(),
    AggregateError,
    `${server.endpoint}`,
  );
  assertEquals(error.errors.length, 1);
});

Deno.test("AcceptLoop.listen() refuses what it cannot do, and leaves no socket", () => {
  const before = openSockets();
  const cases: [options: Record<string, unknown>, Class: typeof TypeError, part: string][] = [
    [{ maxConnections: 0 }, RangeError, "0"],
    [{ maxPerAddress: 0 }, RangeError, "0"],
    [{ maxPerAddress: "half" }, TypeError, '"half"'],
    [{ backOff: -1 }, RangeError, "-1"],
    [{ backlog: 0.5 }, RangeError, "0.5"],
    [{ idleDeadline: NaN }, RangeError, "NaN"],
    [{ lineLimit: "9" }, TypeError, '"9"'],
    [{ whenFull: "drop" }, TypeError, '"drop"'],
    [{ reject: "everybody" }, TypeError, '"everybody"'],
    [{ maxConnection: 5 }, TypeError, '"maxConnection"'],
    [null as never, TypeError, "null"],
  ];
  for (const [options, Class, part] of cases) {
    const error = assertThrows(() => AcceptLoop.listen("127.0.0.1:0", echo, options), Class);
    assert(isRefusal(error));
    assertEquals(error.part, part);
  }
  assertThrows(() => AcceptLoop.listen("127.0.0.1:0", "echo" as never), TypeError);
  using taken = Socket.tcp();
  taken.bind("127.0.0.1:0");
  taken.listen();
  const error = assertThrows(() => AcceptLoop.listen(taken.localEndpoint(), echo), SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
  assertThrows(
    () => AcceptLoop.listen("localhost:80", echo),
    SyntaxError,
  );
  taken.close();
  assertEquals(openSockets(), before);
});

Deno.test("AcceptLoop serves an IPv4 client on an IPv6 socket", async () => {
  const socket = Socket.tcp({ family: "IPv6" });
  socket.setOption("v6Only", false);
  socket.bind("[::ffff:127.0.0.1]:0");
  await using server = AcceptLoop.listen(socket, echo);
  await assertServesOthers(Endpoint.from("127.0.0.1", server.endpoint.port));
});
