import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { ask, Client, portOf, start } from "./_example.ts";

/** Reads what is expected, and not a byte more. */
async function assertHears(client: Client, text: string): Promise<void> {
  assertEquals(await client.read(new TextEncoder().encode(text).length), text);
}

/** Comes in under a name; says who is there already. */
async function enter(port: number, name: string, here: number): Promise<Client> {
  const client = await Client.connect(port);
  await assertHears(client, "Your name?\n"); // the server speaks first
  await client.send(`${name}\n`);
  await assertHears(client, `Welcome ${name}, ${here} here\n`);
  return client;
}

Deno.test("chat_server.ts tells all the others what one says", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using ada = await enter(port, "Ada", 1);
  using ben = await enter(port, "Ben", 2);
  await assertHears(ada, "* Ben came\n");
  using cleo = await enter(port, "Cleo", 3);
  for (const other of [ada, ben]) await assertHears(other, "* Cleo came\n");
  await ben.send("Grüße, all\x1b[2J\r\n");
  for (const other of [ada, cleo]) await assertHears(other, "Ben: Grüße, all[2J\n");
  await ben.endInput();
  for (const other of [ada, cleo]) await assertHears(other, "* Ben left\n");
  assertEquals(await ben.read(), "");
  await server.line("Ben left, 2 here");
});

Deno.test("chat_server.ts finds the lines in what comes in one piece, or in many", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using ada = await enter(port, "Ada", 1);
  using ben = await Client.connect(port);
  await ben.send("Ben\none\ntwo\nth");
  await assertHears(ada, "* Ben came\nBen: one\nBen: two\n");
  for (const character of "ree\n") await ben.send(character);
  await assertHears(ada, "Ben: three\n");
});

Deno.test("chat_server.ts refuses names and lines that will not do, and says so", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using _ada = await enter(port, "Ada", 1);
  const no = "Your name?\nA name has 1 to 20 letters or digits\n";
  for (const name of ["", "a b", "x".repeat(21), "Ада"]) {
    assertEquals(await ask(port, `${name}\n`), no);
  }
  assertEquals(await ask(port, "Ada\n"), "Your name?\nTaken\n");
  const long = "Your name?\nA line ends within 512 bytes\n";
  assertEquals(await ask(port, "x".repeat(600)), long);
  assertMatch(await ask(port, `Ben\n${"x".repeat(600)}`), /A line ends within 512 bytes\n$/);
});

Deno.test("chat_server.ts hangs up on the deaf and the silent, and the others talk on", async () => {
  await using server = start("chat_server.ts", 0, "127.0.0.1", 6);
  const port = await portOf(server);
  using ada = await enter(port, "Ada", 1);
  using deaf = await enter(port, "Deaf", 2);
  using ben = await enter(port, "Ben", 3);
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
  await server.line("Deaf left, 2 here");
  // Now nobody says anything, and that is too long at some time.
  const started = performance.now();
  assertMatch(await ada.read(), /^(\* Ben left\n)?$/);
  assertLess(performance.now() - started, 8_000);
  await server.line(/^(Ada|Ben) left, 0 here$/);
  assertEquals(await deaf.read(100), "* Ben came\n" + `Ben: ${line}`.slice(0, 89)); // it was late
});
