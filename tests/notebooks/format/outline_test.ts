import { assertEquals } from "@std/assert";
import type { Cell } from "../../../lib/notebooks/format/notebook.ts";
import { type Outline, outline, withMinutes } from "../../../lib/notebooks/format/outline.ts";

const prose = (source: string, index: number): Cell => (
  { cell_type: "markdown", id: `cell-${index}`, metadata: {}, source }
);

const NOTHING: Outline = {
  title: undefined,
  minutes: undefined,
  path: undefined,
  summary: undefined,
};

const TABLE: readonly [sources: readonly string[], found: Partial<Outline>][] = [
  [[], {}],
  [["## Only a section"], {}],
  [
    ["# `bind` & *listen*\n\nTwo calls.\nOne line.\n\nAbout 20 minutes."],
    { title: "`bind` & *listen*", summary: "Two calls.\nOne line." },
  ],
  // "# no title" in a code block is none; a list is no paragraph
  [["```\n# no title\n```\n- an item", "# Later\n\nSecond."], { title: "Later" }],
  [
    ["# T?\n\n**Time:** 41 minutes. Core.\n\n**After it you can:** tell.\n\n**You need:** nothing."],
    { title: "T?", minutes: 41, path: "core", summary: "After it you can tell." },
  ],
  // All in one paragraph, and a list
  [
    ["# T?\n\n**Time:** 1 minute. Optional.\n**After it you can:**\n\n- tell\n- see\n\n**You need:** x"],
    { title: "T?", minutes: 1, path: "optional", summary: "After it you can:\n\n- tell\n- see" },
  ],
  [["# T?\n\n**After it you can:** tell\nmore."], {
    title: "T?",
    summary: "After it you can tell\nmore.",
  }],
  // What only resembles that line gives no time
  [["# T?\n\nFirst, **Time:** 41 minutes. Core."], {
    title: "T?",
    summary: "First, **Time:** 41 minutes. Core.",
  }],
  [["# T?\n\nText.\n\n**Time:** 41 minutes. Perhaps."], { title: "T?", summary: "Text." }],
  // Only the first cell is read
  [["# T?", "**Time:** 41 minutes. Core."], { title: "T?" }],
];

Deno.test("outline() finds the title, the time, the path and the summary of the first cell", () => {
  for (const [sources, found] of TABLE) {
    assertEquals(outline({ metadata: {}, cells: sources.map(prose) }), { ...NOTHING, ...found });
  }
});

Deno.test("outline() does not read code and raw cells", () => {
  const source = "# Not a title\n\nNot a paragraph.";
  const cells: Cell[] = [
    { cell_type: "raw", id: "a", metadata: {}, source },
    { cell_type: "code", id: "b", metadata: {}, source, execution_count: null, outputs: [] },
  ];
  assertEquals(outline({ metadata: {}, cells }), NOTHING);
});

Deno.test("withMinutes() changes the minutes of a first cell and nothing else", () => {
  const text = "# T?\n\n**Time:** 1 minute. Core.\n\n**Predict:** 41 minutes.";
  assertEquals(withMinutes(text, 42), text.replace("1 minute.", "42 minutes."));
  assertEquals(withMinutes("# T?\n\n41 minutes", 42), "# T?\n\n41 minutes");
});
