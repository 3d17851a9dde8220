import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FillRun, PALETTE, plotPortFill } from "fourtuple";
import { assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

const EVEN: FillRun = {
  name: "connect picks",
  samples: [{ seconds: 0.5, connections: 60 }, { seconds: 1, connections: 100 }],
};
const ODD: FillRun = { name: "bind picks", samples: [{ seconds: 4, connections: 100 }] };

interface Line {
  readonly x: number[];
  readonly y: number[];
  readonly line: { readonly color: string; readonly dash: string };
}

function line(runs: readonly FillRun[], name: string): Line {
  return trace(plotPortFill(runs), name) as unknown as Line;
}

Deno.test("plotPortFill() puts each run behind the one before it", () => {
  assertEquals(traceNames(plotPortFill([EVEN, ODD])), ["connect picks", "bind picks"]);
  const first = line([EVEN, ODD], "connect picks");
  assertEquals([first.x, first.y], [[0, 0.5, 1], [0, 60, 100]]);
  const second = line([EVEN, ODD], "bind picks");
  assertEquals([second.x, second.y], [[1, 5], [100, 200]]);
});

Deno.test("plotPortFill() draws clients in their one colour, and each run with a dash of its own", () => {
  const looks = [EVEN, ODD].map(({ name }) => line([EVEN, ODD], name).line);
  assertEquals(looks.map(({ color }) => color), [PALETTE.client.color, PALETTE.client.color]);
  assertEquals(looks.map(({ dash }) => dash), ["solid", "dot"]);
  const said = words(plotPortFill([EVEN, ODD]));
  for (const name of ["connect picks", "bind picks"]) assert(said.includes(name), `${said}`);
});

Deno.test("plotPortFill() has axes with units, and lines at all ports and at half of them", () => {
  const figure = plotPortFill([EVEN, ODD], { ports: 28_232 });
  assertEquals(axis(figure, "xaxis").title?.text, "time (s)");
  assertEquals(axis(figure, "yaxis").title?.text, "connections");
  const said = words(figure);
  assert(said.includes("all: 28,232 ports") && said.includes("half: 14,116"), `${said}`);
  const shapes = figure.layout.shapes as { y0: number; y1: number; xref: string; x1: number }[];
  const across = shapes.filter(({ xref, x1 }) => xref === "paper" && x1 === 1);
  assertEquals(across.map(({ y0, y1 }) => [y0, y1]), [[28_232, 28_232], [14_116, 14_116]]);
  assert(axis(figure, "yaxis").range[1] > 28_232);
  assert(
    !words(plotPortFill([EVEN])).some((text) => text.startsWith("all:")),
    "not without a number",
  );
});

Deno.test("plotPortFill() tells connections, seconds and their ratio in its table", () => {
  const { table } = plotPortFill([EVEN, ODD, {
    name: "at once",
    samples: [{ seconds: 0, connections: 1 }],
  }]);
  assertEquals(table.columns, ["run", "connections", "seconds", "connections/s"]);
  assertEquals(table.rows, [
    ["connect picks", 100, 1, 100],
    ["bind picks", 100, 4, 25],
    ["at once", 1, 0, undefined],
  ]);
});

Deno.test("plotPortFill() says so if there is nothing to draw", () => {
  for (const runs of [[], [{ name: "connect picks", samples: [] }]]) {
    const figure = plotPortFill(runs, { ports: 4 });
    assertEquals(figure.data, []);
    assert(words(figure).includes("Nothing to draw: no connection"));
    assertEquals(figure.table.rows, []);
  }
});

Deno.test("plotPortFill() refuses what it cannot draw", () => {
  const second = (seconds: unknown, connections: unknown = 6) => () => {
    const sample = { seconds, connections } as FillRun["samples"][0];
    plotPortFill([{ name: "run", samples: [{ seconds: 1, connections: 5 }, sample] }]);
  };
  const five = ["a", "b", "c", "d", "e"].map((name) => ({ ...EVEN, name }));
  assertRefused([
    [second(0.5), RangeError, "0.5 after 1"],
    [second(2, 4), RangeError, "4 after 5"],
    [second(NaN), RangeError, "NaN after 1"],
    [second(Infinity), RangeError, "Infinity after 1"],
    [second("2"), TypeError, '"2" after 1'],
    [() => plotPortFill([EVEN, EVEN]), RangeError, '"connect picks" twice'],
    [() => plotPortFill([{ name: " ", samples: [] }]), TypeError, '" "'],
    [() => plotPortFill(five), RangeError, "5"],
    [() => plotPortFill([EVEN], { ports: 0 }), RangeError, "0"],
  ]);
});

Deno.test("plotPortFill() ends where the sums of all runs are", () => {
  const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 10 });
  fc.assert(fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (all) => {
    const runs = all.map((each, index) => {
      let [seconds, connections] = [0, 0];
      const samples = each.map(([time, more]) => ({
        seconds: seconds += time,
        connections: connections += more,
      }));
      return { name: `run ${index}`, samples };
    });
    const last = plotPortFill(runs).data.at(-1) as unknown as Line;
    const sum = (field: "seconds" | "connections") =>
      runs.reduce((total, { samples }) => total + samples.at(-1)![field], 0);
    assertEquals([last.x.at(-1), last.y.at(-1)], [sum("seconds"), sum("connections")]);
  }));
});
