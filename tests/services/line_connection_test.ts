import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  type Endpoint,
  LineConnection,
  LineConnectionError,
  type LineConnectionOptions,
  Socket,
  SocketError,
} from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { testOnBoth } from "./_addresses.ts";
import { PATIENCE, polite, reset } from "./_clients.ts";

/** Connects a raw socket to a connection with limits. */
async function pair(
  anyPort: Endpoint,
  options: LineConnectionOptions = {},
): Promise<{ peer: Socket; here: LineConnection } & Disposable> {
  using listener = Socket.tcp({ family: anyPort.family, timeout: PATIENCE });
  listener.bind(anyPort);
  listener.listen();
  const peer = Socket.tcp({ family: anyPort.family, timeout: PATIENCE });
  await peer.connect(listener.localEndpoint());
  const here = LineConnection.on(await listener.accept(), options);
  const dispose = () => [peer, here].forEach((end) => end.close());
  return { peer, here, [Symbol.dispose]: dispose };
}

async function textFrom(peer: Socket): Promise<string> {
  let text = "";
  for (let piece; (piece = await peer.receive()).length > 0;) {
    text += new TextDecoder().decode(piece);
  }
  return text;
}

testOnBoth("LineConnection reads lines however the bytes arrive", async (anyPort) => {
  using both = await pair(anyPort);
  const { peer, here } = both;
  await peer.sendAll("one\r\ntwo\nthr");
  assertEquals([await here.readLine(), await here.readLine()], ["one", "two"]);
  const third = here.readLine();
  await peer.sendAll("ee\nand no end");
  assertEquals(await third, "three");
  peer.shutdown("write");
  assertEquals(await here.readLine(), undefined);
  assertEquals(await here.readLine(), undefined);
});

testOnBoth(
  "LineConnection.ask() returns the answer, or says that the other end has left",
  async (anyPort) => {
    using both = await pair(anyPort);
    const { peer, here } = both;
    const asked = here.ask("a?");
    await peer.sendAll("b!\n");
    assertEquals(await asked, "b!");
    peer.shutdown("write");
    const error = await assertRejects(
      () => here.ask("c?"),
      LineConnectionError,
    );
    assertEquals(error.reason, "gone");
  },
);

testOnBoth(
  "LineConnection.readLine() gives a whole line its time, not each byte",
  async (anyPort) => {
    using both = await pair(anyPort, { idleDeadline: 150 });
    const { peer, here } = both;
    const drip = setInterval(() => peer.send("x").catch(() => {}), 20);
    const begun = performance.now();
    try {
      const error = await assertRejects(
        () => here.readLine(),
        LineConnectionError,
      );
      assertEquals([error.reason, error.part], ["idle", "none"]);
    } finally {
      clearInterval(drip);
    }
    assertGreaterOrEqual(performance.now() - begun, 149);
  },
);

testOnBoth("LineConnection.touch() says that the other end is not idle", async (anyPort) => {
  using both = await pair(anyPort, { idleDeadline: 800 });
  const { peer, here } = both;
  const reading = here.readLine();
  const begun = performance.now();
  while (performance.now() - begun < 1000) {
    await new Promise((go) => setTimeout(go, 50));
    here.touch();
  }
  await peer.sendAll("late\n");
  assertEquals(await reading, "late");
});

testOnBoth("LineConnection.readLine() ends a conversation that lasts too long", async (anyPort) => {
  using both = await pair(anyPort, { totalDeadline: 200 });
  const { peer, here } = both;
  const drip = setInterval(() => peer.send("x\n").catch(() => {}), 20);
  try {
    const error = await assertRejects(
      async () => {
        while (await here.readLine() !== undefined);
      },
      LineConnectionError,
    );
    assertEquals(error.reason, "late");
  } finally {
    clearInterval(drip);
  }
});

testOnBoth("LineConnection.readLine() refuses what is not a line", async (anyPort) => {
  const cases: [bytes: string | Uint8Array<ArrayBuffer>, reason: string, rule: string][] = [
    ["x".repeat(100), "line", "a line has at most 16 bytes"],
    ["x".repeat(17) + "\n", "line", "a line has at most 16 bytes"],
    ["\x1b[2J\n", "text", "a line is UTF-8 without control characters"],
    [new Uint8Array([0xff, 0xfe, 10]), "text", "a line is UTF-8 without control characters"],
  ];
  for (const [bytes, reason, rule] of cases) {
    using both = await pair(anyPort, { lineLimit: 16 });
    const { peer, here } = both;
    await peer.sendAll(bytes);
    const error = await assertRejects(
      () => here.readLine(),
      LineConnectionError,
      `Cannot read a line of "${peer.localEndpoint()}": ${rule}, got `,
    );
    assertEquals([error.reason, error.rule], [reason, rule]);
  }
});

testOnBoth(
  "LineConnection.writeLine() gives up when the other end does not read",
  async (anyPort) => {
    using both = await pair(anyPort, { writeDeadline: 100 });
    const { here } = both;
    const error = await assertRejects(
      async () => {
        for (;;) await here.writeLine("x".repeat(60_000));
      },
      LineConnectionError,
    );
    assertEquals(error.reason, "unread");
  },
);

testOnBoth(
  "LineConnection.writeLine() gives up when the other end reads a little at a time",
  async (anyPort) => {
    using both = await pair(anyPort, { writeDeadline: 200 });
    const { peer, here } = both;
    const begun = performance.now();
    let over = false;
    const writing = assertRejects(() => here.writeLine("x".repeat(20_000_000)), LineConnectionError)
      .finally(() => over = true);
    for (let sip = 0; !over && sip < 400; sip++) {
      await peer.receive();
      await new Promise((go) => setTimeout(go, 25)); // all of it would take seven seconds
    }
    assertEquals((await writing).reason, "unread");
    assertLess(performance.now() - begun, 4000);
  },
);

testOnBoth(
  "LineConnection.end() lets the last line be read, unread input or not",
  async (anyPort) => {
    using both = await pair(anyPort);
    const { peer, here } = both;
    await peer.sendAll("x".repeat(30_000)); // a close with this unread would be a reset
    const ended = here.end("closed line: too long");
    assertEquals(await textFrom(peer), "closed line: too long\n");
    await peer.sendAll("more"); // no reset: the server still reads
    peer.close();
    await ended;
    assertEquals(here.isClosed, true);
  },
);

testOnBoth(
  "LineConnection.end() does not wait long for a client that stays, or goes on sending",
  async (anyPort) => {
    using both = await pair(anyPort);
    const { peer, here } = both;
    let sent = 0;
    const flood = (async () => {
      for (;;) sent += await peer.send(new Uint8Array(10_000));
    })();
    await here.end();
    const error = await assertRejects(() => flood, SocketError);
    assertEquals(["ECONNRESET", "EPIPE"].includes(error.code), true, error.code);
  },
);

testOnBoth("LineConnection reports a reset, and its own close", async (anyPort) => {
  using both = await pair(anyPort);
  const { peer, here } = both;
  const reading = assertRejects(() => here.readLine(), SocketError);
  reset(peer);
  assertEquals((await reading).code, "ECONNRESET");
  await here.end("nobody hears this");

  using second = await pair(anyPort);
  const closing = assertRejects(() => second.here.readLine(), SocketError);
  second.here.close();
  assertEquals((await closing).code, "ECANCELED");
});

testOnBoth("LineConnection.connect() leaves no socket behind when it fails", async (anyPort) => {
  const listener = Socket.tcp({ family: anyPort.family });
  listener.bind(anyPort);
  const nobody = listener.localEndpoint();
  const error = await assertRejects(() => polite(nobody), SocketError);
  assertEquals([error.call, error.code], ["connect", "ECONNREFUSED"]);
  listener.close();
});

Deno.test("LineConnection refuses options that are not known, and limits out of bounds", async () => {
  const cases: [options: Record<string, unknown>, Class: typeof TypeError, part: string][] = [
    [{ idleDeadline: 0 }, RangeError, "0"],
    [{ totalDeadline: NaN }, RangeError, "NaN"],
    [{ writeDeadline: -1.5 }, RangeError, "-1.5"],
    [{ lineLimit: 65537 }, RangeError, "65537"],
    [{ lineLimit: 1.5 }, RangeError, "1.5"],
    [{ idleDeadline: 2 ** 31 }, RangeError, "2147483648"],
    [{ idleDeadline: "1000" }, TypeError, '"1000"'],
    [{ idleDeadlines: 1000 }, TypeError, '"idleDeadlines"'],
  ];
  using socket = Socket.tcp();
  for (const [options, Class, part] of cases) {
    const refused = [
      await assertRejects(() => LineConnection.connect("127.0.0.1:1", options), Class),
      assertThrows(() => LineConnection.on(socket, options), Class),
    ];
    for (const error of refused) {
      assert(isRefusal(error));
      assertEquals(error.part, part);
    }
  }
  await assertRejects(
    () => LineConnection.connect("127.0.0.1:1", { from: 80 as never }),
    TypeError,
  );
  assertThrows(() => LineConnection.on("127.0.0.1:1" as never), TypeError);
});
