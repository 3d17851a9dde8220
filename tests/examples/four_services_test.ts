import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Program } from "../../lib/program/program.ts";
import {
  ask,
  assertBecomesFree,
  assertCloses,
  assertHearsOut,
  assertRefuses,
  Client,
  connectAndReset,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";
import { programFor, requires } from "../requirements.ts";

const test = sideBySide("four_services.ts");

const unix = Deno.build.os !== "windows";
const SERVICES = ["web", "ssh", "database", "api"] as const;
type Ports = Readonly<Record<typeof SERVICES[number], number>>;

async function portsOf(host: Program): Promise<Ports> {
  const ports: Record<string, number> = {};
  for (const service of SERVICES) {
    const [, port] = await host.line(
      new RegExp(`^${service} listening on 127\\.0\\.0\\.1:(\\d+)$`),
    );
    ports[service] = Number(port);
  }
  return ports as Ports;
}

const PARSE_ERROR = '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}\n';
const INVALID = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}\n';

test("web is a web server", async () => {
  await using host = start("four_services.ts");
  const { web } = await portsOf(host);
  const at = `http://127.0.0.1:${web}`;
  for (
    const [method, path, status, body] of [
      ["GET", "/", 200, "Hello from the web server!\n"],
      ["GET", "/?question", 200, "Hello from the web server!\n"],
      ["GET", "/elsewhere", 404, "Not Found\n"],
      ["HEAD", "/", 200, ""],
      ["POST", "/", 405, "Method Not Allowed\n"],
    ] as const
  ) {
    const response = await fetch(at + path, { method, signal: AbortSignal.timeout(5_000) });
    assertEquals([response.status, await response.text()], [status, body], `${method} ${path}`);
    assertEquals(response.headers.get("content-type"), "text/plain");
  }
  for (const hosts of ["", "Host: x\r\nHost: y\r\n"]) {
    assertMatch(await ask(web, `GET / HTTP/1.1\r\n${hosts}\r\n`), /^HTTP\/1\.1 400 /, hosts);
  }
  // Absolute form, an empty line before the request, LF alone: RFC 9112, 3.2.2 and 2.2.
  const odd = `\r\nGET ${at}/ HTTP/1.1\nHost: x\n\n`;
  assertMatch(
    await ask(web, odd),
    /^HTTP\/1\.1 200 OK\r\n(.+\r\n)+\r\nHello from the web server!\n$/,
  );
  assertMatch(await ask(web, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 OK/);
  for (
    const request of [
      "GET / HTTP/1.1\r\n\r\n", // no Host
      "GET /\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: x\r\n${"A: b\r\n".repeat(100)}\r\n`,
      `GET /${"a".repeat(2000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ]
  ) {
    assertMatch(await ask(web, request), /^HTTP\/1\.1 400 Bad Request\r\n/, request.slice(0, 60));
  }
});

test("ssh names its protocol, wants a name in return, and says goodbye", async () => {
  await using host = start("four_services.ts");
  const { ssh } = await portsOf(host);
  const hello = "SSH-2.0-four_services\r\n";
  const refused = `${hello}Invalid SSH identification string.\r\n`;
  {
    using client = await Client.connect(ssh);
    assertEquals(await client.read(hello.length), hello); // the server speaks first
  }
  const longest = `SSH-2.0-${"x".repeat(245)}\r\n`;
  assertEquals(longest.length, 255);
  for (const name of ["SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH-2.0-x\n", longest]) {
    const answer = await ask(ssh, name);
    assertStringIncludes(answer, "This server has no keys: it only says which protocol it speaks");
  }
  for (const name of ["SSH-1.5-old\r\n", "SSH-2.0-\r\n", "ssh-2.0-x\r\n", "\r\n", "x" + longest]) {
    assertEquals(await ask(ssh, name), refused, name);
  }
  assertEquals(await ask(ssh, `SSH-2.0-x${longest}`), refused);
  assertEquals(await ask(ssh, "x".repeat(100_000)), refused);
});

test({
  name: "ssh is understood by OpenSSH's client",
  ...requires("ssh"),
  async fn() {
    await using host = start("four_services.ts");
    const { ssh } = await portsOf(host);
    await using client = Program.command(
      ["ssh", "-F", "none", "-o", "BatchMode=yes", "-p", String(ssh), "127.0.0.1"],
    );
    const reason = "This server has no keys: it only says which protocol it speaks";
    await client.line(`Received disconnect from 127.0.0.1 port ${ssh}:11: ${reason}`);
    assertEquals((await client.ended).code, 255);
  },
});

test("database keeps what it is told, for everybody", async () => {
  await using host = start("four_services.ts");
  const { database } = await portsOf(host);
  for (
    const [command, answer] of [
      ["PING", "+PONG"],
      ["ping", "+PONG"],
      ["GET key", "$-1"],
      ["SET key h\u00e9llo", "+OK"],
      ["get key", "$6\r\nh\u00e9llo"],
      ["  GET   key  ", "$6\r\nh\u00e9llo"],
      ["GET KEY", "$-1"],
      ["SET key", "-ERR wrong number of arguments for 'set' command"],
      ["GET a b", "-ERR wrong number of arguments for 'get' command"],
      ["Ping x", "$1\r\nx"],
      ["PING x y", "-ERR wrong number of arguments for 'ping' command"],
      ['SET words "one two"', "+OK"],
      ["GET words", "$7\r\none two"],
      ["FLUSHALL", "-ERR unknown command 'FLUSHALL'"],
      ["constructor", "-ERR unknown command 'constructor'"],
      ["*1\r\n$4\r\nPING", "+PONG"],
      [`SET key ${"x".repeat(2000)}`, "-ERR Protocol error: line too long"],
    ] as const
  ) {
    assertEquals(await ask(database, `${command}\r\n`), `${answer}\r\n`, command);
  }
  assertEquals(await ask(database, "\r\n\r\nPING\r\nPING\r\nPI"), "+PONG\r\n+PONG\r\n");
  assertEquals(await ask(database, "POST / HTTP/1.1\r\nPING\r\n"), "");
});

/** A command as programs send it: an array of bulk strings. */
function resp(...words: readonly (string | Uint8Array)[]): Uint8Array {
  const bytes = words.map((word) => typeof word === "string" ? encoder.encode(word) : word);
  const parts = bytes.flatMap((word) => [encoder.encode(`$${word.length}\r\n`), word, CR_LF]);
  return Uint8Array.from([encoder.encode(`*${words.length}\r\n`), ...parts].flatMap((part) => [
    ...part,
  ]));
}

const encoder = new TextEncoder();
const CR_LF = encoder.encode("\r\n");

test("database speaks RESP, the protocol of Redis clients", async () => {
  await using host = start("four_services.ts");
  const { database } = await portsOf(host);
  for (
    const [words, answer] of [
      // What clients send first.
      [["HELLO", "3"], "-NOPROTO only 2"],
      [["COMMAND", "DOCS"], "*0"],
      [["COMMAND"], "*0"],
      [["CLIENT", "SETINFO", "LIB-NAME", "some-client"], "+OK"],
      [["CLIENT", "SETNAME", "me"], "+OK"],
      [["SELECT", "0"], "+OK"],
      [["SELECT", "1"], "-ERR DB index is out of range"],
      [["PING"], "+PONG"],
      [["ECHO", "a b"], "$3\r\na b"],
      [["SET", "a key", "a\r\nvalue"], "+OK"],
      [["get", "a key"], "$8\r\na\r\nvalue"],
      [["SET", "", ""], "+OK"],
      [["GET", ""], "$0\r\n"],
      [["EXISTS", "a key", "none"], ":1"],
      [["DEL", "a key", "none"], ":1"],
      [["GET", "a key"], "$-1"],
      [["SET", "key", "value", "EX", "10"], "-ERR syntax error"],
      [["GET"], "-ERR wrong number of arguments for 'get' command"],
      [["x\r\n+OK"], "-ERR unknown command 'x  +OK'"],
      [["SET", "big", "x".repeat(16_000)], "+OK"],
    ] as const
  ) {
    const said = await ask(database, resp(...words));
    if (answer === "-ERR syntax error") assertMatch(said, /^-ERR syntax error[^\r\n]*\r\n$/);
    else assertEquals(said, `${answer}\r\n`, words.join(" ").slice(0, 80));
  }
  assertMatch(await ask(database, resp("HELLO")), /^\*14\r\n.*\r\n\$5\r\nproto\r\n:2\r\n/s);
  assertMatch(await ask(database, resp("INFO")), /^\$\d+\r\n# Server\r\n/);
  // Several commands at once, in many pieces, and both forms on one connection.
  const many = [resp("SET", "k", "v"), encoder.encode("GET k\r\n"), resp("GET", "k")]
    .flatMap((part) => [...part]);
  using client = await Client.connect(database);
  for (const byte of many) await client.send(Uint8Array.of(byte));
  const [stored, value] = ["+OK\r\n", "$1\r\nv\r\n"];
  assertEquals(await client.read((stored + value + value).length), stored + value + value);
  await client.send(resp("QUIT"));
  assertEquals(await client.read(), "+OK\r\n");
  // Bytes that are no text come back as they were.
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  using binary = await Client.connect(database);
  await binary.send(resp("SET", bytes, bytes));
  await binary.send(resp("GET", bytes));
  await binary.endInput();
  const heard = new Uint8Array(await new Response(binary.connection.readable).arrayBuffer());
  assertEquals(heard, Uint8Array.from([...encoder.encode("+OK\r\n$256\r\n"), ...bytes, 13, 10]));
});

test("database refuses what is no RESP, in one line, and closes", async () => {
  await using host = start("four_services.ts");
  const { database } = await portsOf(host);
  for (
    const [said, rule] of [
      ["*x\r\n", "invalid multibulk length"],
      ["*1000000\r\n", "invalid multibulk length"],
      ["*1\r\nPING\r\n", "expected '$', got 'P'"],
      ["*1\r\n\r\n", "expected '$', got ''"],
      ["*1\r\n$-1\r\n", "invalid bulk length"],
      ["*1\r\n$x\r\n", "invalid bulk length"],
      ["*2\r\n$3\r\nGET\r\n$999999999\r\n", "invalid bulk length"],
      [resp("SET", "key", "x".repeat(16_385)), "invalid bulk length"],
      [resp("SET", "x".repeat(10_000), "x".repeat(10_000)), "invalid bulk length"],
    ] as const
  ) {
    assertEquals(await ask(database, said), `-ERR Protocol error: ${rule}\r\n`);
  }
  for (const half of ["*", "*1\r\n", "*1\r\n$4\r\nPI", "*1\r\n$4\r\nPING"]) {
    assertEquals(await ask(database, half), "", half);
  }
  for (const none of ["*0\r\n", "*-1\r\n"]) {
    assertEquals(await ask(database, `${none}PING\r\n`), "+PONG\r\n");
  }
});

test({
  name: "database serves the real Redis client",
  ...requires("redis-cli"),
  async fn() {
    await using host = start("four_services.ts");
    const { database } = await portsOf(host);
    const client = [programFor("redis-cli"), "-h", "127.0.0.1", "-p", String(database)];
    const said = async (...words: string[]) => {
      await using program = Program.command([...client, ...words]);
      await program.endInput();
      return (await program.ended).lines.filter((line) => line !== "");
    };
    assertEquals(await said("SET", "greeting", "hello there"), ["OK"]);
    assertEquals(await said("GET", "greeting"), ["hello there"]);
    assertEquals(await said("-3", "GET", "greeting"), [
      "HELLO 3 failed: NOPROTO only 2",
      "hello there",
    ]);
    assertEquals(await said("COMMAND", "DOCS"), []);
    // Several commands on one connection.
    await using program = Program.command(client);
    await program.send('SET a "b c"\nGET a\nDEL a greeting\nGET a\n');
    await program.endInput();
    const { code, lines } = await program.ended;
    assertEquals([code, lines.filter((line) => line !== "")], [0, ["OK", "b c", "2"]]);
  },
});

test("database does not grow without end", async () => {
  await using host = start("four_services.ts");
  const { database } = await portsOf(host);
  const sets = Array.from({ length: 1000 }, (_, key) => `SET ${key} x\n`).join("");
  assertEquals(await ask(database, sets), "+OK\r\n".repeat(1000));
  assertEquals(
    await ask(database, "SET more x\nSET 1 y\nGET 1\nGET more\n"),
    "-ERR no room for another key\r\n+OK\r\n$1\r\ny\r\n$-1\r\n",
  );
});

test("api answers as JSON-RPC 2.0 says", async () => {
  await using host = start("four_services.ts");
  const { web, ssh, api } = await portsOf(host);
  const port = (name: string, id: unknown) =>
    JSON.stringify({ jsonrpc: "2.0", method: "port", params: [name], id });
  const result = (result: number, id: unknown) => JSON.stringify({ jsonrpc: "2.0", result, id });
  const failure = (code: number, message: string, id: unknown) =>
    JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id });
  for (
    const [request, answer] of [
      [port("web", 1), result(web, 1)],
      [port("ssh", "one"), result(ssh, "one")],
      [port("web", null), result(web, null)],
      [port("web", undefined), ""], // a notification
      [port("constructor", 2), failure(-32602, "Invalid params", 2)],
      ['{"jsonrpc":"2.0","method":"port","id":3}', failure(-32602, "Invalid params", 3)],
      ['{"jsonrpc":"2.0","method":"toString","id":4}', failure(-32601, "Method not found", 4)],
      ['{"method":"port","id":5}', INVALID.trim()],
      ['{"jsonrpc":"2.0","method":"port","id":{}}', INVALID.trim()],
      ['{"jsonrpc":"2.0","method":7,"id":6}', INVALID.trim()],
      ["null", INVALID.trim()],
      ["[]", INVALID.trim()],
      [`[${port("web", 1)},${port("web", undefined)},7]`, `[${result(web, 1)},${INVALID.trim()}]`],
      [`[${port("web", undefined)}]`, ""],
      ["{", PARSE_ERROR.trim()],
      ["[".repeat(1000), PARSE_ERROR.trim()],
      ["[".repeat(2000), PARSE_ERROR.trim()],
    ] as const
  ) {
    assertEquals(await ask(api, `${request}\n`), answer && `${answer}\n`, request.slice(0, 80));
  }
  assertEquals(
    await ask(api, `${port("web", 1)}\r\n${port("ssh", 2)}\n`),
    `${result(web, 1)}\n${result(ssh, 2)}\n`,
  );
});

test("each answers in its own protocol, whoever asks", async () => {
  await using host = start("four_services.ts");
  const ports = await portsOf(host);
  const http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const rpc = '{"jsonrpc":"2.0","method":"port","params":["web"],"id":1}\n';
  const notSsh = "SSH-2.0-four_services\r\nInvalid SSH identification string.\r\n";
  for (
    const [service, question, answer] of [
      ["web", "SSH-2.0-client\r\n", /^HTTP\/1\.1 400 Bad Request\r\n/],
      ["web", "PING\r\n", /^HTTP\/1\.1 400 Bad Request\r\n/],
      ["web", rpc, /^HTTP\/1\.1 400 Bad Request\r\n/],
      ["ssh", http, notSsh],
      ["ssh", "PING\r\n", notSsh],
      ["ssh", rpc, notSsh],
      ["database", http, "-ERR wrong number of arguments for 'get' command\r\n"],
      ["database", "SSH-2.0-client\r\n", "-ERR unknown command 'SSH-2.0-client'\r\n"],
      ["database", rpc, `-ERR unknown command '${rpc.trim()}'\r\n`],
      ["api", http, PARSE_ERROR.repeat(3)],
      ["api", "SSH-2.0-client\r\n", PARSE_ERROR],
      ["api", "PING\r\n", PARSE_ERROR],
    ] as const
  ) {
    // As the client of another protocol does, without an end of input.
    using client = await Client.connect(ports[service]);
    await client.send(question);
    const said = await client.read(typeof answer === "string" ? answer.length : 26);
    if (typeof answer === "string") assertEquals(said, answer, `${question} to ${service}`);
    else assertMatch(said, answer, `${question} to ${service}`);
  }
});

test("hears out a client that it has answered, so that the answer arrives", async () => {
  await using host = start("four_services.ts");
  const { web, database } = await portsOf(host);
  using uploader = await Client.connect(web);
  await uploader.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  assertMatch(await uploader.read(33), /^HTTP\/1\.1 405 Method Not Allowed\r\n$/);
  using stranger = await Client.connect(database);
  await stranger.send("POST / HTTP/1.1\r\n");
  for (const client of [uploader, stranger]) {
    await client.read(); // to the end of the answer
    await assertHearsOut(client);
  }
});

test("goes on at each port when clients leave, reset, or send lines without an end", async () => {
  await using host = start("four_services.ts");
  const ports = await portsOf(host);
  for (const service of SERVICES) {
    const port = ports[service];
    for (let visit = 0; visit < 5; visit++) {
      (await Client.connect(port))[Symbol.dispose]();
      await connectAndReset(port);
    }
    if (unix) {
      await resetBeforeAccept(host, port);
      await host.line(`${service} not accepted: NotConnected`);
    }
    await ask(port, "x".repeat(1_000_000));
    await ask(port, Uint8Array.from({ length: 1000 }, (_, index) => index * 37));
  }
  assertMatch(await ask(ports.web, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200/);
  assertStringIncludes(await ask(ports.ssh, "SSH-2.0-x\r\n"), "no keys");
  assertEquals(await ask(ports.database, "PING\r\n"), "+PONG\r\n");
  assertEquals(await ask(ports.api, "null\n"), INVALID);
  await assertCloses(host, "SIGINT");
});

test("counts each service's clients: where one rejects a client, the others do not", async () => {
  await using host = start("four_services.ts");
  const ports = await portsOf(host);
  using open = new DisposableStack();
  for (let count = 0; count < 50; count++) open.use(await Client.connect(ports.database));
  using late = await Client.connect(ports.database);
  assertEquals(await late.read(), "");
  assertEquals(await ask(ports.api, "null\n"), INVALID);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test({
    name: `closes all that is open on ${signal}`,
    ignore: !unix,
    async fn() {
      await using host = start("four_services.ts");
      const ports = await portsOf(host);
      using client = await Client.connect(ports.database);
      await client.send("PING\n");
      assertEquals(await client.read(7), "+PONG\r\n");
      await assertCloses(host, signal);
      assertEquals(await client.read(), "");
      for (const service of SERVICES) {
        assertEquals(host.lines.includes(`${service} closed`), true);
        await assertBecomesFree(ports[service]);
      }
    },
  });
}

test("listens where it is told, or says in one line that it cannot", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using refused = start("four_services.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port} for web: AddrInUse: Address already in use`;
  await assertRefuses(refused, { code: 1, line });
  taken.close();
  await using host = start("four_services.ts", port, 0, 0, 0);
  assertEquals((await portsOf(host)).web, port);
  if (Deno.build.os === "linux") { // where all of 127.0.0.0/8 is this machine
    await using elsewhere = start("four_services.ts", 0, 0, 0, 0, 10, "127.0.0.2");
    await elsewhere.line(/^api listening on 127\.0\.0\.2:\d+$/);
  }
  await using four = start("four_services.ts", 0, 0, 0, "x");
  await assertRefuses(four, {
    code: 2,
    line: 'Cannot use port "x": it must be a whole number from 0 to 65535',
  });
});
