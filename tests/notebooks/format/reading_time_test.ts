import { assertEquals } from "@std/assert";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import { readingTime } from "../../../lib/notebooks/format/reading_time.ts";

const prose = (source: string) => ({ cell_type: "markdown", source }) as const;
const code = (source: string) => ({ cell_type: "code", source }) as const;

/** What makes up a notebook, and what is counted of it. */
const TABLE: readonly (readonly [
  says: string,
  cells: Parameters<typeof newNotebook>[0],
  time: Partial<ReturnType<typeof readingTime>>,
])[] = [
  ["nothing", [], { minutes: 0 }],
  ["120 words a minute", [prose("word ".repeat(600))], { words: 600, minutes: 5 }],
  ["marks as words", [prose("# A\n\n- b\n- c")], { words: 6 }],
  [
    "30 s a code cell and 6 s a line that is not blank",
    Array.from({ length: 10 }, () => code("1\n\n  \n2\n3\n4\n5")),
    { cells: 10, lines: 50, minutes: 10 },
  ],
  [
    "45 s a prediction",
    Array.from({ length: 8 }, () => prose("**Predict:** what?")),
    { predictions: 8, words: 16, minutes: 6 },
  ],
  [
    "the minutes of exercises",
    [
      prose("### Exercise: Twins (5 minutes)\n\nText.\n\n### Exercise: One (1 minute)"),
      prose("### Exercise: Without a time"),
      prose("Exercise: in a text (7 minutes)\n\n#### Exercise: Too deep (7 minutes)"),
    ],
    { exercises: 6 },
  ],
  [
    "no box, no optional section, no further practice",
    [
      prose("<details><summary>A</summary>\n\none two **Predict:**\n\n</details>"),
      prose("## A (optional)\n\none two three"),
      code("1"),
      prose("## B\n\none"),
      prose("## More practice\n\n### Exercise: C (5 minutes)"),
      code("2"),
    ],
    { words: 3, cells: 0, lines: 0, predictions: 0, exercises: 0, minutes: 0 },
  ],
];

for (const [says, cells, time] of TABLE) {
  Deno.test(`readingTime() counts ${says}`, () => {
    const all = readingTime(newNotebook(cells));
    assertEquals(
      Object.fromEntries(Object.keys(time).map((key) => [key, all[key as keyof typeof all]])),
      time,
    );
  });
}
