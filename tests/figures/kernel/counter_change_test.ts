import { assert, assertEquals } from "@std/assert";
import { CounterDifference, type CounterName, COUNTERS, plotCounterChange } from "fourtuple";
import { assertRefused, words } from "../_parts.ts";

function difference(...changes: [CounterName, number][]): CounterDifference {
  return new CounterDifference(new Map(changes));
}

Deno.test("plotCounterChange() has a bar, a number and a sentence for each counter that changed", () => {
  const figure = plotCounterChange(
    difference(["NoPorts", 1_500], ["ActiveOpens", 2], ["InSegs", 0], ["CurrEstab", -2]),
  );
  const [bars] = figure.data as [{ x: number[]; customdata: string[] }];
  assertEquals(bars.customdata, ["ActiveOpens: +2", "CurrEstab: −2", "NoPorts: +1,500"]);
  assertEquals(bars.x, [2, -2, 1_500]);
  const said = words(figure).join(" ");
  for (const text of ["ActiveOpens +2", "CurrEstab −2", "NoPorts +1,500"]) {
    assert(said.includes(text), text);
  }
  assert(said.includes(COUNTERS.ActiveOpens.meaning));
  assert(!said.includes("InSegs"));
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
    .annotations.filter(({ text }) => text.startsWith("<b>"));
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
  assertEquals(words(empty).at(-1), "Nothing to draw: no counter has changed");
  assertRefused([[() => plotCounterChange(new Map() as never), TypeError, "an object"]]);
});
