import { assertEquals } from "@std/assert";
import { Socket } from "fourtuple";
import { type SimulatedSystem, Simulation } from "./_simulation.ts";
import { requires } from "../../requirements.ts";

const table: [title: string, os: SimulatedSystem, without: string[], listsBound: boolean][] = [
  ["netstat of macOS", "darwin", [], true],
  ["lsof of macOS", "darwin", ["netstat"], true],
  ["netstat of Windows", "windows", [], false],
];

for (const [title, os, without, listsBound] of table) {
  Deno.test({
    name: `owner() finds the processes that ${title} prints`,
    ...requires("Linux 6.8"),
    async fn() {
      using bound = Socket.tcp();
      bound.bind("127.0.0.1:0");
      using simulation = new Simulation(os, { without });
      const program = new URL("./_print_owner.ts", import.meta.url).pathname;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--allow-all",
          "--unstable-net",
          "--no-check",
          `--preload=${simulation.preload}`,
          program,
          String(bound.localEndpoint().port),
        ],
        signal: AbortSignal.timeout(60_000),
      }).output();
      const [out, problem] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      const none = { owners: [], hidden: 0, nobodys: 0, listsBound };
      assertEquals(
        JSON.parse(out || JSON.stringify(problem)),
        {
          source: "tool",
          mine: { ...none, owners: [["mine", "LISTEN"]] },
          udp: { ...none, owners: [["mine", "UNCONNECTED"]], listsBound: true },
          free: none,
          others: [{ ...none, owners: listsBound ? [[Deno.pid, "CLOSE"]] : [] }],
          shown: true,
        },
      );
    },
  });
}
