import { assertEquals, assertMatch } from "@std/assert";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide } from "./_example.ts";

const test = sideBySide("address_in_use.ts");

function startWithFfi(...args: string[]): Program {
  const permissions = ["--allow-net", "--allow-ffi"];
  return Program.start(exampleUrl("address_in_use.ts"), { args, permissions, lifetime: 60_000 });
}

test({
  name: "meets both ways, and SO_REUSEADDR helps against one of them",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (const hostname of ["127.0.0.1", "127.0.0.9"]) {
      await using program = startWithFfi("0", hostname);
      const { code, lines } = await program.ended;
      assertEquals(code, 0);
      assertMatch(lines[0]!, new RegExp(`^Listening on ${hostname}:\\d+$`));
      assertEquals(lines.slice(1), [
        "While it listens: bind fails: EADDRINUSE, with SO_REUSEADDR fails: EADDRINUSE",
        "Nobody listens, and the server's last connection is in TIME_WAIT: bind fails: EADDRINUSE, " +
        "with SO_REUSEADDR works",
      ]);
    }
  },
});

test({
  name: "refuses an address that is not loopback's, and a port that is taken",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (
      const hostname of ["0.0.0.0", "::1", "127.0.0", "127.0.0.256", "127.0.0.01", "localhost"]
    ) {
      await using program = startWithFfi("0", hostname);
      const line = `Cannot use address "${hostname}": it must be one of 127.0.0.0/8`;
      await assertRefuses(program, { code: 2, line });
    }
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    await using program = startWithFfi(String(port));
    const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
    await assertRefuses(program, { code: 1, line });
  },
});
