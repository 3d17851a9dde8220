import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AllocationStep, plotAllocation } from "fourtuple";
import { annotations, assertRefused, axis, trace, words } from "../_parts.ts";

/** Two numbers and three clients: one is refused, and gets the number that another releases. */
const STEPS: readonly AllocationStep[] = [
  { at: 0, client: "A", what: "allocated", port: 6000 },
  { at: 1, client: "B", what: "allocated", port: 6001 },
  { at: 2, client: "C", what: "refused" },
  { at: 3, client: "A", what: "released", port: 6000 },
  { at: 4, client: "C", what: "allocated", port: 6000 },
  { at: 6, client: "B", what: "released", port: 6001 },
];

Deno.test("plotAllocation() draws what all clients hold as steps, under a line at the capacity", () => {
  const figure = plotAllocation(STEPS, { capacity: 2 });
  const total = trace(figure, "all clients");
  assertEquals(total.y, [1, 2, 2, 1, 2, 1, 1]);
  assertEquals(total.x.slice(0, -1), [0, 1, 2, 3, 4, 6]);
  assertEquals(total.x.at(-1), axis(figure, "xaxis").range[1], "what is held is held on");
  const { shapes } = figure.layout as unknown as { shapes: { y0: number; y1: number }[] };
  assertEquals(shapes.map(({ y0, y1 }) => [y0, y1]), [[2, 2]]);
  assert(words(figure).includes("capacity 2"));
});

Deno.test("plotAllocation() has axes with units", () => {
  const figure = plotAllocation(STEPS, { capacity: 2 });
  assertEquals(axis(figure, "xaxis").title?.text, "time (s)");
  assertEquals(axis(figure, "yaxis").title?.text, "numbers held");
  assertEquals(axis(figure, "yaxis").tickvals, [0, 1, 2]);
  assertEquals(axis(plotAllocation(STEPS, { capacity: 2 }), "yaxis2").visible, false);
});

Deno.test("plotAllocation() marks every number up to six, and else the half and the whole", () => {
  const ticks = (capacity: number) => axis(plotAllocation(STEPS, { capacity }), "yaxis").tickvals;
  assertEquals(ticks(3), [0, 1, 2, 3]);
  assertEquals(ticks(6), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(ticks(7), [0, 4, 7]);
  assertEquals(ticks(65536), [0, 32768, 65536]);
});

Deno.test("plotAllocation() draws each client's time with a number, from allocation to release", () => {
  const figure = plotAllocation(STEPS, { capacity: 2 });
  const { x } = trace(figure, "each client");
  const boxes = [0, 1, 2].map((box) => x.slice(6 * box, 6 * box + 2));
  assertEquals(boxes, [[0, 3], [1, 6], [4, axis(figure, "xaxis").range[1]]]);
  const rows = annotations(figure).filter(({ text }) => /^<b>[ABC]<\/b>$/.test(text));
  assertEquals(rows.map(({ text }) => text), ["<b>A</b>", "<b>B</b>", "<b>C</b>"]);
});

Deno.test("plotAllocation() makes a bar higher where a client holds more", () => {
  const figure = plotAllocation([
    { at: 0, client: "A", what: "allocated" },
    { at: 1, client: "A", what: "allocated" },
    { at: 2, client: "A", what: "released" },
  ], { capacity: 2 });
  const { y } = trace(figure, "each client");
  const heights = [0, 1, 2].map((box) => (y[6 * box] as number) - (y[6 * box + 2] as number));
  assertEquals(heights, [7, 14, 7]);
});

Deno.test("plotAllocation() marks refusals twice and releases once", () => {
  const figure = plotAllocation(STEPS, { capacity: 2 });
  const marks = (name: string) =>
    figure.data.filter((trace) => trace.name === name)
      .map((trace) => [trace.yaxis ?? "y", trace.x, trace.text]);
  assertEquals(marks("refused"), [["y", [2], ["C"]], ["y2", [2], ["C"]]]);
  assertEquals(marks("released"), [["y2", [3, 6], ["A", "B"]]]);
  const [over] = figure.data.filter((trace) => trace.name === "refused");
  assert((over!.y as number[])[0]! > 2, "the cross is over the line");
});

Deno.test("plotAllocation() has ten rows and counts the other clients", () => {
  const steps = Array.from({ length: 13 }, (_, at): AllocationStep => ({
    at,
    client: `client ${at}`,
    what: "allocated",
  }));
  const said = words(plotAllocation(steps, { capacity: 13 }));
  assert(said.includes("client 9") && !said.includes("client 10"));
  assert(said.includes("+ 3 more clients"));
  assert(
    !words(plotAllocation(steps.slice(0, 10), { capacity: 13 })).some((t) => t.startsWith("+")),
  );
});

Deno.test("plotAllocation() has its steps in a table", () => {
  const { columns, rows } = plotAllocation(STEPS, { capacity: 2 }).table;
  assertEquals(columns, [
    "time (s)",
    "client",
    "what",
    "port",
    "held by the client",
    "held by all",
  ]);
  assertEquals(rows, [
    [0, "A", "allocated", 6000, 1, 1],
    [1, "B", "allocated", 6001, 1, 2],
    [2, "C", "refused", undefined, 0, 2],
    [3, "A", "released", 6000, 0, 1],
    [4, "C", "allocated", 6000, 1, 2],
    [6, "B", "released", 6001, 0, 1],
  ]);
});

Deno.test("plotAllocation() has whole milliseconds in its table", () => {
  const step = { at: 0.03837947299999996, client: "A", what: "allocated" } as const;
  assertEquals(plotAllocation([step], { capacity: 1 }).table.rows[0]![0], 0.038);
});

Deno.test("plotAllocation() of one moment has a time axis around it", () => {
  const figure = plotAllocation([{ at: 7, client: "A", what: "allocated" }], { capacity: 1 });
  assertEquals(axis(figure, "xaxis").range, [6.5, 7.5]);
  assertEquals(axis(figure, "yaxis").tickvals, [0, 1]);
});

Deno.test("plotAllocation() of no step says so", () => {
  assertEquals(words(plotAllocation([], { capacity: 1 })).at(-1), "Nothing to draw: no step");
});

Deno.test("plotAllocation() never shows more held than there is, nor less than nothing", () => {
  const wishes = fc.array(
    fc.record({ client: fc.constantFrom("A", "B", "C"), gives: fc.boolean() }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(fc.property(wishes, fc.integer({ min: 1, max: 5 }), (wishes, capacity) => {
    const held = new Map<string, number>();
    const steps: AllocationStep[] = [];
    for (const [at, { client, gives }] of wishes.entries()) {
      const total = [...held.values()].reduce((sum, count) => sum + count, 0);
      const own = held.get(client) ?? 0;
      if (gives && own === 0) continue;
      const what = gives ? "released" : total < capacity ? "allocated" : "refused";
      held.set(client, own + { allocated: 1, released: -1, refused: 0 }[what]);
      steps.push({ at, client, what });
    }
    const { rows } = plotAllocation(steps, { capacity }).table;
    assert(rows.every((row) => (row[5] as number) >= 0 && (row[5] as number) <= capacity));
    const last = [...held.values()].reduce((sum, count) => sum + count, 0);
    assertEquals(rows.at(-1)?.[5] ?? 0, last);
  }));
});

Deno.test("plotAllocation() refuses steps that cannot be", () => {
  const draw = (steps: readonly unknown[], capacity: unknown = 2) => () =>
    plotAllocation(steps as AllocationStep[], { capacity: capacity as number });
  assertRefused([
    [draw([], 0), RangeError, "0"],
    [draw([], null), TypeError, "null"],
    [() => plotAllocation([], {} as { capacity: number }), TypeError, "undefined"],
    [draw(STEPS, 1), RangeError, "one more at 1 s"],
    [draw([STEPS[1], STEPS[0]]), RangeError, "0 s after 1 s"],
    [draw([{ ...STEPS[0], at: NaN }]), RangeError, "NaN s"],
    [draw([{ ...STEPS[0], at: "0" }]), TypeError, '"0"'],
    [draw([STEPS[3]]), RangeError, "a release at 3 s by one that holds nothing"],
    [draw([{ ...STEPS[0], what: "lent" }]), TypeError, '"lent"'],
    [draw([{ ...STEPS[0], client: "" }]), TypeError, '""'],
  ]);
});
