import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "node:net";
import { once } from "node:events";
import { assertRefuses, freeRange, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("client_port.ts");

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`calls ${hostname} from the port that it was told`, async () => {
    const [own] = freeRange(1);
    await using server = start("echo_server_many.ts", 0, hostname);
    const port = await portOf(server);
    await using client = start("client_port.ts", port, hostname, own!);
    const { code, lines } = await client.ended;
    const host = hostname === "::1" ? "[::1]" : hostname;
    assertEquals([code, lines], [0, [
      `Connected ${host}:${own} -> ${host}:${port}`,
      String.raw`Received: "Hello from port ${own}\n"`,
    ]]);
    await server.line(`Connected by ${host}:${own}, 1 open`);
  });
}

test("gets a number from a server that allocates ports, and keeps its own port", async () => {
  const [own, ...allocated] = freeRange(3);
  const range = `${allocated[0]}-${allocated[1]}`;
  await using server = start("assigned_ports_server.ts", 0, "127.0.0.1", range);
  await using client = start("client_port.ts", await portOf(server), "127.0.0.1", own!);
  await client.line(`Connected 127.0.0.1:${own} -> `);
  await client.line(String.raw`Received: "PORT ${allocated[0]}\n"`);
});

test({
  name: "shares its port with a client at another address, and not at its own",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const [own] = freeRange(1);
    await using server = start("echo_server_many.ts", 0);
    const port = await portOf(server);
    const first = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.1", localPort: own! });
    await once(first, "connect");
    await using other = start("client_port.ts", port, "127.0.0.1", own!, "127.0.0.2");
    await other.line(`Connected 127.0.0.2:${own} -> 127.0.0.1:${port}`);
    await using same = start("client_port.ts", port, "127.0.0.1", own!);
    const { code, errorLines } = await same.ended;
    assertEquals(code, 1);
    assertMatch(errorLines.join(), /^Cannot get an answer from .*: E\w+: .*(taken|there already)/);
    first.destroy();
  },
});

test("refuses a port or an address of its own that is none", async () => {
  const bad: [string[], string][] = [
    [["127.0.0.1", "0"], 'own port "0": it must be a whole number from 1 to 65535'],
    [["127.0.0.1", "6001x"], 'own port "6001x": it must be a whole number from 1 to 65535'],
    [
      ["127.0.0.1", "6001", "localhost"],
      'own address "localhost": it must be an IPv4 or IPv6 address',
    ],
  ];
  for (const [args, why] of bad) {
    await using client = start("client_port.ts", 1, ...args);
    await assertRefuses(client, { code: 2, line: `Cannot use ${why}` });
  }
});
