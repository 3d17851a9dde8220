import { assertEquals } from "@std/assert";
import {
  assertCloses,
  assertRefuses,
  Client,
  portOf,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("echo_server.ts");

const unix = Deno.build.os !== "windows";

test("serves one client to its end of input, says each step, and ends", async () => {
  await using server = start("echo_server.ts", 0);
  const port = await portOf(server);
  using client = await Client.connect(port);
  for (const text of ["one", "another"]) {
    await client.send(text);
    assertEquals(await client.read(text.length), text);
    await server.line(`Echoed ${text.length} bytes`);
  }
  await client.endInput();
  assertEquals(await client.read(), "");
  assertEquals(await server.ended, {
    code: 0,
    signal: null,
    lines: [
      `Listening on 127.0.0.1:${port}`,
      `Connected by ${client.address}`,
      `Accepted socket 127.0.0.1:${port}`,
      "Echoed 3 bytes",
      "Echoed 7 bytes",
      "End of input",
    ],
    errorLines: [],
  });
});

test("echoes every byte of a long text", async () => {
  await using server = start("echo_server.ts", 0);
  using client = await Client.connect(await portOf(server));
  const text = Array.from({ length: 60_000 }, (_, index) => `${index} `).join("");
  const [echo] = await Promise.all([client.read(text.length), client.send(text)]);
  assertEquals(echo, text);
  await client.endInput();
  assertEquals((await server.ended).lines.at(-1), "End of input");
});

test("ends without a fuss when its client resets", async () => {
  await using server = start("echo_server.ts", 0);
  using client = await Client.connect(await portOf(server));
  await client.send("never read");
  await server.line("Echoed");
  client[Symbol.dispose](); // with the echo unread: that is a reset
  await server.line(/Lost the client: ConnectionReset|End of input/);
  const { code, errorLines } = await server.ended;
  assertEquals({ code, errorLines }, { code: 0, errorLines: [] });
});

test({
  name: "serves the next client when the first one resets before it is accepted",
  ignore: !unix,
  async fn() {
    await using server = start("echo_server.ts", 0);
    const port = await portOf(server);
    await resetBeforeAccept(server, port);
    await server.line("Not accepted: NotConnected");
    using client = await Client.connect(port);
    await client.send("hi");
    assertEquals(await client.read(2), "hi");
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test({
    name: `closes on ${signal}, with and without a client`,
    ignore: !unix,
    async fn() {
      await using alone = start("echo_server.ts", 0);
      await portOf(alone);
      await assertCloses(alone, signal);
      await using server = start("echo_server.ts", 0);
      using client = await Client.connect(await portOf(server));
      await server.line("Connected");
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
    },
  });
}

test("says in one line that its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("echo_server.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});
