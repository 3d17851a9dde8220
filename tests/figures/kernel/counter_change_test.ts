import { assert, assertEquals, assertThrows } from "@std/assert";
import { CounterDifference, type CounterName, COUNTERS, plotCounterChange } from "fourtuple";

function difference(...changes: [CounterName, number][]): CounterDifference {
  return new CounterDifference(new Map(changes));
}

Deno.test("plotCounterChange() has a bar, a number and a sentence for each counter that changed", () => {
  const figure = plotCounterChange(
    difference(["NoPorts", 1_500], ["ActiveOpens", 2], ["InSegs", 0], ["CurrEstab", -2]),
  );
  const [bars] = figure.data as [{ x: number[]; customdata: string[] }];
  assertEquals(bars.customdata, ["ActiveOpens", "CurrEstab", "NoPorts"]);
  assertEquals(bars.x, [2, -2, 1_500]);
  const words = (figure.layout as unknown as { annotations: { text: string }[] }).annotations
    .map(({ text }) => text).join(" ");
  for (const text of ["<b>+2</b> ActiveOpens", "<b>−2</b> CurrEstab", "<b>+1,500</b> NoPorts"]) {
    assert(words.includes(text), text);
  }
  assert(words.includes(COUNTERS.ActiveOpens.meaning));
  assert(!words.includes("InSegs"));
  assertEquals(figure.table.rows, [
    ["ActiveOpens", 2, COUNTERS.ActiveOpens.meaning],
    ["CurrEstab", -2, COUNTERS.CurrEstab.meaning],
    ["NoPorts", 1_500, COUNTERS.NoPorts.meaning],
  ]);
});

Deno.test("plotCounterChange() puts each bar under its own words and over the next ones", () => {
  const names = Object.keys(COUNTERS) as CounterName[];
  const figure = plotCounterChange(
    difference(...names.map((name): [CounterName, number] => [name, 1])),
  );
  const [bars] = figure.data as [{ y: number[]; width: number }];
  const labels = (figure.layout as unknown as { annotations: { text: string; y: number }[] })
    .annotations.filter(({ text }) => text.startsWith("<b>+"));
  assertEquals(labels.length, names.length);
  for (const [place, { y }] of labels.entries()) {
    assert(bars.y[place]! - bars.width / 2 > y);
    const next = labels[place + 1];
    if (next !== undefined) assert(bars.y[place]! + bars.width / 2 < next.y - 12);
  }
});

Deno.test("plotCounterChange() says when nothing has changed, and refuses what is no difference", () => {
  const empty = plotCounterChange(difference(["InSegs", 0]), { title: "Quiet" });
  assertEquals([empty.title, empty.data, empty.table.rows], ["Quiet", [], []]);
  const words = (empty.layout as unknown as { annotations: { text: string }[] }).annotations;
  assert(words.some(({ text }) => text === "Nothing to draw: no counter has changed"));
  assertEquals(
    assertThrows(() => plotCounterChange([] as never), TypeError).message,
    "Cannot draw what the kernel has counted: it takes a CounterDifference, such as of " +
      "after.since(before), got an array",
  );
});
