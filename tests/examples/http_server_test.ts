import { assertEquals, assertMatch } from "@std/assert";
import { ask, assertHearsOut, Client, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("http_server.ts");

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

test("answers fetch(), as often as asked, on one connection", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  for (let number = 1; number <= 3; number++) {
    const answer = await fetch(`http://127.0.0.1:${port}/${number}?x=ü`, { client });
    assertEquals(
      [answer.status, await answer.text()],
      [200, `You asked for /${number}?x=%C3%BC\n`],
    );
  }
  client.close();
  await server.line(/^Closed \S+ after 3 answers$/);
});

test("takes requests apart that come in one piece, or in many", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  const bodies = (text: string) => text.match(/^You asked for .*$/mg);
  assertEquals(bodies(await ask(port, GET("/1") + GET("/2") + GET("/3"))), [
    "You asked for /1",
    "You asked for /2",
    "You asked for /3",
  ]);
  using client = await Client.connect(port);
  for (const character of GET("/slow")) await client.send(character);
  await client.endInput();
  assertEquals(bodies(await client.read()), ["You asked for /slow"]);
});

test("closes after one answer where the client wants it so", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  const last = ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"];
  for (const request of last) {
    using client = await Client.connect(port);
    await client.send(request);
    assertMatch(await client.read(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/);
    await assertHearsOut(client);
  }
});

test("refuses what it does not take, and closes", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  const bad = [
    "GET / HTTP/1.1\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: t\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: t\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello",
    "GET / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "\r\n\r\n",
    "x".repeat(9000),
  ];
  for (const request of bad) {
    const answer = await ask(port, request + GET("/smuggled"));
    assertMatch(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, request);
    assertEquals(answer.includes("smuggled"), false, request);
  }
  assertMatch(await ask(port, "POST / HTTP/1.1\r\nHost: t\r\n\r\n"), /^HTTP\/1\.1 405 /);
  const emptyBody = "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
  assertMatch(await ask(port, emptyBody), /^HTTP\/1\.1 200 /);
});
