import { assertEquals, assertRejects } from "@std/assert";
import { Dialogue, Socket } from "fourtuple";

/** A server that sends these pieces to its one client, and then closes. */
async function saying(...pieces: readonly (string | Uint8Array<ArrayBuffer>)[]) {
  const server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const dialogue = await Dialogue.connect(server.localEndpoint(), { timeout: 5000 });
  const accepted = await server.accept();
  for (const piece of pieces) await accepted.send(piece);
  accepted.close();
  server.close();
  return dialogue;
}

const said = ({ lines }: Dialogue) => lines.map(({ from, line }) => `${from}: ${line}`);

Deno.test("Dialogue.hear() takes one answer, and keeps what came after it", async () => {
  using dialogue = await saying("150 one\r\n226", " two\r\n", "rest");
  assertEquals(await dialogue.hear(), "150 one\r\n");
  assertEquals(await dialogue.hear(), "226 two\r\n");
  assertEquals(await dialogue.hearAll(), "rest");
  assertEquals(said(dialogue), ["server: 150 one", "server: 226 two", "server: rest"]);
});

Deno.test("Dialogue.hear() waits until an answer is whole", async () => {
  using dialogue = await saying("HTTP/1.1 200 OK\r\n", "\r\n", "body\n");
  assertEquals(await dialogue.hear(/body\n/), "HTTP/1.1 200 OK\r\n\r\nbody\n");
  assertEquals(said(dialogue), ["server: HTTP/1.1 200 OK", "server: ", "server: body"]);
  const table = dialogue.toTable();
  assertEquals(table.columns, ["from", "line"]);
  assertEquals(table.rows[1], ["server", "(an empty line)"]);
});

Deno.test("Dialogue shows bytes that are no text, and keeps each", async () => {
  using dialogue = await saying(Uint8Array.of(0x81, 2, 0x68, 0x69));
  assertEquals(await dialogue.hear(/hi/), "\x81\x02hi");
  assertEquals(said(dialogue), ["server: \\x81\\x02hi"]);
});

Deno.test("Dialogue.hear() says what is missing when the connection ends, and takes only an expression", async () => {
  using dialogue = await saying("half");
  await assertRejects(() => dialogue.hear(), RangeError, "the end of the connection");
  await assertRejects(() => dialogue.hear("x" as unknown as RegExp), TypeError);
  await assertRejects(() => dialogue.say(1 as unknown as string), TypeError);
});

Deno.test("Dialogue.ask() sends lines in one piece; a dialogue beside it is in the same table", async () => {
  using server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const end = server.localEndpoint();
  using control = await Dialogue.connect(end, { name: "control", timeout: 5000 });
  using one = await server.accept();
  await one.send("yes\r\n");
  assertEquals(await control.ask(["a", "b"]), "yes\r\n");
  assertEquals(new TextDecoder().decode(await one.receive()), "a\r\nb\r\n");
  using data = await control.beside(end, "data");
  using two = await server.accept();
  await two.send("file\n");
  await data.hear();
  assertEquals(control.toTable().rows, [
    ["control", "client", "a"],
    ["control", "client", "b"],
    ["control", "server", "yes"],
    ["data", "server", "file"],
  ]);
  assertEquals(data.lines, control.lines);
});

Deno.test("Dialogue.connect() refuses misspelt options, and passes on a refusal", async () => {
  const options = { timout: 1 } as Record<string, number>;
  await assertRejects(() => Dialogue.connect("127.0.0.1:1", options), TypeError, "timout");
  using bound = Socket.tcp();
  bound.bind("127.0.0.1:0");
  const refused = await assertRejects(() => Dialogue.connect(bound.localEndpoint()));
  assertEquals((refused as { code?: string }).code, "ECONNREFUSED");
});
