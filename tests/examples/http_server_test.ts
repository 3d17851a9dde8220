import { assertEquals, assertMatch } from "@std/assert";
import { Program } from "../../lib/program/program.ts";
import { programFor, requires } from "../requirements.ts";
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
    "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: t\r\nHost: u\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: t\r\nContent-Length : 60\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: t\r\nA: b\r\n Content-Length: 60\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: t\r\nno field\r\n\r\n",
    "\r\n".repeat(5000),
    "x".repeat(9000),
  ];
  for (const request of bad) {
    const answer = await ask(port, request + GET("/smuggled"));
    assertMatch(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, request);
    assertEquals(answer.includes("smuggled"), false, request);
  }
  assertMatch(await ask(port, "POST / HTTP/1.1\r\nHost: t\r\n\r\n"), /^HTTP\/1\.1 405 /);
  assertMatch(await ask(port, "\r\n\n" + GET("/after")), /^HTTP\/1\.1 200 [^]*\/after\n$/);
  const emptyBody = "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
  assertMatch(await ask(port, emptyBody), /^HTTP\/1\.1 200 /);
});

/** The status line, the header fields, and the body of each answer of a connection, byte by byte. */
function answersIn(stream: string, methods: readonly string[]): string[][] {
  const answers: string[][] = [];
  for (const method of methods) {
    const end = stream.indexOf("\r\n\r\n") + 4;
    const head = stream.slice(0, end);
    const length = method === "HEAD" ? 0 : Number(/^content-length: (\d+)/mi.exec(head)![1]);
    answers.push([head.split("\r\n")[0]!, stream.slice(end, end + length)]);
    stream = stream.slice(end + length);
  }
  assertEquals(stream, "", "bytes that belong to no answer");
  return answers;
}

test("answers HEAD as GET but without a body, so that the next answer follows at once", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  const methods = ["HEAD", "GET", "OPTIONS", "BREW", "m-search", "HEAD", "GET"];
  const requests = methods.map((method, index) => GET(`/${index}`).replace("GET", method));
  assertEquals(answersIn(await ask(port, requests.join("")), methods), [
    ["HTTP/1.1 200 OK", ""],
    ["HTTP/1.1 200 OK", "You asked for /1\n"],
    ["HTTP/1.1 405 Method Not Allowed", "Only GET and HEAD\n"],
    ["HTTP/1.1 501 Not Implemented", "Only GET and HEAD\n"],
    ["HTTP/1.1 501 Not Implemented", "Only GET and HEAD\n"],
    ["HTTP/1.1 200 OK", ""],
    ["HTTP/1.1 200 OK", "You asked for /6\n"],
  ]);
  const length = (answer: string) => /^content-length: .*$/mi.exec(answer)![0];
  assertEquals(
    length(await ask(port, requests[0]!)),
    length(await ask(port, GET("/0"))),
    "the headers are those of GET",
  );
  assertEquals(answersIn(await ask(port, "HEAD / HTTP/1.1\r\n\r\n"), ["HEAD"]), [
    ["HTTP/1.1 400 Bad Request", ""],
  ]);
});

test("refuses a method that has a body, and closes, since the body would be the next request", async () => {
  await using server = start("http_server.ts", 0);
  const port = await portOf(server);
  for (
    const [method, status] of [
      ["POST", "405 Method Not Allowed"],
      ["PUT", "405 Method Not Allowed"],
      ["BREW", "501 Not Implemented"],
    ] as const
  ) {
    const request = `${method} / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello`;
    const said = await ask(port, request + GET("/smuggled"));
    assertEquals(answersIn(said, [method]), [[`HTTP/1.1 ${status}`, "Only GET and HEAD\n"]]);
    assertMatch(said, /^connection: close\r$/mi);
  }
});

test({
  name: "has no stray bytes for curl",
  ...requires("curl with FTP"),
  async fn() {
    await using server = start("http_server.ts", 0);
    const port = await portOf(server);
    const urls = [1, 2].map((number) => `http://127.0.0.1:${port}/${number}`);
    await using curl = Program.command([programFor("curl with FTP"), "-sIv", ...urls]);
    const { code, lines, errorLines } = await curl.ended;
    const said = [...lines, ...errorLines].join("\n");
    assertEquals([code, said.match(/excess/i)], [0, null]);
    assertMatch(said, /Re-using existing connection/);
    await server.line(/^Closed \S+ after 2 answers$/);
  },
});
