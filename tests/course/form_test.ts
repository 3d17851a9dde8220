import { assert, assertEquals } from "@std/assert";
import { EXAMPLES } from "fourtuple/examples";
import * as exercises from "fourtuple/exercises";
import { newNotebook } from "../../lib/notebooks/format/notebook.ts";
import { type CourseNotebook, readCourse } from "../../lib/notebooks/run/course.ts";
import { timeProblems } from "../../lib/tasks/check_minutes.ts";
import { courseRules, FORM_RULES, MISCONCEPTIONS } from "./_form.ts";

const course = await readCourse(new URL("../../notebooks/", import.meta.url));
const rules = courseRules({
  examples: Object.keys(EXAMPLES),
  checks: Object.keys(exercises).filter((name) => /^check[A-Z]/.test(name) && name !== "checkWith"),
});

for (const [index, lesson] of course.entries()) {
  for (const [says, broken] of Object.entries(FORM_RULES)) {
    Deno.test(`${lesson.name} ${says}`, () => {
      assertEquals(broken({ lesson, index, course }), []);
    });
  }
}

for (const [says, broken] of Object.entries(rules)) {
  Deno.test(`the course ${says}`, () => assertEquals(broken(course), []));
}

Deno.test("the course takes the time that its first cells say, and not too long", () => {
  assertEquals(timeProblems(course), []);
});

Deno.test("each cell of the course has a lasting id that says nothing of its place", () => {
  const ids = course.flatMap(({ notebook }) => notebook.cells.map(({ id }) => id));
  assertEquals(ids.filter((id) => !/^[0-9a-f]{8}$/.test(id)), []);
  assertEquals(ids.filter((id, index) => ids.indexOf(id) !== index), []);
  assert(ids.length > 500, `${ids.length} cells`);
  // Ids that count, in hexadecimal or not, would be in order.
  const rising = ids.filter((id, index) => index > 0 && id > ids[index - 1]!).length;
  assert(
    rising > ids.length * 0.4 && rising < ids.length * 0.6,
    `${rising} ids are above the last`,
  );
});

/** A notebook in which every rule holds, as cells that a blank line with "---" tells apart. */
const GOOD = `# What is a port?

**Time:** 20 minutes. Core.

**After it you can:** name one.

**You need:** [Who calls?](01_first.ipynb)
---
import { allClosed } from "fourtuple";
import { checkTwins, checkAlone, checkOne } from "fourtuple/exercises";
import { guardOutputs } from "fourtuple/show";

guardOutputs();
---
## Two questions from before

1. Who calls?

<details><summary>Answer</summary>

The client.

</details>

2. Who waits?

<details><summary>Answer</summary>

The server.

</details>
---
## How many are there?

**Predict:** how many ports does a machine have?
---
2 ** 16;
---
All of them.

**Misconception:** "A port is a process."

**Predict:** how many has a process?
---
1;
---
One. **Predict:** and two?
---
2;
---
Two.

## Nothing left open

The kernel knows.
---
await allClosed();
---
## Summary

- One.
- Two.
- Three.

## Exercises

### Exercise: Twins (5 minutes)

Two of them.
---
const twins = undefined;
---
await checkTwins(twins);
---
### Exercise: Alone (10 minutes)

One.
---
const alone = undefined;
---
await checkAlone(alone);
---
## More practice

### Exercise: One (5 minutes)

One.
---
const one = undefined;
---
await checkOne(one);
---
Next: [What next?](03_next.ipynb)`.replace("One. **Predict", "One.\n\n**Predict");

/** Makes a notebook of cells; one that begins with a capital, a mark or a digit and a stop is prose. */
function lessonOf(name: string, text: string): CourseNotebook {
  const cells = text.split("\n---\n").map((source) => {
    const isProse = /^(?:#|[A-Z]|\*\*|<)/.test(source);
    return { cell_type: isProse ? "markdown" as const : "code" as const, source };
  });
  return { name, notebook: newNotebook(cells) };
}

/** The notebook in the middle of a small course. */
function courseWith(text: string): CourseNotebook[] {
  return [
    lessonOf("00_start", "# Start?\n\n**Time:** 1 minutes. Core."),
    lessonOf("01_first", "# Who calls?\n\n**Time:** 1 minutes. Core."),
    lessonOf("02_ports", text),
    lessonOf("03_next", "# What next?\n\n**Time:** 1 minutes. Optional."),
  ];
}

/** Returns the rules that a text breaks. */
function brokenBy(text: string): string[] {
  const planted = courseWith(text);
  const place = { lesson: planted[2]!, index: 2, course: planted };
  return Object.entries(FORM_RULES).filter(([, broken]) => broken(place).length > 0)
    .map(([says]) => says);
}

Deno.test("the rules of a notebook find nothing in a good one", () => {
  assertEquals(brokenBy(GOOD), []);
});

/** For each rule the faults that it finds: what is replaced, and by what. */
const FAULTS: Readonly<Record<string, readonly (readonly [part: string | RegExp, by: string])[]>> =
  {
    "begins with its question, its time, what you can do after it and what you need": [
      ["port?", "port."],
      ["20 minutes. Core.", "about 20 minutes."],
      ["**After it you can:** name one.", "You can name one."],
      [/\*\*You need:.*/, ""],
      ["01_first", "00_start"],
      ["Who calls?](01", "The first](01"],
    ],
    "has its imports in its second cell, and only there": [
      ["\n---\nimport", "\n---\nSome prose.\n---\nimport"],
      ["2 ** 16;", 'import { Port } from "fourtuple";'],
      ["guardOutputs();", ""],
      ["import { allClosed", 'import { join } from "jsr:@std/path";\nimport { allClosed'],
      ["import { allClosed }", "import { allClosed, checkTwo }"],
    ],
    "asks two questions from before, each with its answer": [
      ["## Two questions from before", "## Three questions"],
      [/\n\n2\. Who[^]*?<\/details>/, ""],
      ["\n---\n## Two questions", "\n---\nSome prose.\n---\n## Two questions"],
    ],
    "has prose before and after every code cell": [
      ["2 ** 16;", "2 ** 16;\n---\nconst more = 1;"],
      [/\n---\nNext: .*/, "\n---\nconst last = 1;"],
    ],
    "has short cells": [
      ["2 ** 16;", "2 ** 16;\n".repeat(16)],
      ["2 ** 16;", `"${"long ".repeat(20)}";`],
      [/(2 \*\* 16;|const \w+ = undefined;|await check\w+\(\w+\);)/g, "$1\n".repeat(7).trim()],
    ],
    "asks for predictions, and runs the answer to each": [
      ["**Predict:** how many ports", "How many ports"],
      ["\n\n**Predict:** and", " **Predict:** and"],
      ["2 ** 16;\n---\n", ""],
    ],
    "has no bold labels but those of the course": [["Two of them.", "**Note:** two of them."]],
    "says what it says in short sentences": [
      ["Two of them.", `${"Two of ".repeat(13)}them.`],
      ["All of them.", `All of \`them\`, ${"long ".repeat(23)}\nlonger.`],
    ],
    "has no plumbing": [
      ["2 ** 16;", "network.isPrivate ? 1 : 2;"],
      ["2 ** 16;", "if (network.isPrivate) a();"],
      ["2 ** 16;", "steps.push(1);"],
      ["2 ** 16;", "await new Promise((done) => setTimeout(done, 5));"],
      ["2 ** 16;", "while (connections().length > 0) await 1;"],
    ],
    "has whole boxes, whose markdown is rendered": [
      ["The server.\n\n</details>", "The server."],
      ["</summary>\n\nThe server", "</summary>\nThe server"],
      ["The server.\n\n<", "The server.\n<"],
    ],
    "proves that nothing of its own is open": [
      ["## Nothing left open", "## The end"],
      ["await allClosed();", "1;"],
    ],
    "has a summary of three to six points before its exercises": [
      ["- Three.", "- 3\n- 4\n- 5\n- 6\n- 7"],
      ["- Three.", ""],
      ["## Summary", "## What we saw"],
      [/(## Summary[^]*?)(?=## Exercises)([^]*)(\n---\nNext)/, "$2\n---\n$1$3"],
    ],
    "has two exercises, and more under More practice, each with its stub and its check": [
      ["## More practice", ""],
      ["## Exercises", "## Tasks"],
      ["Exercise: Twins (5", "Exercise 1: Twins (5"],
      ["Exercise: Twins (5", "Exercise: 2 Twins (5"],
      ["Exercise: Twins (5", "Exercise: SiameseTwins (5"],
      ["Twins (5 minutes)", "Twins"],
      ["const twins = undefined;\n---\n", ""],
      ["\n---\nawait checkTwins(twins);", ""],
    ],
    "ends with a link to the next notebook by its question": [
      ["Next: [What next?]", "[What next?]"],
      ["[What next?]", "[The next one]"],
    ],
    "links to notebooks that are there": [["All of them.", "All of [them](09_gone.ipynb)."]],
  };

for (const [says, faults] of Object.entries(FAULTS)) {
  for (const [index, [part, by]] of faults.entries()) {
    Deno.test(`the rule "${says}" finds fault ${index + 1}`, () => {
      const text = GOOD.replace(part, by);
      assert(text !== GOOD, "the fault has been planted");
      assert(brokenBy(text).includes(says), `only these are broken: ${brokenBy(text).join("; ")}`);
    });
  }
}

Deno.test("the rule on outputs finds outputs, and counts", () => {
  const says = "is committed without outputs and execution counts";
  const planted = courseWith(GOOD);
  const cells = planted[2]!.notebook.cells.map((cell, index) =>
    cell.cell_type === "code" && index === 4 ? { ...cell, execution_count: 1 } : cell
  );
  const lesson = { ...planted[2]!, notebook: { metadata: {}, cells } };
  assertEquals(FORM_RULES[says]!({ lesson, index: 2, course: planted }), [
    "cell 4 has outputs or an execution count",
  ]);
});

Deno.test("every rule of a notebook is shown to find a fault", () => {
  const tested = [...Object.keys(FAULTS), "is committed without outputs and execution counts"];
  assertEquals(Object.keys(FORM_RULES).filter((says) => !tested.includes(says)), []);
});

/** A course in which every rule of the course holds. */
function goodCourse(): CourseNotebook[] {
  const met = Object.keys(MISCONCEPTIONS).map((name) => `**Misconception:** "${name}"`).join(
    "\n\n",
  );
  return [
    lessonOf("00_start", "# Start?\n\n**Time:** 0 minutes. Core.\n\n[Go?](01_go.ipynb)"),
    lessonOf(
      "01_go",
      `# Go?\n\n**Time:** 2 minutes. Optional.\n\n## Is it so?\n\n${met}\n---\necho_server;\n---\nawait checkTwins(1);`,
    ),
  ];
}

const smallRules = courseRules({ examples: ["echo_server"], checks: ["checkTwins"] });

/** For each rule of the course the faults that it finds, in the text of the second notebook. */
const COURSE_FAULTS: Readonly<Record<string, readonly ((course: CourseNotebook[]) => void)[]>> = {
  "is numbered in reading order, without a gap": [
    (course) => course[1] = { ...course[1]!, name: "02_go" },
  ],
  "is listed as a whole in its first notebook": [
    (course) => course[0] = lessonOf("00_start", "# Start?"),
  ],
  "begins with the core": [
    (course) => {
      course.push(lessonOf("02_more", "# More?\n\n**Time:** 1 minutes. Core."));
    },
  ],
  "names each example": [(course) => course[1] = without(course[1]!, "echo_server;")],
  "has each check of an exercise once": [
    (course) => course[1] = without(course[1]!, "await checkTwins(1);"),
    (course) => course[0] = lessonOf("00_start", "# Start?\n---\nawait checkTwins(1);"),
  ],
  "meets each misconception, and runs the experiment": [
    ...Object.keys(MISCONCEPTIONS).map((name) => (course: CourseNotebook[]) =>
      course[1] = without(course[1]!, `**Misconception:** "${name}"`)
    ),
    (course) => course[1] = without(without(course[1]!, "echo_server;"), "await checkTwins(1);"),
  ],
};

function without({ name, notebook }: CourseNotebook, part: string): CourseNotebook {
  const cells = notebook.cells.map((cell) => ({ ...cell, source: cell.source.replace(part, "") }))
    .filter(({ source }) => source !== "");
  return { name, notebook: { ...notebook, cells } };
}

for (const [says, broken] of Object.entries(smallRules)) {
  Deno.test(`the rule that the course ${says} finds its faults, and none in a good course`, () => {
    assertEquals(broken(goodCourse()), []);
    const faults = COURSE_FAULTS[says]!;
    assert(faults.length > 0);
    for (const plant of faults) {
      const planted = goodCourse();
      plant(planted);
      assert(broken(planted).length > 0, String(plant));
    }
  });
}
