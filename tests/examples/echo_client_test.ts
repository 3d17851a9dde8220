import { assertEquals, assertLess, assertMatch } from "@std/assert";
import type { ProgramResult } from "../../lib/program/program.ts";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("echo_client.ts");

test("has its messages echoed and leaves", async () => {
  await using server = start("echo_server.ts", 0);
  const port = await portOf(server);
  await using client = start("echo_client.ts", port, "127.0.0.1", "one", "", "zwö\x1b");
  await client.line("Closed");
  const closed = performance.now();
  const { code, lines } = await client.ended;
  assertEquals(code, 0);
  assertLess(performance.now() - closed, 2_500); // its timer of 3 seconds does not keep it
  assertMatch(
    lines[0] ?? "",
    new RegExp(`^Connected 127\\.0\\.0\\.1:\\d+ -> 127\\.0\\.0\\.1:${port}$`),
  );
  assertEquals(lines.slice(1), ['Echo: "one"', 'Echo: ""', 'Echo: "zwö\\x1b"', "Closed"]);
  assertEquals((await server.ended).lines.slice(3), [
    "Echoed 3 bytes",
    "Echoed 5 bytes",
    "End of input",
  ]);
});

test("waits for all bytes of an echo that comes in pieces", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("echo_client.ts", listener.addr.port, "127.0.0.1", "abc");
  using connection = await listener.accept();
  for (const piece of ["a", "b", "c"]) {
    await connection.write(new TextEncoder().encode(piece));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await client.line('Echo: "abc"');
});

test("says in one line that the server stopped half way", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const line = `Cannot get an echo from 127.0.0.1 port ${port}: `;
  await using client = start("echo_client.ts", port, "127.0.0.1", "abc");
  using connection = await listener.accept();
  await connection.write(new TextEncoder().encode("ab"));
  await connection.closeWrite();
  const half = await client.ended;
  assertEquals(
    { code: half.code, errorLines: half.errorLines },
    { code: 1, errorLines: [`${line}Error: the server closed after 2 of 3 bytes`] },
  );
});

test("says in one line that nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = start("echo_client.ts", port);
  const why = "ConnectionRefused: Connection refused";
  const line = `Cannot get an echo from 127.0.0.1 port ${port}: ${why}`;
  await assertRefuses(client, { code: 1, line });
});

/** Starts the client, and answers as a server that is no echo server. */
async function hearFalseEcho(echo: string): Promise<ProgramResult> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("echo_client.ts", listener.addr.port, "127.0.0.1", "abc");
  using connection = await listener.accept();
  await connection.write(new TextEncoder().encode(echo));
  await connection.closeWrite();
  return await client.ended;
}

test("says that other bytes came back, or more than were sent", async () => {
  for (
    const [echo, why] of [
      ["abd", 'the server sent "abd" instead of "abc"'],
      ["ABC", 'the server sent "ABC" instead of "abc"'],
      ["abcd", "the server sent more than it received"],
      ["abcabc", "the server sent more than it received"],
    ] as const
  ) {
    const { code, lines, errorLines } = await hearFalseEcho(echo);
    assertEquals([code, errorLines.length], [1, 1], echo);
    assertMatch(errorLines[0]!, new RegExp(`${why}$`));
    assertEquals(lines.includes("Closed"), false);
  }
});
