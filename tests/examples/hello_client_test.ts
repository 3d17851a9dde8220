import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { assertRefuses, portOf, start } from "./_example.ts";

Deno.test("hello_client.ts and hello_server.ts tell the same conversation", async () => {
  await using server = start("hello_server.ts", 0);
  const port = await portOf(server);
  const started = performance.now();
  await using client = start("hello_client.ts", port);
  const [, address] = await client.line(/^Connected (\S+) -> 127\.0\.0\.1:(\d+)$/);
  await server.line(`Received from ${address}: "Hello from client!"`);
  const { code, lines } = await client.ended;
  assertEquals({ code, last: lines.at(-1) }, { code: 0, last: 'Received: "Hello from server!"' });
  assertLess(performance.now() - started, 2_500); // done is done: no timer keeps it
});

Deno.test("hello_client.ts puts an answer together that comes in pieces", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("hello_client.ts", listener.addr.port);
  using connection = await listener.accept();
  for (const piece of ["Hel", "lo, ", "\xfc\x1b"]) {
    await connection.write(new TextEncoder().encode(piece));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await connection.closeWrite();
  await client.line(String.raw`Received: "Hello, ü\x1b"`);
});

Deno.test("hello_client.ts takes no more than it can use of an answer without an end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("hello_client.ts", listener.addr.port);
  using connection = await listener.accept();
  await connection.write(new Uint8Array(5000).fill(0x61));
  const [, answer] = await client.line(/^Received: "(a*)"$/);
  assertEquals(answer?.length, 1024);
  assertEquals((await client.ended).code, 0);
});

Deno.test("hello_client.ts gives up a server that keeps silent, in one line", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using client = start("hello_client.ts", port);
  using _silent = await listener.accept();
  const { code, lines, errorLines } = await client.ended;
  assertEquals({ code, errorLines }, {
    code: 1,
    errorLines: [
      `Cannot get an answer from 127.0.0.1 port ${port}: no answer within 3 seconds`,
    ],
  });
  assertMatch(lines[0] ?? "", /^Connected/);
});

Deno.test("hello_client.ts says in one line that nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = start("hello_client.ts", port);
  const why = "ConnectionRefused: Connection refused";
  const line = `Cannot get an answer from 127.0.0.1 port ${port}: ${why}`;
  await assertRefuses(client, { code: 1, line });
});
