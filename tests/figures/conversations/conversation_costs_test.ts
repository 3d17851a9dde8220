import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type CostRow, PALETTE, plotConversationCosts } from "fourtuple";
import { annotations, trace, traceNames, words } from "../_parts.ts";

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

Deno.test("plotConversationCosts() refuses what it cannot draw", () => {
  const row = (change: object) => ({ ...ROWS[0]!, ...change }) as CostRow;
  const rule = "it takes a whole number from 0 to 999999";
  const table: [CostRow[], ErrorConstructor, string][] = [
    [[row({ ports: -1 })], RangeError, `Cannot draw "-1" ports of "kept open": ${rule}, got -1`],
    [
      [row({ packets: 1e6 })],
      RangeError,
      `Cannot draw "1000000" packets of "kept open": ${rule}, got 1000000`,
    ],
    [
      [row({ connections: "1" })],
      TypeError,
      `Cannot draw "1" connections of "kept open": ${rule}, got a string`,
    ],
    [
      [row({ name: "" })],
      RangeError,
      'Cannot name a way of talking "": 1 to 28 characters fit on a phone, got nothing to read',
    ],
    [
      [row({}), row({})],
      RangeError,
      'Cannot draw costs: each name stands once, got "kept open" twice',
    ],
    [
      Array.from({ length: 13 }, (_, index) => row({ name: `${index}` })),
      RangeError,
      "Cannot draw costs: up to 12 ways fit on a phone, got 13",
    ],
  ];
  for (const [rows, type, message] of table) {
    assertEquals(assertThrows(() => plotConversationCosts(rows), type).message, message);
  }
});
