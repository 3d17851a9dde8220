import { assertEquals } from "@std/assert";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { assertCloses, assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("datagram_server.ts");

const unix = Deno.build.os !== "windows";

/** Sends a datagram and reads the answer and where it came from. */
async function exchange(socket: Socket, text: string, port: number): Promise<[string, number]> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
  socket.send(text, port, "127.0.0.1");
  const [data, from] = await answer;
  return [data.toString(), from.port];
}

test("sends each datagram back, from one socket to all its clients", async () => {
  await using server = start("datagram_server.ts", 0);
  const port = await portOf(server);
  const clients = [createSocket("udp4"), createSocket("udp4")];
  for (const [index, client] of clients.entries()) {
    const text = `grüß ${index}\x1b`;
    assertEquals(await exchange(client, text, port), [text, port]);
    const from = `127.0.0.1:${client.address().port}`;
    await server.line(String.raw`9 bytes from ${from}: "grüß ${index}\x1b"`);
    assertEquals(await exchange(client, "", port), ["", port]);
    await server.line(`0 bytes from ${from}: ""`);
  }
  for (const client of clients) client.close();
  await assertCloses(server, "SIGINT");
});

test("shows only the beginning of a large datagram", async () => {
  await using server = start("datagram_server.ts", 0);
  const port = await portOf(server);
  const client = createSocket("udp4");
  const text = "x".repeat(60_000);
  assertEquals(await exchange(client, text, port), [text, port]);
  const shown = `"${"x".repeat(200)}" …`;
  await server.line(`60000 bytes from 127.0.0.1:${client.address().port}: ${shown}`);
  client.close();
});

test("goes on when the sender is gone before its answer", async () => {
  await using server = start("datagram_server.ts", 0);
  const port = await portOf(server);
  for (let visit = 0; visit < 5; visit++) {
    const gone = createSocket("udp4");
    const closed = once(gone, "close");
    gone.send("bye", port, "127.0.0.1", () => gone.close());
    await closed;
    await server.line("3 bytes from");
  }
  const client = createSocket("udp4");
  assertEquals(await exchange(client, "still there?", port), ["still there?", port]);
  client.close();
  await assertCloses(server, "SIGINT");
});

test("receives on IPv6", async () => {
  await using server = start("datagram_server.ts", 0, "::1");
  const port = await portOf(server);
  assertEquals(server.lines, [`Receiving on [::1]:${port}`]);
  await using client = start("datagram_client.ts", port, "::1", "six");
  await client.line('Answer: "six"');
});

test({
  name: "closes on SIGTERM",
  ignore: !unix,
  async fn() {
    await using server = start("datagram_server.ts", 0);
    await portOf(server);
    await assertCloses(server, "SIGTERM");
  },
});

test("says in one line that its port is taken", async () => {
  const taken = createSocket("udp4");
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  await using server = start("datagram_server.ts", port);
  const line = `Cannot receive on 127.0.0.1 port ${port}: bind EADDRINUSE 127.0.0.1:${port}`;
  await assertRefuses(server, { code: 1, line });
  taken.close();
});
