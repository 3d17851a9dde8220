import { assertEquals, assertMatch } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide, start } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("port_exhaustion.ts");

test({
  name: "runs out of the range's ports, and only towards one address",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({
      sysctls: { "net.ipv4.ip_local_port_range": "50000 50099" },
    });
    await using program = Program.start(exampleUrl("port_exhaustion.ts"), {
      args: ["80", "50000"],
      prefix: network.enter,
    });
    const { code, lines } = await program.ended;
    assertEquals(code, 0);
    assertEquals(lines.slice(0, 2), [
      "Listening on 127.0.0.1:80",
      "100 connections from 100 ports",
    ]);
    assertMatch(lines[2]!, /^The next connection: AddrNotAvailable: /);
    assertMatch(lines[3]!, /^To 127\.0\.0\.2 it still works, from port 500\d\d$/);
    assertEquals(lines[4], "100 requests over the first connection: no further port");
  },
});

test("stops at as many as it was told", async () => {
  await using program = start("port_exhaustion.ts", 0, 20);
  const { code, lines } = await program.ended;
  assertEquals([code, lines.slice(1)], [0, [
    "20 connections from 20 ports",
    "All connections made: there are ports left",
  ]]);
});

test("refuses a count that is none, and says that its port is taken", async () => {
  for (const count of ["0", "50001", "many"]) {
    await using program = start("port_exhaustion.ts", 0, count);
    const line = `Cannot use count "${count}": it must be a whole number from 1 to 50000`;
    await assertRefuses(program, { code: 2, line });
  }
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using program = start("port_exhaustion.ts", port);
  const line = `Cannot connect to 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(program, { code: 1, line });
});

test({
  name: "says that descriptors, not ports, ran out first",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using program = Program.start(exampleUrl("port_exhaustion.ts"), {
      args: ["0", "50000"],
      prefix: ["sh", "-c", 'ulimit -n 100 && exec "$@"', "sh"],
    });
    const { code, lines, errorLines } = await program.ended;
    assertEquals([code, errorLines], [1, lines.slice(3)]);
    assertMatch(lines[1]!, /^\d\d connections from \d\d ports$/);
    assertMatch(lines[2]!, /^The next connection: .*\(os error 24\)$/);
    assertMatch(lines[3]!, /descriptors.*ulimit -n/);
  },
});
