/**
 * What the examples do about a server or a client that stays silent or does not read. Each of these
 * tests waits for a time limit of seconds, so they all run side by side.
 */
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { ExampleName } from "../../lib/examples/catalog.ts";
import type { Program } from "../../lib/program/program.ts";
import {
  ask,
  assertCloses,
  assertHears,
  assertRefuses,
  Client,
  enterChat,
  freeRange,
  portOf,
  sideBySide,
  start,
  WEBSOCKET_REQUEST,
} from "./_example.ts";

const test = sideBySide("time limits", 8);

/** How long a server waits for a client, in seconds: the second number is for a busy machine. */
const PATIENCE = [4, 15] as const;

/** How long a server's line about a client is waited for: longer than the server's own limit. */
const LATEST = { timeout: 30_000 };

/** The least time that must have passed when a server has waited for so many seconds. */
function leastMs(seconds: number): number {
  return 1000 * seconds - 100;
}

/**
 * Tests with a server that waits for this many seconds. On a busy machine a client that is not silent
 * at all can be later than that, so a failure is tried once more with a server that waits for longer.
 */
function testWithPatience(name: string, fn: (seconds: number) => Promise<void>): void {
  const [short, long] = PATIENCE;
  test(name, () =>
    fn(short).catch((error) => {
      console.warn(`${name}: once more with ${long} instead of ${short} seconds, after ${error}`);
      return fn(long);
    }));
}

// The longest ones come first, so that the others run beside them.

testWithPatience(
  "chat_server.ts closes the connections of clients that do not read or are silent",
  async (patience) => {
    await using server = start("chat_server.ts", 0, "127.0.0.1", patience + 2);
    const port = await portOf(server);
    using ada = await enterChat(port, "Ada", 1);
    using deaf = await enterChat(port, "Deaf", 2);
    using ben = await enterChat(port, "Ben", 3);
    await assertHears(ada, "* Deaf came\n* Ben came\n");
    // Ada reads all that Ben says, and the deaf one nothing: its buffers fill up.
    const line = `${"x".repeat(500)}\n`;
    const lines = 20_000;
    const talking = (async () => {
      for (let sent = 0; sent < lines; sent += 100) await ben.send(line.repeat(100));
    })();
    const left = "* Deaf left\n";
    const heard = await ada.read(lines * `Ben: ${line}`.length + left.length);
    await talking;
    assertEquals(heard.includes(left), true);
    await server.line("Deaf left, 2 here", LATEST);
    // Now nobody says anything, until the silence is too long.
    assertMatch(await ada.read(), /^(\* Ben left\n)?$/);
    await server.line(/^(Ada|Ben) left, 0 here$/, LATEST);
    assertEquals(await deaf.read(100), "* Ben came\n" + `Ben: ${line}`.slice(0, 89)); // it was late
  },
);

const SILENT_SERVER: readonly [name: ExampleName, why: string][] = [
  ["hello_client.ts", "no answer within 3 seconds"],
  ["echo_client.ts", "no echo within 3 seconds"],
  ["client_port.ts", "nothing came within 3 seconds"],
  ["request_response_client.ts", "no answer within 5 seconds"],
  ["connection_per_request_client.ts", "no answer within 5 seconds"],
  ["websocket_client.ts", "no answer within 5 seconds"],
];

for (const [name, why] of SILENT_SERVER) {
  test(`${name} gives up a server that stays silent`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const own = name === "client_port.ts" ? ["127.0.0.1", freeRange(1)[0]!] : [];
    await using client = start(name, port, ...own);
    using _silent = await listener.accept();
    const { code, errorLines } = await client.ended;
    const what = name === "echo_client.ts" ? "an echo" : "an answer";
    assertEquals(
      [code, errorLines],
      [1, [`Cannot get ${what} from 127.0.0.1 port ${port}: ${why}`]],
    );
  });
}

test("datagram_client.ts gives up a server that stays silent", async () => {
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address();
  await using client = start("datagram_client.ts", port);
  const line =
    `Cannot get an answer from 127.0.0.1 port ${port}: Error: nothing came within 2 seconds`;
  await assertRefuses(client, { code: 1, line });
  silent.close();
});

test("chat_client.ts ends when its input does, though the server never closes", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("chat_client.ts", listener.addr.port, "127.0.0.1", "word");
  using _connection = await listener.accept();
  await client.endInput();
  assertEquals((await client.ended).code, 0);
});

/** Sends the same again and again, until the server closes the connection; returns the error. */
async function flood(client: Client, data: string | Uint8Array): Promise<unknown> {
  try {
    while (true) await client.send(data);
  } catch (error) {
    return error;
  }
}

testWithPatience("echo_server.ts closes the connection of a silent client", async (patience) => {
  await using server = start("echo_server.ts", 0, "127.0.0.1", patience);
  const port = await portOf(server);
  const started = performance.now();
  using client = await Client.connect(port);
  assertEquals(await client.read(), "");
  assertGreater(performance.now() - started, leastMs(patience));
  await server.line("Lost the client: Interrupted", LATEST);
  assertEquals((await server.ended).code, 0);
});

testWithPatience(
  "hello_server.ts serves others while a client is silent, and closes its connection",
  async (patience) => {
    await using server = start("hello_server.ts", 0, "127.0.0.1", patience);
    const port = await portOf(server);
    const started = performance.now();
    using silent = await Client.connect(port);
    assertEquals(await ask(port, "hello"), "Hello from server!");
    assertLess(performance.now() - started, leastMs(patience));
    await server.line(`Lost ${silent.address}: Interrupted`, LATEST);
    assertEquals(await silent.read(), "");
    assertGreater(performance.now() - started, leastMs(patience));
  },
);

testWithPatience(
  "echo_server_many.ts closes the connections of clients that never send or never read",
  async (patience) => {
    await using server = start("echo_server_many.ts", 0, "127.0.0.1", patience);
    const port = await portOf(server);
    using silent = await Client.connect(port);
    using deaf = await Client.connect(port);
    // Both ends' buffers fill up; then the server cannot write, and in the end our writing fails.
    const flooding = flood(deaf, new Uint8Array(1_000_000));
    const started = performance.now();
    assertEquals(await ask(port, "hello"), "hello");
    assertLess(performance.now() - started, leastMs(patience));
    await server.line(`Lost ${silent.address}: Interrupted`, LATEST);
    await server.line(`Lost ${deaf.address}: Interrupted`, LATEST);
    const error = await flooding;
    assert(
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe,
      String(error),
    );
  },
);

test("telnet_server.ts closes the connections of clients that are silent or end no line", async () => {
  await using server = start("telnet_server.ts", 0, "127.0.0.1", 1);
  const port = await portOf(server);
  using silent = await Client.connect(port);
  using endless = await Client.connect(port);
  await endless.send("x".repeat(600));
  assertMatch(await endless.read(), /A line has up to 512 bytes\r\nGoodbye\r\n$/);
  await server.line(`Lost ${silent.address}: Interrupted`, LATEST);
});

testWithPatience(
  "http_server.ts closes the connections of clients that are silent, slow, or never read",
  async (patience) => {
    await using server = start("http_server.ts", 0, "127.0.0.1", patience);
    const port = await portOf(server);
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
    using silent = await Client.connect(port);
    using slow = await Client.connect(port);
    using deaf = await Client.connect(port);
    const flooding = flood(deaf, get("/x").repeat(1000));
    const drip = setInterval(() => slow.send("G").catch(() => clearInterval(drip)), 50);
    const started = performance.now();
    assertMatch(await ask(port, get("/")), /^HTTP\/1\.1 200 /);
    assertLess(performance.now() - started, leastMs(patience));
    for (const client of [silent, slow, deaf]) {
      await server.line(
        new RegExp(`^Lost ${client.address} after \\d+ answers: Interrupted`),
        LATEST,
      );
    }
    await flooding;
    clearInterval(drip);
  },
);

test("websocket_server.ts closes the connections of clients that do not read or say no goodbye", async () => {
  await using server = start("websocket_server.ts", 0, "127.0.0.1", 0, 1);
  const port = await portOf(server);
  using rude = await Client.connect(port);
  await rude.send(WEBSOCKET_REQUEST);
  await server.line(`Lost ${rude.address}: `, LATEST);
  using deaf = await Client.connect(port);
  await deaf.send(WEBSOCKET_REQUEST);
  await deaf.send(new Uint8Array(200_000)).catch(() => {});
  await server.line(new RegExp(`^(Lost|Closed) ${deaf.address}`), LATEST);
  await assertCloses(server, "SIGTERM");
});

const SERVICES = ["web", "ssh", "database", "api"] as const;

async function portsOf(host: Program): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const service of SERVICES) {
    const [, port] = await host.line(new RegExp(`^${service} listening on .*:(\\d+)$`), LATEST);
    ports[service] = Number(port);
  }
  return ports;
}

testWithPatience(
  "four_services.ts closes the connections of clients that are silent, slow, or never read",
  async (patience) => {
    await using host = start("four_services.ts", 0, 0, 0, 0, patience);
    const ports = await portsOf(host);
    const database = ports.database!;
    using open = new DisposableStack();
    const started = performance.now();
    const silent = await Promise.all(
      SERVICES.map(async (service) => open.use(await Client.connect(ports[service]!))),
    );
    // One byte now and then: each read brings something, and the line never ends.
    const slow = open.use(await Client.connect(database));
    const drip = setInterval(() => slow.send("x").catch(() => clearInterval(drip)), 100);
    const deaf = open.use(await Client.connect(database));
    const flooding = flood(deaf, `SET key ${"x".repeat(1000)}\n${"GET key\n".repeat(10_000)}`);
    assertEquals(await ask(database, "PING\n"), "+PONG\r\n");
    assertLess(performance.now() - started, leastMs(patience));
    for (const client of silent) {
      assertMatch(await client.read(), /^(SSH-2.0-four_services\r\n)?$/);
      assertGreater(performance.now() - started, leastMs(patience));
    }
    await host.line(`database lost ${slow.address}`, LATEST);
    await host.line(`database lost ${deaf.address}`, LATEST);
    await flooding;
    clearInterval(drip);
  },
);
