import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "node:net";
import { once } from "node:events";
import { assertHearsOut, Client, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("telnet_server.ts");

const [SE, SB, WILL, WONT, DO, DONT, IAC] = [240, 250, 251, 252, 253, 254, 255] as const;

async function readTo(client: Client, end: string): Promise<string> {
  let heard = "";
  while (!heard.endsWith(end)) heard += await client.read(1);
  return heard;
}

test("answers its words, and hears out a client that logs out", async () => {
  await using server = start("telnet_server.ts", 0);
  const port = await portOf(server);
  using client = await Client.connect(port);
  assertStringIncludes(await readTo(client, "\r\n"), `Hello ${client.address}. I know: who,`);
  await client.send("where\r\n");
  assertEquals(await readTo(client, "\n"), `${client.address} -> 127.0.0.1:${port}\r\n`);
  await client.send("time\r\n");
  assertMatch(await readTo(client, "\n"), /^\d{4}-\d\d-\d\dT[\d:.]+Z\r\n$/);
  await client.send("\r\nlogout\r\n");
  assertEquals(await client.read(), "Goodbye\r\n");
  await assertHearsOut(client);
  await server.line(`Closed ${client.address}`);
});

test({
  name: "has three computers at one port, as in the drawing",
  ignore: Deno.build.os !== "linux", // which has all of 127.0.0.0/8
  async fn() {
    await using server = start("telnet_server.ts", 0);
    const port = await portOf(server);
    const addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
    const first = connect({ host: "127.0.0.1", port, localAddress: addresses[0]! });
    await once(first, "connect");
    const { localPort } = first;
    const sockets = [first];
    for (const localAddress of addresses.slice(1)) {
      const socket = connect({ host: "127.0.0.1", port, localAddress, localPort });
      await once(socket, "connect");
      sockets.push(socket);
    }
    using client = await Client.connect(port);
    await readTo(client, "\r\n");
    await client.send("who\r\n");
    const expected = [...addresses.map((each) => `${each}:${localPort}`), client.address];
    const heard = [];
    for (let line = 0; line < 4; line++) heard.push((await readTo(client, "\r\n")).trim());
    assertEquals(new Set(heard), new Set(expected));
    for (const socket of sockets) socket.destroy();
  },
});

test("declines each offer and request, wherever it is in the stream", async () => {
  await using server = start("telnet_server.ts", 0);
  using client = await Client.connect(await portOf(server));
  await readTo(client, "\r\n");
  const told = [
    ...[IAC, WILL, 31, IAC, DO, 1, IAC, WONT, 3, IAC, DONT, 3],
    ...[IAC, SB, 31, 0, 10, IAC, IAC, 0, 24, IAC, SE], // a window's size, with a 10 in it
    ...new TextEncoder().encode("whe"),
    ...[IAC, 241], // no operation
    ...new TextEncoder().encode("re\r\n"),
  ];
  for (const byte of told) await client.send(Uint8Array.of(byte));
  const bytes = new Uint8Array(6);
  for (let size = 0; size < 6;) {
    size += (await client.connection.read(bytes.subarray(size))) ?? fail();
  }
  assertEquals([...bytes], [IAC, DONT, 31, IAC, WONT, 1]);
  assertMatch(await readTo(client, "\r\n"), / -> /);
});

test("knows a terminal's Enter and erasing, and answers whether it is there", async () => {
  await using server = start("telnet_server.ts", 0);
  using client = await Client.connect(await portOf(server));
  await readTo(client, "\r\n");
  const [AYT, EC, EL] = [246, 247, 248];
  const type = (...parts: (string | number[])[]) =>
    client.send(
      Uint8Array.from(
        parts.flatMap((part) =>
          typeof part === "string" ? [...new TextEncoder().encode(part)] : part
        ),
      ),
    );
  for (
    const typed of [
      ["where\r\0"],
      ["where\n"],
      ["wherx\x7fe\r\n"],
      ["wherx\be\r\n"],
      ["wherx", [IAC, EC], "e\r\n"],
      ["who", [IAC, EL], "where\r\n"],
      ["who\x15where\r\0"],
    ]
  ) {
    await type(...typed);
    assertMatch(await readTo(client, "\r\n"), / -> /, JSON.stringify(typed));
  }
  await type([IAC, AYT]);
  assertEquals(await readTo(client, "\r\n"), "Yes\r\n");
});

function fail(): never {
  throw new Error("the connection ended");
}
