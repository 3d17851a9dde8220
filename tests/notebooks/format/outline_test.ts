import { assertEquals } from "@std/assert";
import type { Cell } from "../../../lib/notebooks/format/notebook.ts";
import { outline } from "../../../lib/notebooks/format/outline.ts";

const prose = (source: string, index: number): Cell => (
  { cell_type: "markdown", id: `cell-${index}`, metadata: {}, source }
);

const TABLE: readonly [sources: readonly string[], found: ReturnType<typeof outline>][] = [
  [[], { title: undefined, summary: undefined, minutes: undefined }],
  [["## Only a section"], { title: undefined, summary: undefined, minutes: undefined }],
  [
    ["# `bind` & *listen*\n\nTwo calls.\nOne line.\n\nAbout 20 minutes."],
    { title: "`bind` & *listen*", summary: "Two calls.\nOne line.", minutes: 20 },
  ],
  // "# no title" in a code block is none; a list is no paragraph
  [
    ["```\n# no title\n```\n- an item\n\nIt takes 1 minute", "# Later\n\nSecond, 90 minutes."],
    { title: "Later", summary: undefined, minutes: 1 },
  ],
  [
    ["# T\n\nWhy? It takes about 25 minutes. Before this one comes [A. B?](00_a.ipynb)"],
    { title: "T", summary: "Why?", minutes: 25 },
  ],
  [
    ["# T\n\nBefore this one comes `00`. It takes 10 minutes. No notebook comes before this one. So."],
    { title: "T", summary: "So.", minutes: 10 },
  ],
  // What only resembles those sentences stays
  [
    ["# T\n\nIt takes two programs. It takes 2 sockets, and some minutes more."],
    {
      title: "T",
      summary: "It takes two programs. It takes 2 sockets, and some minutes more.",
      minutes: undefined,
    },
  ],
  [["# T\n\n10 to 15 minutes"], { title: "T", summary: "10 to 15 minutes", minutes: 15 }],
  [["# T\n\n10–15 minutes"], { title: "T", summary: "10–15 minutes", minutes: 15 }],
  // Minutes are those of the first cell alone
  [["# T", "Two calls, 5 minutes"], {
    title: "T",
    summary: "Two calls, 5 minutes",
    minutes: undefined,
  }],
];

Deno.test("outline() finds the title, the first paragraph and the minutes of the first cell", () => {
  for (const [sources, found] of TABLE) {
    assertEquals(outline({ metadata: {}, cells: sources.map(prose) }), found);
  }
});

Deno.test("outline() does not read code and raw cells", () => {
  const source = "# Not a title\n\nNot a paragraph.";
  const cells: Cell[] = [
    { cell_type: "raw", id: "a", metadata: {}, source },
    { cell_type: "code", id: "b", metadata: {}, source, execution_count: null, outputs: [] },
  ];
  assertEquals(outline({ metadata: {}, cells }), {
    title: undefined,
    summary: undefined,
    minutes: undefined,
  });
});
