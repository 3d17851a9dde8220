import { assertEquals, assertMatch } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { requires } from "../requirements.ts";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("datagram_client.ts");

test("reads an answer to each of its messages", async () => {
  await using server = start("datagram_server.ts", 0);
  const port = await portOf(server);
  await using client = start("datagram_client.ts", port, "127.0.0.1", "one", "two\x1b");
  const { code, lines } = await client.ended;
  assertEquals({ code, lines }, { code: 0, lines: ['Answer: "one"', 'Answer: "two\\x1b"'] });
});

test("knows its server by any spelling of the address", async () => {
  await using server = start("datagram_server.ts", 0, "::1");
  await using client = start("datagram_client.ts", await portOf(server), "0:0::1", "six");
  await client.line('Answer: "six"');
});

test("takes no answer from a stranger", async () => {
  const [server, stranger] = [createSocket("udp4"), createSocket("udp4")];
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  await using client = start("datagram_client.ts", server.address().port);
  const [, from] = await once(server, "message", { signal: AbortSignal.timeout(5_000) });
  stranger.send("trust me", from.port, from.address, () => {
    server.send("the answer", from.port, from.address);
  });
  assertEquals((await client.ended).lines, ['Answer: "the answer"']);
  server.close();
  stranger.close();
});

test("refuses what is no address", async () => {
  await using client = start("datagram_client.ts", 9999, "localhost");
  const line = 'Cannot use address "localhost": it must be an IPv4 or IPv6 address';
  await assertRefuses(client, { code: 2, line });
});

test("says that a message is too long for a datagram, without waiting for an answer", async () => {
  await using client = start("datagram_client.ts", 9999, "127.0.0.1", "x".repeat(70_000));
  const { code, errorLines } = await client.ended;
  assertEquals([code, errorLines.length], [1, 1]);
  assertMatch(
    errorLines[0]!,
    /^Cannot get an answer from 127\.0\.0\.1 port 9999: Error: .*(EMSGSIZE|too long)/i,
  );
});

test({
  name: "says that no way leads to an address",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({});
    await using client = Program.start(exampleUrl("datagram_client.ts"), {
      args: ["9999", "192.0.2.1"],
      prefix: network.enter,
    });
    const { code, errorLines } = await client.ended;
    assertEquals([code, errorLines.length], [1, 1]);
    assertMatch(
      errorLines[0]!,
      /: (this computer cannot send there, perhaps it has no route|.*ENETUNREACH.*)$/,
    );
  },
});
