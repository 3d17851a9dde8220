import { assert, assertEquals } from "@std/assert";
import {
  ask,
  assertBecomesFree,
  assertCloses,
  assertHearsOut,
  assertRefuses,
  Client,
  connectAndReset,
  portOf,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("hello_server.ts");

const GREETING = "Hello from server!";
const unix = Deno.build.os !== "windows";

test("says who came and what was received, answers and closes", async () => {
  await using server = start("hello_server.ts", 0);
  const port = await portOf(server);
  using client = await Client.connect(port);
  await client.send("Hello from client!");
  assertEquals(await client.read(GREETING.length), GREETING);
  assertEquals(await client.read(), ""); // it has closed its side, though we have not closed ours
  await client.endInput();
  await server.line(`Closed ${client.address}`);
  assertEquals(server.lines, [
    `Listening on 127.0.0.1:${port}`,
    `Connection from ${client.address}`,
    `Received from ${client.address}: "Hello from client!"`,
    `Closed ${client.address}`,
  ]);
  await assertCloses(server, "SIGINT");
});

test("greets one client after the other, also those that say nothing", async () => {
  await using server = start("hello_server.ts", 0);
  const port = await portOf(server);
  for (const text of ["1", "", "2"]) {
    assertEquals(await ask(port, text), GREETING);
    await server.line(`: "${text}"`);
  }
});

test("hears out a client that says more than it has read, so the greeting arrives", async () => {
  await using server = start("hello_server.ts", 0);
  using client = await Client.connect(await portOf(server));
  await client.send("x".repeat(100_000));
  assertEquals(await client.read(GREETING.length), GREETING);
  await assertHearsOut(client);
  await server.line(`Closed ${client.address}`);
});

test("prints what a terminal would obey as escapes", async () => {
  await using server = start("hello_server.ts", 0);
  assertEquals(await ask(await portOf(server), "\x1b[2J\x9b31m\n\xff"), GREETING);
  await server.line(String.raw`: "\x1b[2J\x9b31m\nÿ"`);
});

test("goes on when a client leaves at once", async () => {
  await using server = start("hello_server.ts", 0);
  const port = await portOf(server);
  for (let visit = 0; visit < 10; visit++) {
    (await Client.connect(port))[Symbol.dispose]();
    await connectAndReset(port);
  }
  assertEquals(await ask(port, "still there?"), GREETING);
  await assertCloses(server, "SIGINT");
});

test({
  name: "goes on when a client resets before it is accepted",
  ignore: !unix,
  async fn() {
    await using server = start("hello_server.ts", 0);
    const port = await portOf(server);
    await resetBeforeAccept(server, port);
    await server.line("Not accepted: NotConnected");
    assertEquals(await ask(port, "still there?"), GREETING);
    await assertCloses(server, "SIGINT");
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test({
    name: `closes what is open on ${signal}, and its port is free again`,
    ignore: !unix,
    async fn() {
      await using server = start("hello_server.ts", 0);
      const port = await portOf(server);
      using client = await Client.connect(port);
      await server.line(`Connection from ${client.address}`);
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
      assert(server.lines.includes(`Closing on ${signal}`));
      await assertBecomesFree(port);
    },
  });
}

test("listens on the address that it is given, IPv4 or IPv6", async () => {
  for (const [hostname, printed] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]] as const) {
    await using server = start("hello_server.ts", 0, hostname);
    const port = await portOf(server);
    using client = await Client.connect(port, hostname);
    await client.endInput();
    assertEquals(await client.read(), GREETING);
    assertEquals(server.lines[0], `Listening on ${printed}:${port}`);
    await server.line(`Connection from ${client.address}`);
  }
});

test("says in one line that its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("hello_server.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});

test("refuses seconds that are no whole number", async () => {
  await using server = start("hello_server.ts", 0, "127.0.0.1", "1e3");
  const line = 'Cannot use seconds "1e3": it must be a whole number from 0 to 3600';
  await assertRefuses(server, { code: 2, line });
});
