import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type CostRow, PALETTE, plotConversationCosts } from "fourtuple";
import { annotations, assertRefused, trace, traceNames, words } from "../_parts.ts";

const ROWS: readonly CostRow[] = [
  { name: "kept open", connections: 1, ports: 1, packets: 408 },
  { name: "each <time>", connections: 200, ports: 400, packets: 2000 },
];

Deno.test("plotConversationCosts() has a column for each count, with a scale of its own", () => {
  const figure = plotConversationCosts(ROWS);
  assertEquals(traceNames(figure), ["connections", "ports", "packets"]);
  const longest = ["connections", "ports", "packets"].map((name) => trace(figure, name).x[1]!);
  assertEquals(new Set(longest).size, 1);
  assertAlmostEquals(trace(figure, "packets").x[0]! / longest[0]!, 408 / 2000, 1e-12);
  assertAlmostEquals(trace(figure, "ports").x[0]! / longest[0]!, 1 / 400, 1e-12);
  const { base } = trace(figure, "ports") as unknown as { base: number[] };
  assertEquals(base, [1, 1]);
  assertEquals(figure.layout.barmode, "overlay", "a row's bars stand side by side");
  assertEquals(trace(figure, "connections").marker!.color, PALETTE.ESTABLISHED.color);
});

Deno.test("plotConversationCosts() writes each number at the end of its bar", () => {
  const figure = plotConversationCosts(ROWS);
  const said = words(figure);
  for (const text of ["kept open", "each &lt;time>", "2,000", "408", "ports"]) {
    assert(said.includes(text), `${text} of ${said}`);
  }
  const number = annotations(figure).find(({ text }) => text === "408")!;
  const bars = trace(figure, "packets");
  assertEquals([number.x, number.y], [2 + bars.x[0]!, bars.y[0]]);
});

Deno.test("plotConversationCosts() draws nothing for zero, and says when there is no way at all", () => {
  const none = plotConversationCosts([{ name: "silence", connections: 0, ports: 0, packets: 0 }]);
  assertEquals(trace(none, "packets").x, [0]);
  assert(words(plotConversationCosts([])).includes("Nothing to draw: no way of talking"));
});

Deno.test("plotConversationCosts() shortens a number of more than six digits, whole on hover", () => {
  const figure = plotConversationCosts([{ ...ROWS[0]!, packets: 1_234_567 }]);
  assert(words(figure).includes("1.23M"));
  assertEquals(figure.data[2]!.customdata, ["kept open: 1,234,567 packets"]);
});

Deno.test("plotConversationCosts() refuses what it cannot draw", () => {
  const draw = (change: object) => () => plotConversationCosts([{ ...ROWS[0]!, ...change }]);
  assertRefused([
    [draw({ ports: -1 }), RangeError, "-1"],
    [draw({ packets: 1.5 }), RangeError, "1.5"],
    [draw({ connections: "1" }), TypeError, '"1"'],
    [draw({ name: "" }), TypeError, '""'],
    [() => plotConversationCosts([ROWS[0]!, ROWS[0]!]), RangeError, '"kept open" twice'],
  ]);
});
