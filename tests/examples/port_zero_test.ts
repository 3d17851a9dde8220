import { assert, assertEquals } from "@std/assert";
import { assertRefuses, sideBySide, start } from "./_example.ts";

const test = sideBySide("port_zero.ts");

test("holds ports that are all different", async () => {
  for (const args of [[], [100], [5, "::1"]]) {
    await using program = start("port_zero.ts", ...args);
    const { code, lines, errorLines } = await program.ended;
    assertEquals({ code, errorLines }, { code: 0, errorLines: [] });
    const ports = lines.map((line) =>
      Number(/^Asked for port 0, given port (\d+)$/.exec(line)?.[1])
    );
    assertEquals(new Set(ports).size, args[0] ?? 3);
    assert(ports.every((port) => port > 0 && port <= 65535), String(ports));
  }
});

test("refuses a count that is none, in one line", async () => {
  for (const count of ["0", "101", "-1", "1.5", "0x5", "", " 5", "many"]) {
    await using program = start("port_zero.ts", count);
    const line = `Cannot ask for "${count}" ports: it must be a whole number from 1 to 100`;
    await assertRefuses(program, { code: 2, line });
  }
});

test("says in one line that an address is not its own", async () => {
  await using program = start("port_zero.ts", 1, "192.0.2.1"); // for documentation: RFC 5737
  const why = "AddrNotAvailable: Cannot assign requested address";
  const line = `Cannot listen on 192.0.2.1 port 0: ${why}`;
  await assertRefuses(program, { code: 1, line });
});
