import { assertEquals, assertMatch } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { sideBySide, start } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("one_port_many_clients.ts");

test({
  name: "shows the very addresses of the book chapter's list",
  ...requires("network namespace"),
  async fn() {
    const [server, one, other] = ["192.168.1.100", "10.0.0.50", "10.0.0.99"] as const;
    await using network = await PrivateNetwork.create({ addresses: [server, one, other] });
    await using program = Program.start(exampleUrl("one_port_many_clients.ts"), {
      args: ["80", server, one, one, other],
      prefix: network.enter,
    });
    const { code, lines } = await program.ended;
    assertEquals([code, lines[0]], [0, "Listening on 192.168.1.100:80"]);
    assertEquals(lines.slice(1).map((line) => line.replace(/\d+\)$/, "*)")), [
      "Connection 1: (TCP, 192.168.1.100, 80, 10.0.0.50, *)",
      "Connection 2: (TCP, 192.168.1.100, 80, 10.0.0.50, *)",
      "Connection 3: (TCP, 192.168.1.100, 80, 10.0.0.99, *)",
    ]);
    assertEquals(new Set(lines).size, 4, "no two five-tuples are the same");
  },
});

test("has clients over IPv6", async () => {
  await using program = start("one_port_many_clients.ts", 0, "::1", "::1", "::1");
  const { code, lines } = await program.ended;
  assertEquals([code, lines.length], [0, 3]);
  for (const line of lines.slice(1)) {
    assertMatch(line, /^Connection \d: \(TCP, ::1, \d+, ::1, \d+\)$/);
  }
});

test("says in one line what it cannot do", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using unable = start("one_port_many_clients.ts", port);
  const { code, errorLines } = await unable.ended;
  assertEquals([code, errorLines.length], [1, 1]);
  assertMatch(errorLines[0]!, new RegExp(`^Cannot connect to 127.0.0.1 port ${port}: AddrInUse`));
  await using foreign = start("one_port_many_clients.ts", 0, "127.0.0.1", "192.0.2.1");
  const { code: other, errorLines: said } = await foreign.ended;
  assertEquals([other, said.length], [1, 1]);
});

test("has default clients for an IPv6 server", async () => {
  await using program = start("one_port_many_clients.ts", 0, "::1");
  const { code, lines, errorLines } = await program.ended;
  assertEquals([code, lines.length, errorLines], [0, 4, []]);
  for (const line of lines.slice(1)) {
    assertMatch(line, /^Connection \d: \(TCP, ::1, \d+, ::1, \d+\)$/);
  }
});
