import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("connection_per_request_client.ts");

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`has another port for each question to ${hostname}`, async () => {
    await using server = start("http_server.ts", 0, hostname);
    const port = await portOf(server);
    await using client = start("connection_per_request_client.ts", port, hostname, 5);
    const { code, lines } = await client.ended;
    assertEquals(code, 0);
    const parts = lines.slice(0, -1).map((line) => /^[\d.]+ ms from (\S+): "(.*)"$/.exec(line)!);
    assertEquals(
      parts.map(([, , answer]) => answer),
      [1, 2, 3, 4, 5].map((number) => String.raw`You asked for /${number}\n`),
    );
    const addresses = parts.map(([, address]) => address!);
    assertEquals(new Set(addresses).size, 5);
    for (const address of addresses) await server.line(`Closed ${address} after 1 answers`);
    assertMatch(lines.at(-1)!, /^5 answers over 5 connections in [\d.]+ ms$/);
  });
}

test("refuses what is no whole answer", async () => {
  const bad: [string, string][] = [
    ["HTTP/1.1 404 Not Found\r\n\r\n", "Error: HTTP/1.1 404 Not Found"],
    ["HTTP/1.1 200 OK\r\n", "Error: the connection ended before the answer"],
    [
      `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(70_000)}`,
      "Error: the answer has over 65536 bytes",
    ],
  ];
  for (const [text, why] of bad) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using client = start("connection_per_request_client.ts", listener.addr.port);
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    await connection.write(new TextEncoder().encode(text));
    await connection.closeWrite();
    const { code, errorLines } = await client.ended;
    assertEquals(code, 1);
    assertStringIncludes(errorLines[0]!, `127.0.0.1 port ${listener.addr.port}: ${why}`);
  }
});
