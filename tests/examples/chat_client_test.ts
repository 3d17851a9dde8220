import { assertEquals } from "@std/assert";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("chat_client.ts");

test("talks with another through chat_server.ts", async () => {
  await using server = start("chat_server.ts", 0);
  const port = await portOf(server);
  await using ada = start("chat_client.ts", port, "127.0.0.1", "Ada");
  await ada.line("Welcome Ada, 1 here");
  await using ben = start("chat_client.ts", port, "127.0.0.1", "Ben");
  await ada.line("* Ben came");
  await ada.send("Hello Ben, grüß dich\n");
  await ben.line("Ada: Hello Ben, grüß dich");
  await ben.send("bye\n");
  await ben.endInput();
  await ada.line("Ben: bye");
  await ada.line("* Ben left");
  assertEquals((await ben.ended).code, 0);
  await ada.endInput();
  assertEquals((await ada.ended).code, 0);
});

test("ends when the server does, though its input is open", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  await using client = start("chat_client.ts", listener.addr.port, "::1");
  const connection = await listener.accept();
  await client.line(/^Connected \[::1\]:\d+ -> \[::1\]:\d+$/);
  for (const piece of [[0x67, 0xc3], [0xbc, 0x0a, 0x1b], [0x65, 0x6e, 0x64]]) {
    await connection.write(Uint8Array.from(piece));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  connection.close();
  const { code, lines } = await client.ended;
  assertEquals([code, lines.slice(1)], [0, ["gü", "end"]]);
});

test("gives up a line without an end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using client = start("chat_client.ts", port);
  using connection = await listener.accept();
  await connection.write(new Uint8Array(10_000).fill(0x61));
  const line =
    `Cannot get an answer from 127.0.0.1 port ${port}: Error: a line without an end came`;
  const { errorLines, code } = await client.ended;
  assertEquals([code, errorLines], [1, [line]]);
});

test("says in one line that nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = start("chat_client.ts", port);
  const why = "ConnectionRefused: Connection refused";
  const line = `Cannot get an answer from 127.0.0.1 port ${port}: ${why}`;
  await assertRefuses(client, { code: 1, line });
});
