import { assert, assertEquals } from "@std/assert";
import { PALETTE, plotPortOrder, type PlotPortOrderOptions, type PortSeries } from "fourtuple";
import { assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

const CLIMBS = { name: "connect", ports: [40000, 40002, 40006] };
const JUMPS = { name: "bind(0)", ports: [50001, 33333] };

Deno.test("plotPortOrder() draws each port at its call", () => {
  const figure = plotPortOrder([CLIMBS, JUMPS]);
  assertEquals(traceNames(figure), ["connect", "bind(0)"]);
  assertEquals(trace(figure, "connect").x, [1, 2, 3]);
  assertEquals(trace(figure, "connect").y, CLIMBS.ports);
  assertEquals(trace(figure, "bind(0)").y, JUMPS.ports);
  assertEquals(trace(figure, "connect").marker?.color, PALETTE.client.color);
  assertEquals(axis(figure, "xaxis").title?.text, "call");
  assertEquals(axis(figure, "xaxis").tickvals, [1, 2, 3]);
});

Deno.test("plotPortOrder() has a scale for each panel, from its lowest port to its highest", () => {
  const figure = plotPortOrder([CLIMBS, JUMPS]);
  assertEquals(axis(figure, "yaxis").tickvals, [40000, 40003, 40006]);
  assertEquals(axis(figure, "yaxis2").tickvals, [33333, 41667, 50001]);
  const [low, high] = axis(figure, "yaxis").range as [number, number];
  assert(low < 40000 && high > 40006 && high - low < 10, `${low} to ${high}`);
});

Deno.test("plotPortOrder() tells even from odd", () => {
  const figure = plotPortOrder([{ name: "mixed", ports: [2, 3, 4, 5, 7] }]);
  const { symbol } = trace(figure, "mixed").marker!;
  assertEquals(symbol as unknown, [
    "circle",
    "circle-open",
    "circle",
    "circle-open",
    "circle-open",
  ]);
  assert(words(figure).includes("mixed 5 ports: 2 even, 3 odd"), `${words(figure)}`);
});

Deno.test("plotPortOrder() shows one port, and a series without ports beside another", () => {
  assertEquals(axis(plotPortOrder([{ name: "one", ports: [80] }]), "yaxis").tickvals, [80]);
  const figure = plotPortOrder([{ name: "none", ports: [] }, JUMPS]);
  assertEquals(trace(figure, "none").y, []);
  assertEquals(figure.table.rows, [[1, undefined, 50001], [2, undefined, 33333]]);
});

Deno.test("plotPortOrder() of no port says so", () => {
  for (const series of [[], [{ name: "connect", ports: [] }]]) {
    assertEquals(words(plotPortOrder(series)).at(-1), "Nothing to draw: no port");
  }
});

Deno.test("plotPortOrder() refuses what it cannot draw", () => {
  const draw = (series: readonly PortSeries[], options: PlotPortOrderOptions = {}) => () =>
    plotPortOrder(series, options);
  assertRefused([
    [draw([CLIMBS, CLIMBS]), RangeError, '"connect" twice'],
    [draw(["a", "b", "c", "d"].map((name) => ({ name, ports: [1] }))), RangeError, "4"],
    [draw([{ name: "a", ports: [1], meaning: "sun" as "client" }]), TypeError, '"sun"'],
    [draw([{ name: "a", ports: 80 as unknown as number[] }]), TypeError, "80"],
    [draw([CLIMBS], { titel: "x" } as PlotPortOrderOptions), TypeError, '"titel"'],
  ]);
});
