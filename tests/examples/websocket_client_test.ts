import { assertEquals, assertMatch } from "@std/assert";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("websocket_client.ts");

test("hears what the server says first, and is answered", async () => {
  await using server = start("websocket_server.ts", 0, "127.0.0.1", 300, 2);
  await using client = start(
    "websocket_client.ts",
    await portOf(server),
    "127.0.0.1",
    100,
    "hi\x1b",
  );
  const { code, lines } = await client.ended;
  assertEquals(code, 0);
  assertMatch(lines[0]!, /^Received: "Welcome, 127\.0\.0\.1:\d+"$/);
  assertEquals(lines.slice(1), [
    String.raw`Received: "You said hi\x1b"`,
    'Received: "News 1 of 2"',
    'Received: "News 2 of 2"',
    "Closed with code 1000",
  ]);
});

test("leaves after as many messages as it wants, over IPv6", async () => {
  await using server = start("websocket_server.ts", 0, "::1", 10);
  await using client = start("websocket_client.ts", await portOf(server), "::1", 3);
  const { code, lines } = await client.ended;
  assertEquals([code, lines.length, lines.at(-1)], [0, 4, "Closed with code 1000"]);
  await server.line(/^Closed \[::1\]:\d+$/);
});

test("says in one line that a server speaks something else", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  await using client = start("websocket_client.ts", port);
  const { code, errorLines } = await client.ended;
  assertEquals([code, errorLines.length], [1, 1]);
  assertMatch(errorLines[0]!, /^Cannot get an answer from 127\.0\.0\.1 port \d+: .*200/);
});

test("says in one line that its address is none", async () => {
  await using client = start("websocket_client.ts", 1, "not an address");
  const { code, errorLines } = await client.ended;
  assertEquals([code, errorLines.length], [1, 1]);
  await using countless = start("websocket_client.ts", 1, "127.0.0.1", "many");
  const line = 'Cannot use count "many": it must be a whole number from 1 to 100000';
  await assertRefuses(countless, { code: 2, line });
});
