import { assertEquals, assertMatch } from "@std/assert";
import { ask, assertHears, Client, enterChat, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("chat_server.ts");

test("sends what one client says to all the others", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using ada = await enterChat(port, "Ada", 1);
  using ben = await enterChat(port, "Ben", 2);
  await assertHears(ada, "* Ben came\n");
  using cleo = await enterChat(port, "Cleo", 3);
  for (const other of [ada, ben]) await assertHears(other, "* Cleo came\n");
  await ben.send("Grüße, all\x1b[2J\r\n");
  for (const other of [ada, cleo]) await assertHears(other, "Ben: Grüße, all[2J\n");
  await ben.endInput();
  for (const other of [ada, cleo]) await assertHears(other, "* Ben left\n");
  assertEquals(await ben.read(), "");
  await server.line("Ben left, 2 here");
});

test("finds the lines in what comes in one piece, or in many", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using ada = await enterChat(port, "Ada", 1);
  using ben = await Client.connect(port);
  await ben.send("Ben\none\ntwo\nth");
  await assertHears(ada, "* Ben came\nBen: one\nBen: two\n");
  for (const character of "ree\n") await ben.send(character);
  await assertHears(ada, "Ben: three\n");
});

test("refuses names and lines that will not do, and says so", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  using _ada = await enterChat(port, "Ada", 1);
  const no = "Your name?\nA name has 1 to 20 letters or digits\n";
  for (const name of ["", "a b", "x".repeat(21), "Ада"]) {
    assertEquals(await ask(port, `${name}\n`), no);
  }
  assertEquals(await ask(port, "Ada\n"), "Your name?\nTaken\n");
  const long = "Your name?\nA line ends within 512 bytes\n";
  assertEquals(await ask(port, "x".repeat(600)), long);
  assertMatch(await ask(port, `Ben\n${"x".repeat(600)}`), /A line ends within 512 bytes\n$/);
});
