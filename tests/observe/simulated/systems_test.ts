import { assertEquals } from "@std/assert";
import { Socket } from "fourtuple";
import { type SimulatedSystem, Simulation } from "./_simulation.ts";
import { requires } from "../../requirements.ts";

const table: [title: string, os: SimulatedSystem, without: string[], listsBound: boolean][] = [
  ["netstat of macOS", "darwin", [], true],
  ["lsof of macOS", "darwin", ["netstat"], true],
  ["netstat of Windows", "windows", [], false],
];

/** Runs a module that prints JSON, in a process that has loaded the simulation first. */
async function inSystem({ preload }: Simulation, module: URL, port: number): Promise<unknown> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--unstable-net",
      "--no-check",
      `--preload=${preload}`,
      module.pathname,
      `${port}`,
    ],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const [out, problem] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return out === "" ? problem : JSON.parse(out!);
}

for (const [title, os, without, listsBound] of table) {
  Deno.test({
    name: `owner() finds the processes that ${title} prints`,
    ...requires("Linux 6.8"),
    async fn() {
      using bound = Socket.tcp();
      bound.bind("127.0.0.1:0");
      using simulation = new Simulation(os, { without });
      const found = await inSystem(
        simulation,
        new URL("./_print_owner.ts", import.meta.url),
        bound.localEndpoint().port,
      );
      const none = { owners: [], hidden: 0, nobodys: 0, listsBound };
      assertEquals(
        found,
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

for (const without of [[], ["netstat"]]) {
  Deno.test({
    name: `allClosed() goes by the owners that ${
      without.length ? "lsof" : "netstat"
    } of macOS prints`,
    ...requires("/proc"),
    async fn() {
      using stranger = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      using simulation = new Simulation("darwin", { without });
      const module = new URL("./_all_closed.ts", import.meta.url);
      assertEquals(
        await inSystem(simulation, module, stranger.addr.port),
        [false, false, true, true, true],
      );
    },
  });
}

for (
  const [os, without, why] of [
    ["windows", [], "which has no ps"],
    ["darwin", ["ps"], "without ps"],
  ] as const
) {
  Deno.test({
    name: `allClosed() counts every socket at a port on ${os}, ${why}`,
    ...requires("/proc"),
    async fn() {
      using stranger = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      using simulation = new Simulation(os, { without });
      const module = new URL("./_all_closed.ts", import.meta.url);
      assertEquals(
        await inSystem(simulation, module, stranger.addr.port),
        [false, false, false, true, true],
      );
    },
  });
}
