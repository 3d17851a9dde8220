import { assertEquals, assertLess } from "@std/assert";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("hello_client.ts");

test("and hello_server.ts print the same conversation", async () => {
  await using server = start("hello_server.ts", 0);
  const port = await portOf(server);
  await using client = start("hello_client.ts", port);
  const [, address] = await client.line(/^Connected (\S+) -> 127\.0\.0\.1:(\d+)$/);
  await server.line(`Received from ${address}: "Hello from client!"`);
  await client.line('Received: "Hello from server!"');
  const received = performance.now();
  assertEquals((await client.ended).code, 0);
  assertLess(performance.now() - received, 2_500); // its timer of 3 seconds does not keep it
});

test("puts an answer together that comes in pieces", async () => {
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

test("takes no more than it can use of an answer without an end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("hello_client.ts", listener.addr.port);
  using connection = await listener.accept();
  await connection.write(new Uint8Array(5000).fill(0x61));
  const [, answer] = await client.line(/^Received: "(a*)" and more$/);
  assertEquals(answer?.length, 1024);
  assertEquals((await client.ended).code, 0);
});

test("says in one line that nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = start("hello_client.ts", port);
  const why = "ConnectionRefused: Connection refused";
  const line = `Cannot get an answer from 127.0.0.1 port ${port}: ${why}`;
  await assertRefuses(client, { code: 1, line });
});
