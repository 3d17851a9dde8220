import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { allClosed, connectionsWhen } from "../../lib/observe/connections_when.ts";

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
      `^Cannot wait longer for the kernel's table: the limit is 20 ms, got\nprotocol.*\ntcp +LISTEN +127\\.0\\.0\\.1:${port}`,
    ),
  );
});

Deno.test("connectionsWhen() refuses a limit that would not be one", async () => {
  const table: [timeout: unknown, kind: typeof TypeError, message: string][] = [
    [NaN, RangeError, 'Cannot wait "NaN" ms for the kernel\'s table: a limit is 0 to 2147483647 '],
    [Infinity, RangeError, 'Cannot wait "Infinity" ms '],
    [-1, RangeError, 'Cannot wait "-1" ms '],
    ["20", TypeError, 'Cannot wait "20" ms '],
  ];
  for (const [timeout, kind, message] of table) {
    const options = { timeout: timeout as number };
    const error = await assertRejects(() => connectionsWhen({}, () => false, options), kind);
    assert(error.message.startsWith(message), error.message);
    await assertRejects(() => allClosed([], options), kind);
  }
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
