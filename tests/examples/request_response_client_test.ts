import { assertEquals, assertMatch } from "@std/assert";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("request_response_client.ts");

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`asks all it has on one connection to ${hostname}`, async () => {
    await using server = start("http_server.ts", 0, hostname);
    const port = await portOf(server);
    await using client = start("request_response_client.ts", port, hostname, 5);
    const [, from] = await client.line(/^Connected (\S+) -> /);
    const { code, lines } = await client.ended;
    assertEquals(code, 0);
    const answers = lines.slice(1, -1).map((line) => /^[\d.]+ ms: "(.*)"$/.exec(line)?.[1]);
    assertEquals(answers, [1, 2, 3, 4, 5].map((number) => String.raw`You asked for /${number}\n`));
    assertMatch(lines.at(-1)!, /^5 answers over 1 connection in [\d.]+ ms$/);
    await server.line(`Closed ${from} after 5 answers`);
  });
}

/** Answers the client's first request in pieces. */
async function answerInPieces(pieces: readonly string[]): Promise<{ lines: readonly string[] }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("request_response_client.ts", listener.addr.port, "127.0.0.1", 1);
  using connection = await listener.accept();
  await connection.read(new Uint8Array(1024));
  for (const piece of pieces) {
    await connection.write(new TextEncoder().encode(piece));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await connection.closeWrite();
  return await client.ended;
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: ";

test("puts an answer together that comes in pieces", async () => {
  const { lines } = await answerInPieces([
    "HTTP/1.1 2",
    "00 OK\r\nContent-Length: 5\r\n\r",
    "\nü",
    "\x1bab",
  ]);
  assertMatch(lines[1]!, /^[\d.]+ ms: "ü\\x1bab"$/);
});

test("refuses answers that it cannot measure", async () => {
  const bad: [string, string][] = [
    ["HTTP/1.1 404 Not Found\r\n\r\n", "Error: HTTP/1.1 404 Not Found"],
    ["HTTP/1.1 200 OK\r\n\r\nbody", "Error: the answer does not say how long it is"],
    [`${HEAD}5\r\n\r\nab`, "Error: the connection ended before the answer"],
    [`${HEAD}99999999\r\n\r\n${"x".repeat(70_000)}`, "Error: the answer has over 65536 bytes"],
  ];
  for (const [text, why] of bad) {
    const { lines } = await answerInPieces([text]);
    assertMatch(lines.at(-1)!, /^Cannot get an answer from 127\.0\.0\.1 port \d+: /);
    assertEquals(lines.at(-1)!.replace(/^.*? port \d+: /, ""), why);
  }
});

test("refuses a count that is none", async () => {
  await using client = start("request_response_client.ts", 1, "127.0.0.1", "0");
  const line = 'Cannot use count "0": it must be a whole number from 1 to 100000';
  await assertRefuses(client, { code: 2, line });
});
