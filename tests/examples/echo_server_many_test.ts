import { assert, assertEquals, assertLess } from "@std/assert";
import {
  ask,
  assertCloses,
  assertRefuses,
  Client,
  connectAndReset,
  portOf,
  resetBeforeAccept,
  start,
} from "./_example.ts";

const unix = Deno.build.os !== "windows";

Deno.test("echo_server_many.ts echoes to many clients at the same time, to each its own", async () => {
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

Deno.test("echo_server_many.ts echoes every byte of a long text", async () => {
  await using server = start("echo_server_many.ts", 0);
  using client = await Client.connect(await portOf(server));
  const text = Array.from({ length: 2_000_000 }, (_, index) => `${index} `).join("");
  // Reading begins late: until then the server's writes find less and less room.
  const late = new Promise((resolve) => setTimeout(resolve, 300));
  const [echo] = await Promise.all([late.then(() => client.read(text.length)), client.send(text)]);
  assert(echo === text, "the echo is another text");
});

Deno.test("echo_server_many.ts goes on when a client leaves or resets at once", async () => {
  await using server = start("echo_server_many.ts", 0);
  const port = await portOf(server);
  for (let visit = 0; visit < 10; visit++) {
    (await Client.connect(port))[Symbol.dispose]();
    await connectAndReset(port);
  }
  assertEquals(await ask(port, "still there?"), "still there?");
  await assertCloses(server, "SIGINT");
});

Deno.test({
  name: "echo_server_many.ts goes on when a client resets before it is accepted",
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

Deno.test("echo_server_many.ts hangs up on clients that never send or never read, and serves others", async () => {
  await using server = start("echo_server_many.ts", 0, "127.0.0.1", 2);
  const port = await portOf(server);
  using silent = await Client.connect(port);
  using deaf = await Client.connect(port);
  // Both ends' buffers fill up, then the server cannot write on, and our writing ends in an error.
  const flood = (async () => {
    const data = new Uint8Array(1_000_000);
    while (true) await deaf.send(data);
  })().catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const started = performance.now();
  assertEquals(await ask(port, "hello"), "hello");
  assertLess(performance.now() - started, 1_900);
  await server.line(`Lost ${silent.address}: Interrupted`);
  await server.line(`Lost ${deaf.address}: Interrupted`);
  const error = await flood;
  assert(
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe,
    String(error),
  );
});

Deno.test("echo_server_many.ts turns away whoever comes on top of five hundred", async () => {
  await using server = start("echo_server_many.ts", 0);
  const port = await portOf(server);
  using open = new DisposableStack();
  for (let count = 0; count < 500; count++) open.use(await Client.connect(port));
  await server.line("500 open");
  using late = await Client.connect(port);
  assertEquals(await late.read(), "");
  await assertCloses(server, "SIGINT");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `echo_server_many.ts closes what is open on ${signal}`,
    ignore: !unix,
    async fn() {
      await using server = start("echo_server_many.ts", 0);
      const port = await portOf(server);
      using client = await Client.connect(port);
      await server.line(`Connected by ${client.address}`);
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    },
  });
}

Deno.test("echo_server_many.ts says in one line that its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("echo_server_many.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});
