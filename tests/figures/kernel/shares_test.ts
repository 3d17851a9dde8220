import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PALETTE, plotShares, type PlotSharesOptions, type Share } from "fourtuple";
import { annotations, assertRefused, axis, filled, type ShapeParts, words } from "../_parts.ts";
import { TRACK } from "../../../lib/figures/parts/_layout.ts";

const OPTIONS: PlotSharesOptions = { unit: "connections" };
const FOUR: readonly Share[] = [87, 109, 101, 103].map((count, index) => ({
  name: `listener ${index}`,
  count,
}));

function shapesOf(parts: readonly Share[]): readonly ShapeParts[] {
  return plotShares(parts, OPTIONS).layout.shapes as unknown as readonly ShapeParts[];
}

Deno.test("plotShares() has a bar for each, with its count", () => {
  const figure = plotShares(FOUR, OPTIONS);
  const [bars] = figure.data as unknown as {
    x: number[];
    y: number[];
    marker: { color: string };
  }[];
  assertEquals(bars!.x, [87, 109, 101, 103]);
  assert(bars!.y.every((y, index) => index === 0 || y > bars!.y[index - 1]!));
  assertEquals(bars!.marker.color, PALETTE.server.color);
  assertEquals(words(figure).slice(-4), [
    "listener 0 87",
    "listener 1 109",
    "listener 2 101",
    "listener 3 103",
  ]);
  assertEquals(axis(figure, "xaxis").title?.text, "connections");
});

Deno.test("plotShares() draws the equal share, and two standard deviations around it", () => {
  const figure = plotShares(FOUR, OPTIONS);
  const [band] = filled(figure, TRACK);
  // A fair choice among four, 400 times: the square root of 400 · 1/4 · 3/4.
  const deviation = Math.sqrt(75);
  assertAlmostEquals(band!.x0, 100 - 2 * deviation, 1e-9);
  assertAlmostEquals(band!.x1, 100 + 2 * deviation, 1e-9);
  const line = shapesOf(FOUR).find(({ type }) => type === "line");
  assertEquals([line!.x0, line!.x1], [100, 100]);
  assert(axis(figure, "xaxis").range[1] > 117, "the band lies within the axis");
});

Deno.test("plotShares() draws a band that does not begin below zero", () => {
  const [band] = shapesOf([{ name: "a", count: 1 }, { name: "b", count: 0 }, {
    name: "c",
    count: 0,
  }]);
  assertEquals(band!.x0, 0);
});

Deno.test("plotShares() tells numbers and shares in its table", () => {
  const { table } = plotShares(FOUR, { unit: "datagrams" });
  assertEquals(table.columns, ["who", "datagrams", "share (%)"]);
  assertEquals(table.rows[1], ["listener 1", 109, 27.3]);
  assertEquals(table.rows.at(-1), ["equal share", 100, 25]);
});

Deno.test("plotShares() gives all of it to the only one", () => {
  const figure = plotShares([{ name: "one", count: 7 }], OPTIONS);
  assertEquals(figure.table.rows, [["one", 7, 100], ["equal share", 7, 100]]);
  assert(axis(figure, "xaxis").range[1] > 7);
});

Deno.test("plotShares() of nothing says so", () => {
  for (const none of [[], [{ name: "a", count: 0 }]]) {
    assertEquals(words(plotShares(none, OPTIONS)).at(-1), "Nothing to draw: no connections");
  }
});

Deno.test("plotShares() loses nothing: the shares are those of the counts, and make up 100 %", () => {
  const counts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 })
    .filter((counts) => counts.some((count) => count > 0));
  fc.assert(fc.property(counts, (counts) => {
    const parts = counts.map((count, index) => ({ name: `n${index}`, count }));
    const rows = plotShares(parts, OPTIONS).table.rows.slice(0, -1);
    assertEquals(rows.map(([, count]) => count), counts);
    const sum = rows.reduce((total, [, , share]) => total + (share as number), 0);
    assertAlmostEquals(sum, 100, 0.05 * counts.length + 1e-9);
  }));
});

Deno.test("plotShares() refuses what cannot be shares", () => {
  const share = (change: object) => plotShares([{ ...FOUR[0]!, ...change }], OPTIONS);
  assertRefused([
    [() => share({ count: -1 }), RangeError, "-1"],
    [() => share({ count: "7" }), TypeError, '"7"'],
    [() => share({ name: " " }), TypeError, '" "'],
    [() => plotShares([FOUR[0]!, FOUR[0]!], OPTIONS), RangeError, '"listener 0" twice'],
    [() => plotShares(FOUR, { unit: "" }), TypeError, '""'],
    [() => plotShares(FOUR, { ...OPTIONS, meaning: "sun" as "client" }), TypeError, '"sun"'],
  ]);
});

Deno.test("plotShares() shortens a name, and has the whole of it in the table and on hover", () => {
  const name = "a name that is far too long for the row of a figure on a phone";
  const figure = plotShares([{ name, count: 1 }], OPTIONS);
  const { text, hovertext } = annotations(figure).at(-1)!;
  assert(text.includes("…") && !text.includes(name), text);
  assertEquals(hovertext, name);
  assertEquals(figure.table.rows[0]![0], name);
  assertEquals(figure.data[0]!.customdata, [`${name}: 1 connections`]);
});
