import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { allClosed, connectionsWhen } from "../../lib/observe/connections_when.ts";
import { listeners } from "../../lib/observe/connections.ts";
import { OwnRows } from "../../lib/observe/_own_rows.ts";
import type { Connection } from "../../lib/observe/rows/connection.ts";
import { isRefusal } from "../../lib/refusal.ts";
import { row } from "./_rows.ts";

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

Deno.test("connectionsWhen() returns the rows of the moment at which the condition holds", async () => {
  using listener = listen();
  const { port } = listener.addr;
  const calling = new Promise<Deno.TcpConn>((resolve) =>
    setTimeout(() => resolve(Deno.connect({ hostname: "127.0.0.1", port })), 30)
  );
  const rows = await connectionsWhen({ localPort: port }, (rows) => rows.length === 2);
  assertEquals(rows.map((row) => row.state), ["LISTEN", "ESTABLISHED"]);
  (await calling).close();
});

Deno.test("connectionsWhen() tells the rows as they stood when the time is over", async () => {
  using listener = listen();
  const { port } = listener.addr;
  const error = await assertRejects(
    () => connectionsWhen({ port }, (rows) => rows.length === 0, { timeout: 20 }),
    DOMException,
  );
  assertEquals(error.name, "TimeoutError");
  assertMatch(
    error.message,
    new RegExp(
      `: the limit is 20 ms, got\nprotocol.*\ntcp +LISTEN +127\\.0\\.0\\.1:${port}`,
    ),
  );
});

Deno.test("connectionsWhen() and allClosed() refuse wrong options at once", async () => {
  const table: [options: object, kind: ErrorConstructor, part: string][] = [
    [{ timeout: NaN }, RangeError, "NaN"],
    [{ timeout: Infinity }, RangeError, "Infinity"],
    [{ timeout: -1 }, RangeError, "-1"],
    [{ timeout: "20" }, TypeError, '"20"'],
    [{ timout: 20 }, TypeError, '"timout"'],
    [{ network: 5 }, TypeError, "5"],
  ];
  for (const [options, kind, part] of table) {
    for (
      const wait of [() => connectionsWhen({}, () => false, options), () => allClosed([], options)]
    ) {
      const error = await assertRejects(wait, kind);
      assert(isRefusal(error));
      assertEquals(error.part, part);
    }
  }
  await assertRejects(() => connectionsWhen({}, "rows" as never), TypeError);
});

Deno.test("connectionsWhen() refuses a bad filter at once", async () => {
  await assertRejects(async () => await connectionsWhen({ port: 70000 }, () => true), RangeError);
});

Deno.test("allClosed() returns what is in TIME_WAIT, and refuses what is open", async () => {
  const listener = listen();
  const { port } = listener.addr;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  const accepted = await listener.accept();
  const error = await assertRejects(() => allClosed([port], { timeout: 20 }), DOMException);
  const rows = error.message.split("\n").slice(2);
  assertEquals(rows.filter((row) => !row.includes(`:${port}`)), [], "the rows of others");
  client.close();
  accepted.close();
  listener.close();
  assert((await allClosed([port])).every((row) => row.state === "TIME_WAIT"));
});

Deno.test("allClosed() refuses what is no port", async () => {
  await assertRejects(() => allClosed([80.5]), RangeError);
});

/** A program that listens at 127.0.0.1, tells its port and its process, and ends after a minute. */
const LISTEN = `
  const { port } = Deno.listen({ hostname: "127.0.0.1", port: 0 }).addr;
  console.log(JSON.stringify([port, Deno.pid]));
  setTimeout(() => Deno.exit(), 60_000);
`;

Deno.test("allClosed() counts the sockets of programs that this one has started, and no others", async () => {
  const run = `"$0" eval "$1"`;
  const own = await started(`exec ${run}`);
  // The shell ends at once, so that nobody here is the parent of what it has started.
  const foreign = await started(`${run} &`);
  try {
    const [ownPort, foreignPort] = [own.port, foreign.port];
    await allClosed([foreignPort], { timeout: 0 });
    const error = await assertRejects(
      () => allClosed([ownPort, foreignPort], { timeout: 0 }),
      DOMException,
    );
    assertMatch(error.message, new RegExp(`127\\.0\\.0\\.1:${ownPort}`));
    assert(!error.message.includes(`:${foreignPort}`), error.message);

    // A connection to somebody else's server is one's own at one end.
    const client = await Deno.connect({ hostname: "127.0.0.1", port: foreignPort });
    await assertRejects(() => allClosed([foreignPort], { timeout: 0 }), DOMException);
    client.close();
    await allClosed([client.localAddr.port, foreignPort]);
  } finally {
    for (const { pid, child } of [own, foreign]) {
      Deno.kill(pid, "SIGKILL");
      await child.status;
    }
  }
  await allClosed([own.port]);

  async function started(script: string) {
    const child = new Deno.Command("sh", {
      args: ["-c", script, Deno.execPath(), LISTEN],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of lines) {
      const [port, pid] = JSON.parse(text) as [number, number];
      return { port, pid, child };
    }
    throw new Error("The program has not told its port");
  }
});

Deno.test("OwnRows goes by the listener before accept, and by the other end after close", () => {
  using listener = listen();
  const own = listeners({ protocol: "tcp", localPort: listener.addr.port })[0]!;
  const { inode } = own;
  const foreign = 2 ** 31;
  const at = (text: string, inode: number) => ({ ...row(text), inode });
  const server = String(own.local);
  const table: [title: string, rows: Connection[], own: number[]][] = [
    ["a queue of one's own", [own, at(`tcp ESTABLISHED ${server} 127.0.0.1:9`, 0)], [0, 1]],
    ["somebody else's queue", [
      at("tcp LISTEN 127.0.0.1:8", foreign),
      at("tcp ESTABLISHED 127.0.0.1:8 127.0.0.1:9", 0),
    ], []],
    ["the other end is open here", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", inode),
    ], [0, 1]],
    ["the other end is open elsewhere", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", foreign),
    ], []],
    ["the other end is not in the table", [at("tcp FIN_WAIT_2 127.0.0.1:8 1.1.1.1:443", 0)], []],
    ["both ends are closed", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp LAST_ACK 127.0.0.1:9 127.0.0.1:8", 0),
    ], [0, 1]],
    ["nothing but TIME_WAIT", [at("tcp TIME_WAIT 127.0.0.1:8 127.0.0.1:9", 0)], []],
  ];
  for (const [title, rows, expected] of table) {
    assertEquals(new OwnRows().openIn(rows), expected.map((index) => rows[index]!), title);
  }

  const following = new OwnRows();
  const [open, closed] = [
    at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", inode),
    at("tcp LAST_ACK 127.0.0.1:9 127.0.0.1:8", 0),
  ];
  following.openIn([open!]);
  assertEquals(following.openIn([closed!]), [closed], "it was open in the reading before");
});
