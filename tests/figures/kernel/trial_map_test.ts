import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Meaning,
  PALETTE,
  plotTrialMap,
  type PlotTrialMapOptions,
  type Trial,
} from "fourtuple";
import { columnLines } from "../../../lib/figures/kernel/trial_map.ts";
import { widthOf } from "../../../lib/figures/parts/_words.ts";
import { contrastOnWhite } from "../_colour.ts";
import { annotations, assertRefused, traceNames, words } from "../_parts.ts";

const ACCEPTED = { name: "accepted", mark: "✓", meaning: "ESTABLISHED" } as const;
const REFUSED = { name: "refused", mark: "✗", meaning: "refused" } as const;
const SILENT = { name: "no answer", mark: "…", meaning: "free" } as const;
const OPTIONS: PlotTrialMapOptions = {
  rows: "listens at",
  columns: "a client calls",
  outcomes: [ACCEPTED, REFUSED, SILENT],
};
const TRIALS: readonly Trial[] = [
  { row: "0.0.0.0", column: "127.0.0.1", outcome: "accepted" },
  { row: "0.0.0.0", column: "10.0.0.50", outcome: "accepted" },
  { row: "127.0.0.1", column: "10.0.0.50", outcome: "refused" },
];

/** A trace's bars: their row, column, colour and mark. */
interface Bars {
  readonly name: string;
  readonly base: readonly number[];
  readonly y: readonly number[];
  readonly text: readonly string[];
  readonly marker: { readonly color: string };
  readonly textfont: { readonly color: string };
}

function barsOf(trials: readonly Trial[], options = OPTIONS): Bars[] {
  return plotTrialMap(trials, options).data as unknown as Bars[];
}

Deno.test("plotTrialMap() puts each outcome's colour and mark where it came out", () => {
  const [accepted, refused] = barsOf(TRIALS);
  assertEquals([accepted!.name, accepted!.base, accepted!.text], ["accepted", [0, 1], ["✓", "✓"]]);
  assertEquals([refused!.name, refused!.base, refused!.text], ["refused", [1], ["✗"]]);
  assertEquals(accepted!.marker.color, PALETTE.ESTABLISHED.color);
  assertEquals(refused!.marker.color, PALETTE.refused.color);
  assertEquals(accepted!.y[0], accepted!.y[1], "one row");
  assert(refused!.y[0]! > accepted!.y[0]!, "the second row stands below the first");
});

Deno.test("plotTrialMap() has a table with the outcomes' names, and nothing where nobody tried", () => {
  const { table } = plotTrialMap(TRIALS, OPTIONS);
  assertEquals(table.columns, ["listens at", "127.0.0.1", "10.0.0.50"]);
  assertEquals(table.rows, [
    ["0.0.0.0", "accepted", "accepted"],
    ["127.0.0.1", undefined, "refused"],
  ]);
});

Deno.test("plotTrialMap() draws a border where nobody tried", () => {
  const rects = (trials: readonly Trial[]) =>
    (plotTrialMap(trials, OPTIONS).layout.shapes as { x0: number; fillcolor?: string }[])
      .filter(({ fillcolor }) => fillcolor === undefined).map(({ x0 }) => Math.floor(x0));
  assertEquals(rects(TRIALS), [0]);
  assertEquals(rects(TRIALS.slice(0, 2)), []);
});

Deno.test("plotTrialMap() says what rows, columns and marks are", () => {
  const said = words(plotTrialMap(TRIALS, OPTIONS));
  assertEquals(said, [
    "a client calls",
    "127.0.0.1",
    "10.0.0.50",
    "listens at 0.0.0.0",
    "listens at 127.0.0.1",
    "✓",
    "accepted",
    "✗",
    "refused",
  ]);
});

Deno.test("plotTrialMap() has a key for what came out and does not name itself", () => {
  const outcomes = [{ name: "fine", meaning: "server" }, REFUSED] as const;
  const fine = plotTrialMap([{ row: "r", column: "c", outcome: "fine" }], { ...OPTIONS, outcomes });
  assertEquals(traceNames(fine), ["fine"]);
  assertEquals(words(fine), ["a client calls", "c", "listens at r"]);
});

Deno.test("plotTrialMap() shows markup as it is", () => {
  const figure = plotTrialMap([{ row: "<i>", column: "a & b", outcome: "<b>" }], {
    ...OPTIONS,
    outcomes: [{ name: "<b>", meaning: "client" }],
  });
  assertEquals((figure.data[0] as unknown as Bars).text, ["&lt;b>"]);
  assertEquals(annotations(figure)[1]!.text, "a &amp; b");
  assert(annotations(figure)[2]!.text.includes("&lt;i>"));
});

Deno.test("plotTrialMap() writes on each colour of the palette with a contrast of 4.5:1", () => {
  for (const meaning of Object.keys(PALETTE) as Meaning[]) {
    const [bars] = barsOf([{ row: "r", column: "c", outcome: "o" }], {
      ...OPTIONS,
      outcomes: [{ name: "o", meaning }],
    });
    const white = contrastOnWhite(bars!.marker.color);
    const contrast = bars!.textfont.color === "#ffffff" ? white : 21 / white;
    assert(contrast >= 4.5, `${meaning}: ${contrast}`);
  }
});

Deno.test("plotTrialMap() loses no trial and invents none", () => {
  const trials = fc.uniqueArray(
    fc.record({
      row: fc.constantFrom("a", "b", "c", "d"),
      column: fc.constantFrom("e", "f", "g", "h"),
      outcome: fc.constantFrom("accepted", "refused", "no answer"),
    }),
    { selector: ({ row, column }) => row + column, minLength: 1 },
  );
  fc.assert(fc.property(trials, (trials) => {
    const figure = plotTrialMap(trials, OPTIONS);
    const { columns, rows } = figure.table;
    const told = rows.flatMap(([row, ...cells]) =>
      cells.flatMap((outcome, index) =>
        outcome === undefined ? [] : [`${row} ${columns[index + 1]} ${outcome}`]
      )
    );
    assertEquals(
      told.sort(),
      trials.map(({ row, column, outcome }) => `${row} ${column} ${outcome}`).sort(),
    );
    const drawn = (figure.data as unknown as Bars[]).reduce(
      (sum, { base }) => sum + base.length,
      0,
    );
    assertEquals(drawn, trials.length);
  }));
});

Deno.test("plotTrialMap() of no trial says so", () => {
  const figure = plotTrialMap([], OPTIONS);
  assertEquals(words(figure), ["Nothing to draw: no trial"]);
  assertEquals(figure.table.columns, ["listens at", "a client calls"]);
});

Deno.test("columnLines() breaks addresses into lines of about one length", () => {
  const lines: readonly (readonly [string, number, string[]])[] = [
    ["127.0.0.1", 5, ["127.0.0.1"]],
    ["127.0.0.1", 6, ["127.", "0.0.1"]],
    ["192.168.1.100", 3, ["192.168.1.100"]],
    ["192.168.1.100", 6, ["192.168.", "1.100"]],
    ["::1", 6, ["::1"]],
    ["2001:db8::1", 6, ["2001:", "db8::1"]],
    ["reuse address on both", 4, ["reuse", "address", "on both"]],
    ["one", 1, ["one"]],
  ];
  for (const [name, columns, expected] of lines) {
    assertEquals(columnLines(name, columns), expected, `${name} over one of ${columns}`);
  }
});

Deno.test("columnLines() keeps each character but the blanks at which it breaks", () => {
  const name = fc.array(fc.constantFrom("ab", "c", " ", ".", ":", "1234567"), { minLength: 1 })
    .map((pieces) => pieces.join("").replace(/\w{8,}/g, "x"));
  fc.assert(fc.property(name, fc.integer({ min: 1, max: 6 }), (name, columns) => {
    const lines = columnLines(name, columns);
    assertEquals(lines.join("").replaceAll(" ", ""), name.replaceAll(" ", ""));
    for (const line of lines) {
      assert(widthOf(line) <= 308 / 7 / columns, line);
    }
  }));
});

Deno.test("plotTrialMap() makes names and marks fit, and has them whole in the table and on hover", () => {
  const long = "an unspeakably-long-hyphenated-compound-name of an outcome";
  const figure = plotTrialMap(
    ["a", "b", "c", long].map((column) => ({ row: long, column, outcome: long })),
    { ...OPTIONS, outcomes: [{ name: long, meaning: "client" }] },
  );
  const [bars] = figure.data as unknown as (Bars & { customdata: string[] })[];
  assert(widthOf(bars!.text[0]!) <= 308 / 7.2 / 4, bars!.text[0]);
  assert(bars!.customdata.every((text) => text.endsWith(long)));
  assertEquals(annotations(figure).filter(({ hovertext }) => hovertext === long).length, 3);
  assertEquals(figure.table.columns.at(-1), long);
  assertEquals(figure.table.rows[0]![0], long);
});

Deno.test("plotTrialMap() refuses what cannot be put into a grid", () => {
  const draw = (trials: readonly Trial[], options: Partial<PlotTrialMapOptions> = {}) => () =>
    plotTrialMap(trials, { ...OPTIONS, ...options });
  const [first] = TRIALS as [Trial];
  const seven = [1, 2, 3, 4, 5, 6, 7].map((n) => ({ ...first, column: `${n}` }));
  assertRefused([
    [draw([first, first]), RangeError, '"0.0.0.0, 127.0.0.1" twice'],
    [draw([{ ...first, outcome: "lost" }]), TypeError, '"lost"'],
    [draw([{ ...first, row: 7 as unknown as string }]), TypeError, "7"],
    [draw(seven), RangeError, "7"],
    [draw(TRIALS, { outcomes: [ACCEPTED, ACCEPTED] }), RangeError, '"accepted" twice'],
    [draw(TRIALS, { outcomes: [] }), RangeError, "none"],
    [draw(TRIALS, { outcomes: [{ name: "a", meaning: "sun" as "client" }] }), TypeError, '"sun"'],
    [draw(TRIALS, { rows: undefined }), TypeError, "undefined"],
  ]);
});
