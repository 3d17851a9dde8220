import { assertEquals } from "@std/assert";
import { newNotebook, type Notebook } from "../../lib/notebooks/format/notebook.ts";
import { type CourseNotebook, readCourse } from "../../lib/notebooks/run/course.ts";
import {
  definitionProblems,
  EARLY_USES,
  type EarlyUse,
  earlyUseProblems,
  type Term,
  TERMS,
} from "./_terms.ts";

const course = await readCourse(new URL("../../notebooks/", import.meta.url));

Deno.test("each term of the course is defined once, and nothing else is bold", () => {
  assertEquals(definitionProblems(course), []);
});

Deno.test("no term of the course is used before the cell that defines it", () => {
  assertEquals(earlyUseProblems(course), []);
});

Deno.test("each early use that is allowed is needed, and has its reason", () => {
  for (const use of EARLY_USES) {
    const others = EARLY_USES.filter((each) => each !== use);
    const isNeeded = earlyUseProblems(course, TERMS, others).length > 0;
    assertEquals([isNeeded, use.reason !== ""], [true, true], `${use.term}: ${use.words}`);
  }
});

Deno.test("each definition is missed when it is deleted", () => {
  for (const [term] of TERMS) {
    const planted = course.map(({ name, notebook }) => ({
      name,
      notebook: withoutDefinition(notebook, term),
    }));
    const problems = definitionProblems(planted);
    assertEquals(problems, [`"${term}" is defined 0 times: nowhere`]);
  }
});

/** Returns the notebook with the bold marks of a term taken away; the same one if it has none. */
function withoutDefinition(notebook: Notebook, term: string): Notebook {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: cell.source.replaceAll(
      /\*\*([^*]+)\*\*/g,
      (bold, inside) => isForm(inside, term) ? inside : bold,
    ),
  }));
  const isSame = cells.every(({ source }, index) => source === notebook.cells[index]!.source);
  return isSame ? notebook : { ...notebook, cells };
}

function isForm(bold: string, term: string): boolean {
  const name = (text: string) => text.replaceAll("`", "").toLowerCase().replace(/(?<!s)s$/, "");
  return name(bold) === name(term);
}

const terms: readonly Term[] = [["port"], ["listening socket", "listener"], ["SYN"]];

function courseOf(...notebooks: readonly (readonly string[])[]): CourseNotebook[] {
  return notebooks.map((sources, index) => ({
    name: `0${index}_notebook`,
    notebook: newNotebook(
      sources.map((source) => ({
        cell_type: source.startsWith("code:") ? "code" : "markdown",
        source,
      })),
    ),
  }));
}

const GOOD = [
  ["# What is a port?", "A **port** is a number.", "**Predict:** how many ports are there?"],
  ["# What listens?\n\nName a listener.", "A **listening socket** has a port; a **SYN** calls it."],
] as const;

Deno.test("the rules for terms find nothing in a good course", () => {
  const good = courseOf(...GOOD);
  assertEquals([definitionProblems(good, terms), earlyUseProblems(good, terms, [])], [[], []]);
});

const DEFINED: readonly (readonly [says: string, course: CourseNotebook[], problems: string[]])[] =
  [
    ["that is missing", courseOf(GOOD[0]), [
      `"listening socket" is defined 0 times: nowhere`,
      `"SYN" is defined 0 times: nowhere`,
    ]],
    ["that is there twice", courseOf(...GOOD, ["Two **ports** differ."]), [
      `"port" is defined 2 times: 00_notebook, cell 1, 02_notebook, cell 0`,
    ]],
    ["of no term", courseOf(...GOOD, ["This is **important**."]), [
      `02_notebook, cell 0 has the bold text "important", which is no term of the list`,
    ]],
    [
      "in a box",
      courseOf(["A **port**.", "<details>\nA **SYN**.\n</details>", "**listening socket**"]),
      [
        `00_notebook, cell 1 defines "SYN" in a part that a reader may leave out`,
      ],
    ],
  ];

for (const [says, planted, problems] of DEFINED) {
  Deno.test(`definitionProblems() finds a definition ${says}`, () => {
    assertEquals(definitionProblems(planted, terms), problems);
  });
}

const USED: readonly (readonly [says: string, before: string, isFound: boolean])[] = [
  ["the term", "A port has a number.", true],
  ["its plural", "Two ports.", true],
  ["another word for it", "The listener waits.", true],
  ["capitals as they are", "A SYN arrives.", true],
  ["other capitals", "In sync.", false],
  ["a longer word", "A portable report.", false],
  ["code", "`port` and `listen(port)`\n\n```\na port\n```", false],
  ["a cell of code", "code: port", false],
  ["capitals as code", "A `SYN` arrives.", true],
  ["the question of a notebook", "Next: [What is a port?](00_notebook.ipynb)", false],
  ["another sense of the word", "The port of Hamburg.", false],
  ["a box", "<details><summary>More</summary>\n\nA port.\n\n</details>", true],
];

for (const [says, before, isFound] of USED) {
  Deno.test(`earlyUseProblems() ${isFound ? "finds" : "passes"} ${says}`, () => {
    const allowed: EarlyUse[] = [{ term: "port", words: /port of Hamburg/g, reason: "a harbour" }];
    const planted = courseOf([before], ...GOOD);
    const problems = earlyUseProblems(planted, terms, allowed);
    assertEquals(
      problems.map((each) => each.split(" uses")[0]),
      isFound ? ["00_notebook, cell 0"] : [],
    );
  });
}
