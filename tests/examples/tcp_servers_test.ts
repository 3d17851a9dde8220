/** What every TCP server among the examples that serves many clients must bear. */
import { assertMatch } from "@std/assert";
import type { ExampleName } from "../../lib/examples/catalog.ts";
import {
  assertBecomesFree,
  assertCloses,
  assertRefuses,
  Client,
  connectAndReset,
  portOf,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("every TCP server");

const unix = Deno.build.os !== "windows";

interface Server {
  /** What a client says; the end of its input follows. */
  readonly says: string;
  /** What it hears in all. */
  readonly hears: RegExp;
}

const SERVERS: Partial<Record<ExampleName, Server>> = {
  "http_server.ts": {
    says: "GET /here HTTP/1.1\r\nHost: test\r\n\r\n",
    hears: /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nYou asked for \/here\n$/,
  },
  "chat_server.ts": { says: "Ada\n", hears: /^Your name\?\nWelcome Ada, 1 here\n$/ },
  "websocket_server.ts": {
    says: "GET / HTTP/1.1\r\n\r\n",
    hears: /^HTTP\/1\.1 426 Upgrade Required\r\n/,
  },
  "telnet_server.ts": { says: "nonsense\r\n", hears: /^Hello 127[^]*I know: / },
  "ftp_server.ts": { says: "NOOP\r\n", hears: /^220 [^]*\r\n200 Here\r\n$/ },
};

/** Speaks with a server and hears it out. */
async function talk(port: number, says: string, hostname?: string): Promise<string> {
  using client = await Client.connect(port, hostname);
  await client.send(says);
  await client.endInput();
  return await client.read();
}

for (const [key, { says, hears }] of Object.entries(SERVERS)) {
  const name = key as ExampleName;

  test(`${name} goes on when clients leave or reset at once`, async () => {
    await using server = start(name, 0);
    const port = await portOf(server);
    for (let visit = 0; visit < 10; visit++) {
      (await Client.connect(port))[Symbol.dispose]();
      await connectAndReset(port);
    }
    assertMatch(await talk(port, says), hears);
    await assertCloses(server, "SIGINT");
  });

  test({
    name: `${name} goes on when a client resets before it is accepted`,
    ignore: !unix,
    async fn() {
      await using server = start(name, 0);
      const port = await portOf(server);
      await resetBeforeAccept(server, port);
      await server.line("Not accepted: NotConnected");
      assertMatch(await talk(port, says), hears);
    },
  });

  test(`${name} goes on when it is sent noise and lines without an end`, async () => {
    await using server = start(name, 0);
    const port = await portOf(server);
    const noise = crypto.getRandomValues(new Uint8Array(20_000));
    const none = new Uint8Array(0);
    for (const bytes of [noise, new Uint8Array(20_000), new Uint8Array(20_000).fill(0x61), none]) {
      using client = await Client.connect(port);
      await client.send(bytes);
      await client.endInput();
      await client.read();
    }
    assertMatch(await talk(port, says), hears);
    await assertCloses(server, "SIGINT");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test({
      name: `${name} closes what is open on ${signal}`,
      ignore: !unix,
      async fn() {
        await using server = start(name, 0);
        const port = await portOf(server);
        using client = await Client.connect(port);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await assertCloses(server, signal);
        await client.read().catch(() => {}); // whatever it said before
        await assertBecomesFree(port);
      },
    });
  }

  test(`${name} listens on IPv6`, async () => {
    await using server = start(name, 0, "::1");
    await server.line(/^Listening on \[::1\]:\d+$/);
    const port = Number(/\d+$/.exec(server.lines[0]!)![0]);
    assertMatch((await talk(port, says, "::1")).replace("Hello [::1]", "Hello 127"), hears);
  });

  test(`${name} says in one line that its port is taken`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    await using server = start(name, port);
    const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
    await assertRefuses(server, { code: 1, line });
  });
}
