import { assert, assertEquals } from "@std/assert";
import {
  ask,
  assertBecomesFree,
  assertCloses,
  assertRefuses,
  Client,
  connectAndReset,
  portOf,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("echo_server_many.ts");

const unix = Deno.build.os !== "windows";

test("echoes to many clients at the same time, to each its own", async () => {
  await using server = start("echo_server_many.ts", 0);
  const port = await portOf(server);
  using open = new DisposableStack();
  const clients: Client[] = [];
  for (let count = 0; count < 50; count++) clients.push(open.use(await Client.connect(port)));
  for (const [index, client] of clients.entries()) await client.send(`I am ${index}`);
  for (const [index, client] of clients.entries()) {
    const text = `I am ${index}`;
    assertEquals(await client.read(text.length), text);
    await client.endInput();
    assertEquals(await client.read(), "");
    await server.line(`Closed ${client.address} after ${text.length} bytes`);
  }
  await server.line(/^Connected by \S+, 50 open$/);
  await assertCloses(server, "SIGINT");
});

test("echoes every byte of a long text", async () => {
  await using server = start("echo_server_many.ts", 0);
  using client = await Client.connect(await portOf(server));
  const text = Array.from({ length: 2_000_000 }, (_, index) => `${index} `).join("");
  // Reading begins late: until then the server's writes find less and less room.
  const late = new Promise((resolve) => setTimeout(resolve, 300));
  const [echo] = await Promise.all([late.then(() => client.read(text.length)), client.send(text)]);
  assert(echo === text, "the echo is another text");
});

test("goes on when a client leaves or resets at once", async () => {
  await using server = start("echo_server_many.ts", 0);
  const port = await portOf(server);
  for (let visit = 0; visit < 10; visit++) {
    (await Client.connect(port))[Symbol.dispose]();
    await connectAndReset(port);
  }
  assertEquals(await ask(port, "still there?"), "still there?");
  await assertCloses(server, "SIGINT");
});

test({
  name: "goes on when a client resets before it is accepted",
  ignore: !unix,
  async fn() {
    await using server = start("echo_server_many.ts", 0);
    const port = await portOf(server);
    await resetBeforeAccept(server, port);
    await server.line("Not accepted: NotConnected");
    assertEquals(await ask(port, "still there?"), "still there?");
    await assertCloses(server, "SIGINT");
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test({
    name: `closes what is open on ${signal}`,
    ignore: !unix,
    async fn() {
      await using server = start("echo_server_many.ts", 0);
      const port = await portOf(server);
      using client = await Client.connect(port);
      await server.line(`Connected by ${client.address}`);
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
      await assertBecomesFree(port);
    },
  });
}

test("says in one line that its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("echo_server_many.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});
