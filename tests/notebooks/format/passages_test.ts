import { assertEquals } from "@std/assert";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import { passages } from "../../../lib/notebooks/format/passages.ts";

const prose = (source: string) => ({ cell_type: "markdown", source }) as const;
const code = (source: string) => ({ cell_type: "code", source }) as const;

/** Returns each passage as "cell kind/first line/headings", with a mark where it may be left out. */
function texts(...cells: Parameters<typeof newNotebook>[0]): string[] {
  return passages(newNotebook(cells)).map(({ cell, kind, text, headings, isOptional }) =>
    `${isOptional ? "(optional) " : ""}${cell} ${kind}: ${text.split("\n")[0]} < ${
      headings.map((each) => each.text).join(" < ")
    }`
  );
}

Deno.test("passages() cuts prose at its headings, which hold in later cells too", () => {
  assertEquals(
    texts(
      prose("# A?\n\nText.\n\n## B\n\nText."),
      code("1"),
      prose("### C\nText."),
      code("2"),
      prose("## D"),
      code("3"),
    ),
    [
      "0 prose: # A? < A?",
      "0 prose: ## B < A? < B",
      "1 code: 1 < A? < B",
      "2 prose: ### C < A? < B < C",
      "3 code: 2 < A? < B < C",
      "4 prose: ## D < A? < D",
      "5 code: 3 < A? < D",
    ],
  );
});

Deno.test("passages() knows what a reader may leave out: optional sections, More practice, boxes", () => {
  assertEquals(
    texts(
      prose("## Epoll (optional)\n\n### Inside\n\nText."),
      code("1"),
      prose("## Next"),
      prose("Before.\n<details><summary>Answer</summary>\n\n# in a box\n\n</details>\nAfter."),
      prose("## More practice"),
      prose("### Exercise: Twins (5 minutes)"),
      code("2"),
      prose("## The (optional) part"),
    ),
    [
      "(optional) 0 prose: ## Epoll (optional) < Epoll (optional)",
      "(optional) 0 prose: ### Inside < Epoll (optional) < Inside",
      "(optional) 1 code: 1 < Epoll (optional) < Inside",
      "2 prose: ## Next < Next",
      "3 prose: Before. < Next",
      "(optional) 3 prose: <details><summary>Answer</summary> < Next",
      "3 prose: After. < Next",
      "(optional) 4 prose: ## More practice < More practice",
      "(optional) 5 prose: ### Exercise: Twins (5 minutes) < More practice < Exercise: Twins (5 minutes)",
      "(optional) 6 code: 2 < More practice < Exercise: Twins (5 minutes)",
      "7 prose: ## The (optional) part < The (optional) part",
    ],
  );
});

Deno.test("passages() takes no heading and no box from a block of code", () => {
  assertEquals(texts(prose("## A\n\n```sh\n# root\n<details>\n```\n\n~~~\n## B\n~~~\n\nText.")), [
    "0 prose: ## A < A",
  ]);
});

Deno.test("passages() of an empty notebook and of raw cells are none", () => {
  assertEquals(texts(), []);
  const raw = { cell_type: "raw", id: "a", metadata: {}, source: "# A" } as const;
  assertEquals(passages({ metadata: {}, cells: [raw] }), []);
});
