import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:net";
import type { Program } from "../../lib/program/program.ts";
import {
  assertCloses,
  assertHearsOut,
  assertRefuses,
  Client,
  connectAndReset,
  freeRange,
  isFree,
  portOf,
  readAsStranger,
  resetBeforeAccept,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("assigned_ports_server.ts");

const unix = Deno.build.os !== "windows";

function startServer(
  ports: readonly number[],
  seconds = 60,
  share = ports.length,
): Program {
  const range = `${ports[0]}-${ports.at(-1)}`;
  return start("assigned_ports_server.ts", 0, "127.0.0.1", range, seconds, share);
}

/** Connects and reads the line that the server has for a new client. */
async function join(server: number): Promise<[client: Client, line: string]> {
  const client = await Client.connect(server);
  let line = "";
  while (!line.endsWith("\n")) line += await client.read(1);
  return [client, line];
}

/** Talks on an allocated port: reads the greeting, has a text echoed, and leaves. */
async function visit(port: number, owner: Client): Promise<void> {
  using visitor = await Client.connect(port);
  const greeting = `Hello ${owner.address}, this port is yours\n`;
  assertEquals(await visitor.read(greeting.length), greeting);
  await visitor.send("hi");
  await visitor.endInput();
  assertEquals(await visitor.read(), "hi");
}

test("allocates a port to each client, and really serves it there", async () => {
  const ports = freeRange(3);
  await using server = startServer(ports);
  const port = await portOf(server);
  using open = new DisposableStack();
  for (const expected of ports) {
    const [client, line] = await join(port);
    open.use(client);
    assertEquals(line, `PORT ${expected}\n`);
    await server.line(`Allocated ${expected} to ${client.address}`);
    await visit(expected, client);
    await visit(expected, client); // as often as it likes
  }
});

test("says when no port is free, and allocates a released one again", async () => {
  const ports = freeRange(2);
  await using server = startServer(ports);
  const port = await portOf(server);
  const [one] = await join(port);
  const [two] = await join(port);
  {
    using rejected = await Client.connect(port);
    assertEquals(await rejected.read(), "EXHAUSTED\n");
    await assertHearsOut(rejected);
  }
  one[Symbol.dispose]();
  await server.line(`Free again: ${ports[0]}`);
  assert(isFree(ports[0]!));
  const [three, line] = await join(port);
  assertEquals(line, `PORT ${ports[0]}\n`);
  await visit(ports[0]!, three);
  await visit(ports[1]!, two);
  for (const client of [two, three]) client[Symbol.dispose]();
  await server.line("Free again");
  await server.line("Free again");
  assert(ports.every(isFree));
});

test("passes over a port that another program has", async () => {
  const ports = freeRange(2);
  using _taken = Deno.listen({ hostname: "127.0.0.1", port: ports[0]! });
  await using server = startServer(ports);
  const [client, line] = await join(await portOf(server));
  assertEquals(line, `PORT ${ports[1]}\n`);
  client[Symbol.dispose]();
});

test("closes what is open for a client when it leaves or its time is over", async () => {
  const ports = freeRange(1);
  await using server = startServer(ports, 3);
  const port = await portOf(server);
  for (const leaves of [true, false]) {
    const started = performance.now();
    const [client] = await join(port);
    using visitor = await Client.connect(ports[0]!);
    await visitor.send("hi");
    const said = `Hello ${client.address}, this port is yours\nhi`;
    assertEquals(await visitor.read(said.length), said);
    if (leaves) client[Symbol.dispose]();
    else assertEquals(await client.read(), "");
    assertEquals(await visitor.read(), "");
    if (leaves) assertLess(performance.now() - started, 2_900);
    else assertGreater(performance.now() - started, 2_900);
    await server.line(`Free again: ${ports[0]}`);
    assert(isFree(ports[0]!));
    client[Symbol.dispose]();
  }
});

test({
  name: "rejects a client from another address on an allocated port",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const ports = freeRange(1);
    await using server = startServer(ports);
    const port = await portOf(server);
    const [client] = await join(port);
    assertEquals(await readAsStranger(ports[0]!), "");
    await visit(ports[0]!, client);
    client[Symbol.dispose]();
  },
});

test("goes on when clients leave, reset, or talk without an end", async () => {
  const ports = freeRange(3);
  await using server = startServer(ports);
  const port = await portOf(server);
  for (let visits = 0; visits < 10; visits++) {
    (await Client.connect(port))[Symbol.dispose]();
    await connectAndReset(port);
  }
  if (unix) {
    await resetBeforeAccept(server, port);
    await server.line("Not accepted: NotConnected");
  }
  const [talker] = await join(port);
  await talker.send("x".repeat(1_000_000));
  talker[Symbol.dispose]();
  const started = performance.now();
  while (!ports.every(isFree) && performance.now() - started < 5_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [client, line] = await join(port);
  assertEquals(line, `PORT ${ports[0]}\n`); // all have come back
  await connectAndReset(ports[0]!);
  await visit(ports[0]!, client);
  client[Symbol.dispose]();
  await assertCloses(server, "SIGINT");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test({
    name: `closes all that is open on ${signal}`,
    ignore: !unix,
    async fn() {
      const ports = freeRange(2);
      await using server = startServer(ports);
      const [client] = await join(await portOf(server));
      using visitor = await Client.connect(ports[0]!);
      await visitor.send("hi");
      await server.line("Allocated");
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
      client[Symbol.dispose]();
      assert(ports.every(isFree));
    },
  });
}

test("refuses a bad range, and a port that is taken", async () => {
  for (
    const range of ["", "6000", "6000-", "6001-6000", "0-5", "65535-65536", "1-1001", "6000-6000x"]
  ) {
    await using server = start("assigned_ports_server.ts", 0, "127.0.0.1", range);
    const rule = "it must be like 6000-6099, of 1 to 1000 ports";
    await assertRefuses(server, { code: 2, line: `Cannot allocate ports "${range}": ${rule}` });
  }
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("assigned_ports_server.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});

test("gives one address half of the ports, or as many as it is told", async () => {
  for (const [share, expected] of [[undefined, 2], [3, 3]] as const) {
    const ports = freeRange(3);
    const range = `${ports[0]}-${ports.at(-1)}`;
    const more = share === undefined ? [] : [share];
    await using server = start("assigned_ports_server.ts", 0, "127.0.0.1", range, 60, ...more);
    const port = await portOf(server);
    using open = new DisposableStack();
    const said: string[] = [];
    for (let count = 0; count <= expected; count++) {
      const [client, line] = await join(port);
      open.use(client);
      said.push(line.slice(0, 4));
    }
    assertEquals(said, [...Array(expected).fill("PORT"), "EXHA"]);
    await server.line(new RegExp(`^Exhausted for .*: its address has ${expected} ports$`));
    if (Deno.build.os === "linux" && share === undefined) {
      assertEquals(await firstAsStranger(port), `PORT ${ports[2]}\n`);
    }
  }
});

async function firstAsStranger(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  const [said] = await once(socket, "data", { signal: AbortSignal.timeout(20_000) });
  socket.destroy();
  return `${said}`;
}
