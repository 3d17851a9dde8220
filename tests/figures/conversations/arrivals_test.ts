import { assertEquals } from "@std/assert";
import { type ArrivalSeries, PALETTE, plotArrivals, type PlotArrivalsOptions } from "fourtuple";
import { assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

const at = (message: number, milliseconds: number) => ({ message, milliseconds });
const TCP = { name: "TCP", sent: 3, arrivals: [at(1, 5), at(2, 205), at(3, 205.04)] };
const UDP = { name: "UDP", sent: 3, arrivals: [at(3, 6), at(1, 90)] };

Deno.test("plotArrivals() draws each message at its time, and the missing ones at the edge", () => {
  const figure = plotArrivals([TCP, UDP]);
  assertEquals(traceNames(figure), ["TCP", "TCP, not arrived", "UDP", "UDP, not arrived"]);
  assertEquals([trace(figure, "UDP").x, trace(figure, "UDP").y], [[6, 90], [3, 1]]);
  const missing = trace(figure, "UDP, not arrived");
  assertEquals([missing.x, missing.y], [[0], [2]]);
  assertEquals(missing.marker?.color, PALETTE.refused.color);
  assertEquals(trace(figure, "TCP, not arrived").y, []);
  assertEquals(axis(figure, "yaxis2").tickvals, [1, 2, 3]);
  assertEquals(words(figure).includes("UDP 3 sent, 2 arrived"), true, `${words(figure)}`);
  assertEquals(figure.table.rows, [[1, 5, 90], [2, 205, undefined], [3, 205, 6]]);
});

Deno.test("plotArrivals() of no message says so", () => {
  for (const series of [[], [{ name: "TCP", sent: 0, arrivals: [] }]]) {
    assertEquals(words(plotArrivals(series)).at(-1), "Nothing to draw: no message");
  }
});

Deno.test("plotArrivals() refuses what it cannot draw", () => {
  const draw = (series: readonly ArrivalSeries[], options: PlotArrivalsOptions = {}) => () =>
    plotArrivals(series, options);
  assertRefused([
    [draw([TCP, TCP]), RangeError, '"TCP" twice'],
    [draw(["a", "b", "c", "d"].map((name) => ({ ...TCP, name }))), RangeError, "4"],
    [draw([{ ...TCP, sent: 2 }]), RangeError, "3"],
    [draw([{ ...TCP, sent: 2.5 }]), TypeError, "2.5"],
    [draw([{ ...TCP, arrivals: [at(1, NaN)] }]), TypeError, "NaN"],
    [draw([TCP], { titel: "x" } as PlotArrivalsOptions), TypeError, '"titel"'],
  ]);
});
