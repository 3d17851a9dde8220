import { assert, assertEquals, assertMatch } from "@std/assert";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("port_usage.ts");

const linux = Deno.build.os === "linux";

function ask(...args: string[]): Program {
  const permissions = ["--allow-run"];
  return Program.start(exampleUrl("port_usage.ts"), { args, permissions, lifetime: 60_000 });
}

for (const tool of ["ss", "netstat", "lsof"] as const) {
  test({
    name: `tells by ${tool} who listens, what is connected, and who has a port`,
    ignore: !linux || requires(tool).ignore,
    async fn() {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      using client = await Deno.connect({ hostname: "127.0.0.1", port });
      using _accepted = await listener.accept();
      const own = client.localAddr.port;
      const said = async (...args: string[]) => {
        await using program = ask(...args, tool);
        const { code, lines } = await program.ended;
        assertEquals(code, 0);
        assertMatch(lines[0]!, new RegExp(`^\\$ ${tool} -`));
        return lines.slice(1);
      };
      const ours = (lines: string[], place: string) => lines.filter((line) => line.includes(place));
      const listening = await said("listening");
      assertEquals(ours(listening, `127.0.0.1:${port}`).length, 1);
      assertEquals(ours(listening, `127.0.0.1:${own}`), []);
      const connected = ours(await said("connected"), `127.0.0.1:${own}`);
      assertEquals(connected.length, 2, "both ends");
      assert(connected.some((line) => line.includes(`${Deno.pid}`)), connected.join("\n"));
      const owned = ours(await said("owner", String(port)), `:${port}`);
      assert(owned.some((line) => line.includes(String(Deno.pid))), owned.join("\n"));
    },
  });
}

for (const tool of ["ss", "netstat", "lsof"] as const) {
  test({
    name: `says Nothing where nobody has the port, by ${tool}, and prints no titles`,
    ignore: !linux || requires(tool).ignore,
    async fn() {
      // tcpmux: below the ephemeral range, where no TIME_WAIT of another test can have it.
      const port = 1;
      await using program = ask("owner", String(port), tool);
      const { code, lines } = await program.ended;
      assertEquals([code, lines.slice(1)], [0, ["Nothing"]]);
      assertMatch(lines[0]!, new RegExp(`^\\$ ${tool} -.*${tool === "netstat" ? "" : port}`));
    },
  });
}

test("says in one line that it may not start a tool", async () => {
  await using program = Program.start(exampleUrl("port_usage.ts"), { permissions: [] });
  const { code, errorLines } = await program.ended;
  assertEquals([code, errorLines.length], [1, 1]);
  assertMatch(errorLines[0]!, /^Cannot run (ss|lsof|netstat): NotCapable: /);
});

test("refuses what it cannot tell, ask or look for", async () => {
  const bad: [string[], RegExp][] = [
    [["everything"], /^Cannot show "everything": it must be listening, connected or owner$/],
    [["owner", "80abc"], /^Cannot use port "80abc": it must be a whole number from 1 to 65535$/],
    [["owner", "0"], /^Cannot use port "0": /],
    [["listening", "rm"], /^Cannot ask "rm": here it must be one of /],
    [["listening", "-h"], /^Cannot ask "-h": /],
  ];
  for (const [args, line] of bad) {
    await using program = ask(...args);
    const { code, errorLines } = await program.ended;
    assertEquals([code, errorLines.length], [2, 1]);
    assertMatch(errorLines[0]!, line);
  }
});

test({
  name: "says in one line that no tool is installed",
  ignore: !linux,
  async fn() {
    const folder = Deno.makeTempDirSync();
    await using program = Program.start(exampleUrl("port_usage.ts"), {
      permissions: ["--allow-run"],
      env: { PATH: folder },
    });
    const line = "Cannot ask ss or netstat or lsof: not installed here";
    await assertRefuses(program, { code: 1, line });
    Deno.removeSync(folder);
  },
});
