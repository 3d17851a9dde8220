/** What every function that draws a figure refuses, whichever figure it is. */
import { assertEquals } from "@std/assert";
import * as figures from "fourtuple/figures";
import { CounterDifference } from "fourtuple/observe";
import { assertRefused } from "./_parts.ts";
import { seen } from "./_lives.ts";

type Plot = (data: unknown, options: Record<string, unknown>) => unknown;

const PLOTS = Object.entries(figures).filter(([name]) => name.startsWith("plot")) as unknown as [
  name: string,
  plot: Plot,
][];

/** The options that a function needs. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plotAllocation: { capacity: 1 },
  plotShares: { unit: "ports" },
  plotTrialMap: {
    rows: "r",
    columns: "c",
    outcomes: [{ name: "o", meaning: "client" }],
  },
};

/** The data of those that do not take a list. */
const DATA: Readonly<Record<string, unknown>> = {
  plotCounterChange: new CounterDifference(new Map()),
  plotStateTimeline: seen([]),
};

for (const [name, plot] of PLOTS) {
  Deno.test(`${name}() refuses a misspelt option, a blank title, and what is no data`, () => {
    const draw = (options: object, data = DATA[name] ?? []) => () => {
      const all = { ...NEEDED[name], ...options };
      return name === "plotPortMap" ? (plot as (all: object) => unknown)(all) : plot(data, all);
    };
    draw({})();
    draw({ title: undefined, subtitle: undefined })();
    assertRefused([
      [draw({ titel: "A title" }), TypeError, '"titel"'],
      [draw({ title: "" }), TypeError, '""'],
      [draw({ title: " " }), TypeError, '" "'],
      [draw({ title: 80 }), TypeError, "80"],
      [draw({ subtitle: 80 }), TypeError, "80"],
    ]);
    if (name === "plotPortMap" || name === "plotStateTimeline") return;
    assertRefused([[draw({}, 7), TypeError, "7"], [draw({}, "text"), TypeError, '"text"']]);
  });
}

Deno.test("a title and a subtitle of any length are wrapped, in plain text", () => {
  const title = "A title that goes on & on, <longer> than any phone has room for in one line";
  const { title: whole, layout } = figures.plotShares([{ name: "a", count: 1 }], {
    unit: "ports",
    title,
  });
  assertEquals(whole, title);
  const lines = layout.title.text.split("<br>");
  assertEquals(lines.join(" "), title.replace("&", "&amp;").replace("<", "&lt;"));
  assertEquals(lines.length > 1, true);
});
