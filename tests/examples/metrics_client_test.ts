import { assertEquals, assertMatch } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { requires } from "../requirements.ts";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("metrics_client.ts");

const unix = Deno.build.os !== "windows";

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`tells metrics_server.ts at ${hostname}`, async () => {
    await using server = start("metrics_server.ts", 0, hostname);
    const port = await portOf(server);
    await using client = start("metrics_client.ts", port, hostname, 20, "my.name");
    const { code, lines } = await client.ended;
    assertEquals(code, 0);
    assertEquals(lines.length, 21);
    for (const line of lines.slice(0, 20)) assertMatch(line, /^[\d.]+ ms: my\.name:1\|c$/);
    assertMatch(lines[20]!, /^Sent 20 datagrams in [\d.]+ ms; how many arrived is not known$/);
    await server.line("20 datagrams, my.name 20, 0 lines not counted");
  });
}

test({
  name: "says the same where nobody receives",
  ignore: !unix,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using client = start("metrics_client.ts", listener.addr.port); // TCP's, not UDP's
    const { code, lines } = await client.ended;
    assertEquals(code, 0);
    assertMatch(lines.at(-1)!, /^Sent 3 datagrams in /);
    listener.close();
  },
});

test("refuses a count, a name or an address that is none", async () => {
  const bad: [string[], string][] = [
    [["localhost"], 'address "localhost": it must be an IPv4 or IPv6 address'],
    [["127.0.0.1", "0"], 'count "0": it must be a whole number from 1 to 100000'],
    [["127.0.0.1", "1", "a b"], 'name "a b": it must be 1 to 64 letters, digits, _, . and -'],
  ];
  for (const [args, why] of bad) {
    await using client = start("metrics_client.ts", 1, ...args);
    await assertRefuses(client, { code: 2, line: `Cannot use ${why}` });
  }
});

test({
  name: "says that no way leads to an address",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({});
    await using client = Program.start(exampleUrl("metrics_client.ts"), {
      args: ["8125", "192.0.2.1"],
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
