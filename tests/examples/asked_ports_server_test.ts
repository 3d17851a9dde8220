import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
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

const test = sideBySide("asked_ports_server.ts");

const unix = Deno.build.os !== "windows";
const PROMPT = "Which port? ";

function startServer(
  ports: readonly number[],
  seconds = 60,
  share = ports.length,
): Program {
  const range = `${ports[0]}-${ports.at(-1)}`;
  return start("asked_ports_server.ts", 0, "127.0.0.1", range, seconds, share);
}

/** Connects, is asked, and answers; returns the line that the server says to that. */
async function askFor(
  answer: string | Uint8Array,
  server: number,
): Promise<[client: Client, line: string]> {
  const client = await Client.connect(server);
  assertEquals(await client.read(PROMPT.length), PROMPT);
  await client.send(answer);
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

test("grants each client its port, really serves it there, and closes it in the end", async () => {
  const ports = freeRange(3);
  await using server = startServer(ports);
  const port = await portOf(server);
  const clients: Client[] = [];
  for (const [index, wanted] of ports.toReversed().entries()) {
    // Line ends as a terminal, telnet and a careful program send them; zeros in front are no harm.
    const [client, line] = await askFor(
      [`${wanted}\n`, `${wanted}\r\n`, `0${wanted}\n`][index]!,
      port,
    );
    clients.push(client);
    assertEquals(line, `GRANTED ${wanted}\n`);
    await server.line(`Granted ${wanted} to ${client.address}`);
    await visit(wanted, client);
    await visit(wanted, client);
  }
  for (const client of clients) client[Symbol.dispose]();
  for (const wanted of ports) await server.line(`Free again: ${wanted}`);
  assert(ports.every(isFree));
  const [again, line] = await askFor(`${ports[0]}\n`, port);
  assertEquals(line, `GRANTED ${ports[0]}\n`);
  again[Symbol.dispose]();
});

test("says in one line why it refuses a port, and goes on", async () => {
  const ports = freeRange(2);
  const [mine, theirs] = ports as [number, number];
  using _taken = Deno.listen({ hostname: "127.0.0.1", port: theirs });
  await using server = startServer(ports);
  const port = await portOf(server);
  const [owner] = await askFor(`${mine}\n`, port);
  const outside = `is not between ${mine} and ${theirs}`;
  for (
    const [answer, reason] of [
      [`${mine}\n`, `${mine} is taken`],
      [`${theirs}\n`, `${theirs} is taken`],
      [`${mine - 1}\n`, `${mine - 1} ${outside}`],
      [`${theirs + 1}\n`, `${theirs + 1} ${outside}`],
      ["80\n", "80 is privileged"],
      ["0\n", "0 is privileged"],
      ["1023\n", "1023 is privileged"],
      ["1024\n", `1024 ${outside}`],
      ["65536\n", "65536 is no port: they end at 65535"],
      ["\n", "that is no port number"],
      ["\r\n", "that is no port number"],
      [`${mine}abc\n`, "that is no port number"],
      [` ${mine}\n`, "that is no port number"],
      [`+${mine}\n`, "that is no port number"],
      ["0x50\n", "that is no port number"],
      ["-1\n", "that is no port number"],
      [new Uint8Array([0xff, 0xfe, 0x0a]), "that is no port number"],
      // As many bytes as are read, and digits in them all: not to be taken for the number so far.
      [`${String(mine).padStart(32, "0")}0\n`, "that is no port number"],
      ["9".repeat(100_000), "that is no port number"],
    ] as const
  ) {
    const [client, line] = await askFor(answer, port);
    assertEquals(line, `REFUSED ${reason}\n`, String(answer).slice(0, 40));
    assertEquals(await client.read(), "");
    client[Symbol.dispose]();
  }
  await visit(mine, owner);
  owner[Symbol.dispose]();
  await assertCloses(server, "SIGINT");
});

test("takes an answer in pieces, or one that ends the input", async () => {
  const ports = freeRange(1);
  await using server = startServer(ports);
  const port = await portOf(server);
  {
    using client = await Client.connect(port);
    for (const digit of `${ports[0]}\n`) {
      await client.send(digit);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const expected = `${PROMPT}GRANTED ${ports[0]}\n`;
    assertEquals(await client.read(expected.length), expected);
  }
  await server.line("Free again");
  using client = await Client.connect(port);
  await client.send(String(ports[0]));
  await client.endInput(); // which is also the end of the lease
  assertEquals(await client.read(), `${PROMPT}GRANTED ${ports[0]}\n`);
});

test("reads on after a refusal, so that the answer arrives", async () => {
  await using server = startServer(freeRange(1));
  const [client, line] = await askFor("what?\n", await portOf(server));
  assertEquals(line, "REFUSED that is no port number\n");
  await assertHearsOut(client);
  client[Symbol.dispose]();
});

test("serves others while a client does not answer, and closes its connection", async () => {
  const ports = freeRange(1);
  await using server = startServer(ports, 3);
  const port = await portOf(server);
  const started = performance.now();
  using silent = await Client.connect(port);
  const [client] = await askFor(`${ports[0]}\n`, port);
  assertLess(performance.now() - started, 2_900);
  assertEquals(await silent.read(), PROMPT);
  assertGreater(performance.now() - started, 2_900);
  assertEquals(await client.read(), ""); // its lease is over too
  await server.line(`Free again: ${ports[0]}`);
  assert(isFree(ports[0]!));
  client[Symbol.dispose]();
});

test({
  name: "rejects a client from another address on an allocated port",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const ports = freeRange(1);
    await using server = startServer(ports);
    const port = await portOf(server);
    const [client] = await askFor(`${ports[0]}\n`, port);
    assertEquals(await readAsStranger(ports[0]!), "");
    await visit(ports[0]!, client);
    client[Symbol.dispose]();
  },
});

test("goes on when clients leave or reset", async () => {
  const ports = freeRange(1);
  await using server = startServer(ports);
  const port = await portOf(server);
  for (let visits = 0; visits < 10; visits++) {
    (await Client.connect(port))[Symbol.dispose](); // the original ends here
    await connectAndReset(port);
  }
  if (unix) {
    await resetBeforeAccept(server, port);
    await server.line("Not accepted: NotConnected");
  }
  const [client, line] = await askFor(`${ports[0]}\n`, port);
  assertEquals(line, `GRANTED ${ports[0]}\n`);
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
      const ports = freeRange(1);
      await using server = startServer(ports);
      const port = await portOf(server);
      using silent = await Client.connect(port);
      const [client] = await askFor(`${ports[0]}\n`, port);
      using visitor = await Client.connect(ports[0]!);
      await visitor.send("hi");
      await assertCloses(server, signal);
      assertEquals(await client.read(), "");
      assertEquals(await silent.read(), PROMPT);
      client[Symbol.dispose]();
      assert(isFree(ports[0]!));
    },
  });
}

test("refuses a bad range, and a port that is taken", async () => {
  for (const range of ["", "6000", "6001-6000", "0-5", "65535-65536", "1-1001"]) {
    await using server = start("asked_ports_server.ts", 0, "127.0.0.1", range);
    const rule = "it must be like 6000-6099, of 1 to 1000 ports";
    await assertRefuses(server, { code: 2, line: `Cannot allocate ports "${range}": ${rule}` });
  }
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = start("asked_ports_server.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(server, { code: 1, line });
});

test("grants one address half of the ports", async () => {
  const ports = freeRange(4);
  await using server = start(
    ...["asked_ports_server.ts", 0, "127.0.0.1", `${ports[0]}-${ports.at(-1)}`] as const,
  );
  const port = await portOf(server);
  using open = new DisposableStack();
  for (const [index, wanted] of ports.entries()) {
    const [client, line] = await askFor(`${wanted}\n`, port);
    open.use(client);
    if (index < 2) assertEquals(line, `GRANTED ${wanted}\n`);
    else assertEquals(line, "REFUSED your address has 2 ports, and gets no more\n");
  }
});
