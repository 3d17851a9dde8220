import { assertEquals } from "@std/assert";
import { type CrowdPoint, plotCrowd } from "fourtuple";
import { assertRefused, trace, traceNames, words } from "../_parts.ts";

const SAMPLES: readonly CrowdPoint[] = [
  { connections: 1000, memory: 58e6, descriptors: 1028, tableTime: 3.44 },
  { connections: 0, memory: 51e6, descriptors: 28, tableTime: 2.51 },
];

Deno.test("plotCrowd() draws three panels over one axis, in the order of the connections", () => {
  const figure = plotCrowd(SAMPLES);
  assertEquals(traceNames(figure), [
    "memory of the server's process (MB)",
    "open descriptors of the server",
    "reading the kernel's table (ms)",
  ]);
  assertEquals(trace(figure, "open descriptors of the server").x, [0, 1000]);
  assertEquals(trace(figure, "open descriptors of the server").y, [28, 1028]);
  assertEquals(trace(figure, "memory of the server's process (MB)").y, [51, 58]);
  assertEquals(figure.table.rows, [[0, 51, 28, 2.5], [1000, 58, 1028, 3.4]]);
  const said = words(figure);
  for (const name of traceNames(figure)) assertEquals(said.includes(name as string), true);
});

Deno.test("plotCrowd() of nothing says so, and of one sample draws it", () => {
  assertEquals(words(plotCrowd([])).at(-1), "Nothing to draw: no sample");
  assertEquals(trace(plotCrowd(SAMPLES.slice(1)), "open descriptors of the server").y, [28]);
});

Deno.test("plotCrowd() refuses what is no sample", () => {
  const one = (change: object) => plotCrowd([{ ...SAMPLES[0]!, ...change }]);
  assertRefused([
    [() => one({ memory: "1" }), TypeError, '"1"'],
    [() => one({ connections: -1 }), RangeError, "-1"],
    [() => one({ tableTime: NaN }), RangeError, "NaN"],
    [() => plotCrowd([7 as never]), TypeError, "7"],
  ]);
});
