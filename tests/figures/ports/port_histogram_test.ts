import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  PALETTE,
  plotPortHistogram,
  type PlotPortHistogramOptions,
  PortRange,
  type PortSeries,
} from "fourtuple";
import { assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

const LINUX = PortRange.from(32768, 60999);
const EVEN = { name: "connect", ports: [40000, 40002, 40002, 50000] };
const ODD = { name: "bind(0)", ports: [40001, 50001] };

Deno.test("plotPortHistogram() has a panel for each series, over one axis", () => {
  const figure = plotPortHistogram([EVEN, ODD], { range: LINUX });
  assertEquals(traceNames(figure), ["connect", "bind(0)", "even", "odd"]);
  assertEquals(figure.data.map(({ xaxis, yaxis }) => `${xaxis} ${yaxis}`), [
    "x y",
    "x y2",
    "x2 y3",
    "x2 y3",
  ]);
  assertEquals(axis(figure, "xaxis").range, [32767.5, 60999.5]);
  assertEquals(axis(figure, "xaxis").title?.text, "port (a bar: 1,177 ports)");
  assertEquals(axis(figure, "yaxis").title?.text, "ports");
  assertEquals(axis(figure, "yaxis2").title?.text, "ports");
  assertEquals(axis(figure, "yaxis").range, axis(figure, "yaxis2").range, "one scale for both");
  assertEquals(axis(figure, "xaxis2").title?.text, "share of the ports (%)");
  const { color } = trace(figure, "connect").marker!;
  assertEquals(color, PALETTE.client.color);
});

Deno.test("plotPortHistogram() counts each port in the bar that it belongs to", () => {
  const figure = plotPortHistogram([{ name: "picked", ports: [10, 11, 14, 15, 19, 19] }], {
    range: PortRange.from(10, 19),
    bars: 2,
  });
  assertEquals(trace(figure, "picked").y, [3, 3]);
  assertEquals(trace(figure, "picked").x, [12, 17]);
  assertEquals(trace(figure, "picked").text, ["10-14", "15-19"]);
});

Deno.test("plotPortHistogram() gives the last bar what is left of the range", () => {
  const figure = plotPortHistogram([{ name: "picked", ports: [9] }], {
    range: PortRange.from(0, 9),
    bars: 4,
  });
  assertEquals(trace(figure, "picked").text, ["0-2", "3-5", "6-8", "9"]);
  assertEquals(trace(figure, "picked").y, [0, 0, 0, 1]);
});

Deno.test("plotPortHistogram() tells even from odd", () => {
  const figure = plotPortHistogram([EVEN, ODD, { name: "UDP", ports: [2, 3, 4, 5] }]);
  assertEquals(trace(figure, "even").x, [100, 0, 50]);
  assertEquals(trace(figure, "odd").x, [0, 100, 50]);
  const said = words(figure);
  for (const text of ["connect 4 even, 0 odd", "bind(0) 0 even, 2 odd", "UDP 2 even, 2 odd"]) {
    assert(said.includes(text), `${text} of ${said}`);
  }
  assert(said.includes("connect 4 ports"));
  assert(words(plotPortHistogram([{ name: "one", ports: [7] }])).includes("one 1 port"));
});

Deno.test("plotPortHistogram() shows from the lowest port to the highest, unless told a range", () => {
  assertEquals(axis(plotPortHistogram([EVEN, ODD]), "xaxis").range, [39999.5, 50001.5]);
});

Deno.test("plotPortHistogram() marks the ends of the axis and round ports between", () => {
  const ticks = (first: number, last: number) =>
    axis(
      plotPortHistogram([{ name: "n", ports: [first] }], { range: PortRange.from(first, last) }),
      "xaxis",
    ).tickvals;
  assertEquals(ticks(32768, 60999), [32768, 42000, 52000, 60999]);
  assertEquals(ticks(0, 65535), [0, 22000, 44000, 65535]);
  assertEquals(ticks(6000, 6003), [6000, 6001, 6002, 6003]);
  assertEquals(ticks(80, 80), [80]);
});

Deno.test("plotPortHistogram() counts in round numbers", () => {
  const ticks = (count: number) =>
    axis(plotPortHistogram([{ name: "n", ports: Array(count).fill(80) }]), "yaxis").tickvals;
  assertEquals(ticks(0), undefined);
  assertEquals(ticks(1), [0, 1]);
  assertEquals(ticks(3), [0, 1, 2, 3]);
  assertEquals(ticks(4), [0, 2, 4]);
  assertEquals(ticks(9), [0, 5]);
  assertEquals(ticks(41), [0, 20, 40]);
  assertEquals(ticks(99), [0, 50]);
  assertEquals(ticks(100), [0, 50, 100]);
  assertEquals(ticks(1177), [0, 500, 1000]);
});

Deno.test("plotPortHistogram() takes the colour of the meaning that it is given", () => {
  const figure = plotPortHistogram([{ ...EVEN, meaning: "LISTEN" }]);
  assertEquals(trace(figure, "connect").marker?.color, PALETTE.LISTEN.color);
});

Deno.test("plotPortHistogram() loses no port and invents none", () => {
  const ports = fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(ports, fc.integer({ min: 1, max: 60 }), (ports, bars) => {
    const { rows } = plotPortHistogram([{ name: "picked", ports }], { bars }).table;
    const bins = rows.slice(0, -2);
    const numbers = rows.map(([, count]) => count as number);
    const sum = (list: readonly number[]) => list.reduce((total, count) => total + count, 0);
    assertEquals(sum(numbers.slice(0, -2)), ports.length);
    assertEquals(sum(numbers.slice(-2)), ports.length);
    assert(bins.length <= bars);
    for (const [text, count] of bins) {
      const bin = PortRange.parse(text as string);
      assertEquals(count, ports.filter((port) => bin.has(port)).length);
    }
  }));
});

Deno.test("plotPortHistogram() of no port says so, and a range without ports is drawn empty", () => {
  for (const series of [[], [{ name: "connect", ports: [] }]]) {
    assertEquals(words(plotPortHistogram(series)).at(-1), "Nothing to draw: no port");
  }
  const empty = plotPortHistogram([{ name: "connect", ports: [] }], { range: LINUX });
  assertEquals(new Set(trace(empty, "connect").y), new Set([0]));
  assertEquals(trace(empty, "even").x, [0]);
});

Deno.test("plotPortHistogram() refuses what it cannot count", () => {
  const draw = (series: readonly PortSeries[], options: PlotPortHistogramOptions = {}) => () =>
    plotPortHistogram(series, options);
  assertThrows(draw([{ name: "a", ports: [65536] }]), RangeError, "65536");
  assertRefused([
    [draw([{ name: "a", ports: [32767] }], { range: LINUX }), RangeError, "32767"],
    [draw([EVEN, EVEN]), RangeError, '"connect" twice'],
    [draw(["a", "b", "c", "d"].map((name) => ({ name, ports: [1] }))), RangeError, "4"],
    [draw([{ name: "a", ports: [1], meaning: "sun" as "client" }]), TypeError, '"sun"'],
    [draw([{ name: "a", ports: 80 as unknown as number[] }]), TypeError, "80"],
    [draw([EVEN], { bars: 61 }), RangeError, "61"],
    [draw([EVEN], { range: [1, 2] as unknown as PortRange }), TypeError, "an array"],
  ]);
});
