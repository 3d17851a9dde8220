/**
 * The form of the course's notebooks, rule by rule: each returns a sentence for what breaks it, and none
 * if all is well. form_test.ts applies them to the course, and shows of each that it finds its fault.
 */
import { outline } from "../../lib/notebooks/format/outline.ts";
import { type Passage, passages } from "../../lib/notebooks/format/passages.ts";
import type { CourseNotebook } from "../../lib/notebooks/run/course.ts";
import { sentencesByBlock } from "../../lib/notebooks/format/definitions.ts";
import type { Cell } from "../../lib/notebooks/format/notebook.ts";

const MOST_CELL_LINES = 15;
const SHORT_CELL_LINES = 5;
const MOST_COLUMNS = 100;
const MOST_WORDS = 25;
const CORE_EXERCISES = 2;
const CHECK = /^(?:await )?check\w+\(/;

/** What a rule of one notebook looks at. */
export interface Place {
  /** The notebook. */
  readonly lesson: CourseNotebook;
  /** Its index in reading order, from 0. */
  readonly index: number;
  /** All notebooks, in reading order. */
  readonly course: readonly CourseNotebook[];
}

/** A rule of one notebook. */
export type FormRule = (place: Place) => string[];

/** The rules of one notebook, by what they ask for. */
export const FORM_RULES: Readonly<Record<string, FormRule>> = {
  "is committed without outputs and execution counts": ({ lesson }) =>
    lesson.notebook.cells.flatMap((cell, index) =>
      cell.cell_type === "code" && (cell.outputs.length > 0 || cell.execution_count !== null)
        ? [`cell ${index} has outputs or an execution count`]
        : []
    ),

  "begins with its question, its time, what you can do after it and what you need": (
    { lesson, index, course },
  ) => {
    const first = lesson.notebook.cells[0]!.source;
    const before = course[index - 1];
    return missing(first, [
      [/^# .+\?\n/, "the first line is a question as an H1"],
      [/^\*\*Time:\*\* \d+ minutes\. (?:Core|Optional)\.$/m, "a line has the time and the path"],
      [/^\*\*After it you can:\*\*\s+\S/m, "a paragraph says what you can do after it"],
      [/^\*\*You need:\*\*\s+\S/m, "a paragraph says what you need"],
      ...(before ? [[linkTo(before), `it links to ${before.name} by its question`] as const] : []),
    ]);
  },

  "has its imports in its second cell, and only there": ({ lesson }) => {
    const { cells } = lesson.notebook;
    const importing = cells.flatMap((cell, index) =>
      cell.cell_type === "code" && /^import /m.test(cell.source) ? [index] : []
    );
    const source = cells[1]?.source ?? "";
    const imports = [...source.matchAll(/^import (?:type )?\{?([^}]*?)\}? from "([^"]+)";$/gm)]
      .map(([, names, from]) => ({
        names: names!.split(/,\s*/).map((each) => each.trim()),
        from: from!,
      }));
    return [
      ...(String(importing) === "1" ? [] : [`the cells ${importing.join(", ")} import something`]),
      ...(source.includes("guardOutputs();") ? [] : ["the second cell calls guardOutputs()"]),
      ...imports.flatMap(({ names, from }) => [
        ...(/^(?:fourtuple(?:\/\w+)?|@std\/assert)$/.test(from)
          ? []
          : [`it imports from "${from}"`]),
        ...names.filter((name) => /^check[A-Z]/.test(name) && from !== "fourtuple/exercises")
          .map((name) => `${name} comes from "fourtuple/exercises"`),
      ]),
    ];
  },

  "asks two questions from before, each with its answer": ({ lesson, index }) => {
    const questions = under(lesson, "Two questions from before");
    const text = textOf(questions);
    if (index < 2) return text === "" ? [] : ["there is nothing yet to ask about"];
    const answers = [...text.matchAll(/<summary>Answer<\/summary>/g)].length;
    return [
      ...(questions[0]?.cell === 2 ? [] : ["the two questions follow the imports"]),
      ...(answers === 2 ? [] : [`two questions have answers, got ${answers}`]),
    ];
  },

  "has prose before and after every code cell": ({ lesson }) => {
    const { cells } = lesson.notebook;
    return cells.flatMap((cell, index) => {
      if (cell.cell_type !== "code") return [];
      const isCheck = CHECK.test(cell.source) && cells[index - 1]?.cell_type === "code";
      return [
        ...(cells[index - 1]?.cell_type === "markdown" || isCheck
          ? []
          : [`no prose before ${index}`]),
        ...(index + 1 < cells.length ? [] : [`no prose after ${index}`]),
      ];
    });
  },

  "has short cells": ({ lesson }) => {
    const code = lesson.notebook.cells.flatMap((cell, index) =>
      cell.cell_type === "code" ? [{ index, lines: cell.source.split("\n") }] : []
    );
    const short = code.filter(({ lines }) => lines.length <= SHORT_CELL_LINES).length;
    return [
      ...(short * 2 > code.length ? [] : [`most cells have ${SHORT_CELL_LINES} lines at most`]),
      ...code.flatMap(({ index, lines }) => [
        ...(lines.length > MOST_CELL_LINES ? [`cell ${index} has ${lines.length} lines`] : []),
        ...lines.filter((line) => line.length > MOST_COLUMNS)
          .map((line) => `cell ${index} has a line of ${line.length} characters: ${line}`),
      ]),
    ];
  },

  "asks for predictions, and runs the answer to each": ({ lesson }) => {
    const { cells } = lesson.notebook;
    const asking = [...cells.entries()].filter(([, cell]) =>
      cell.cell_type === "markdown" && cell.source.includes("**Predict")
    );
    const count = asking.reduce(
      (sum, [, { source }]) => sum + source.split("**Predict").length - 1,
      0,
    );
    return [
      ...(count >= 3 ? [] : [`at least 3 predictions, got ${count}`]),
      ...asking.flatMap(([index, { source }]) => [
        ...(source.split("**Predict").length === source.split(/(?:^|\n\n)\*\*Predict:\*\* /).length
          ? []
          : [`a prediction of cell ${index} does not begin its paragraph with "**Predict:** "`]),
        ...(cells[index + 1]?.cell_type === "code" ? [] : [`no code cell follows cell ${index}`]),
      ]),
    ];
  },

  "has no bold labels but those of the course": ({ lesson }) =>
    prosePassages(lesson).flatMap(({ cell, text }) =>
      [...text.matchAll(/\*\*([^*]+:)\*\*/g)].filter(([, label]) => !LABELS.includes(label!))
        .map(([, label]) => `cell ${cell} has the label "${label}"`)
    ),

  "says what it says in short sentences": ({ lesson }) =>
    prosePassages(lesson).flatMap(({ cell, text }) =>
      sentencesByBlock(text.replace(GOALS, "")).flat().flatMap((sentence) =>
        sentence.split(/[:;] /)
      )
        .filter((part) => wordsIn(part) > MOST_WORDS)
        .map((part) => `cell ${cell} has ${wordsIn(part)} words in a row: ${part}`)
    ),

  "has no plumbing": ({ lesson }) =>
    lesson.notebook.cells.flatMap((cell, index) =>
      cell.cell_type !== "code" ? [] : PLUMBING.filter(([pattern]) => pattern.test(cell.source))
        .map(([, what]) => `cell ${index} has ${what}`)
    ),

  "has whole boxes, whose markdown is rendered": ({ lesson }) =>
    lesson.notebook.cells.flatMap((cell, index) => {
      if (cell.cell_type !== "markdown") return [];
      const count = (pattern: RegExp) => cell.source.match(pattern)?.length ?? 0;
      const begun = count(/<details/g);
      return [
        ...(count(/<\/details>/g) === begun
          ? []
          : [`a box of cell ${index} begins or ends elsewhere`]),
        ...(count(/<details>\n?<summary>[^\n]+<\/summary>\n\n/g) === begun
          ? []
          : [`a box of cell ${index} has no summary with a blank line after it`]),
        ...(count(/\n\n<\/details>/g) === begun
          ? []
          : [`a box of cell ${index} ends after a blank line`]),
      ];
    }),

  "proves that nothing of its own is open": ({ lesson }) =>
    under(lesson, "Nothing left open").some(({ kind, text }) =>
        kind === "code" && /allClosed\(/.test(text)
      )
      ? []
      : ['a cell under "## Nothing left open" calls allClosed()'],

  "has a summary of three to six points before its exercises": ({ lesson }) => {
    const points = textOf(under(lesson, "Summary")).match(/^- /gm)?.length ?? 0;
    const headings = prosePassages(lesson).map(({ text }) => text.match(/^## (.*)/)?.[1]);
    const [summary, exercises] = ["Summary", "Exercises"].map((each) => headings.indexOf(each));
    return [
      ...(points >= 3 && points <= 6 ? [] : [`3 to 6 points, got ${points}`]),
      ...(summary! < exercises! ? [] : ["the summary stands before the exercises"]),
    ];
  },

  "has two exercises, and more under More practice, each with its stub and its check": (
    { lesson },
  ) => {
    const core = exercisesUnder(lesson, "Exercises");
    const all = [...core, ...exercisesUnder(lesson, "More practice")];
    const headings = prosePassages(lesson).filter(({ text }) => /^#+ Exercise\b/.test(text));
    return [
      ...(core.length === CORE_EXERCISES ? [] : [`2 exercises, got ${core.length}`]),
      ...(headings.length === all.length ? [] : ["an exercise stands outside of these sections"]),
      ...all.flatMap(({ title, code }) => [
        ...(/^Exercise: [A-Z](?:(?![a-z][A-Z])[^\d(])* \(\d+ minutes?\)$/.test(title)
          ? []
          : [`"${title}" is not as in "Exercise: Twins (5 minutes)"`]),
        ...(code.length >= 2 && code.findIndex((text) => CHECK.test(text)) === code.length - 1
          ? []
          : [`"${title}" has a stub cell and then its check`]),
      ]),
    ];
  },

  "ends with a link to the next notebook by its question": ({ lesson, index, course }) => {
    const last = lesson.notebook.cells.at(-1)!.source;
    const next = course[index + 1];
    return next === undefined || last.includes(`Next: ${linkTo(next)}`)
      ? []
      : [`the last cell has "Next: ${linkTo(next)}"`];
  },

  "links to notebooks that are there": ({ lesson, course }) => {
    const names = course.map(({ name }) => `${name}.ipynb`);
    const text = textOf(prosePassages(lesson));
    return [...text.matchAll(/\]\(([^)\s]+\.ipynb)[^)]*\)/g)].map(([, link]) => link!)
      .filter((link) => !names.includes(link)).map((link) => `${link} does not exist`);
  },
};

/** Bold text that ends with a colon, in every notebook the same. */
const LABELS = ["Time:", "After it you can:", "You need:", "Predict:", "Misconception:"];

/** What a reader can do after a notebook is a list, even in one sentence. */
const GOALS = /^\*\*After it you can:\*\*.*$/m;

/** Returns how many words there are; a piece of code is one, and a row of a table has none. */
function wordsIn(sentence: string): number {
  if (/ \| /.test(sentence)) return 0;
  return sentence.replaceAll(/`[^`]*`/g, "x").match(/\S+/g)?.length ?? 0;
}

/** What the library does, so that a cell need not. */
const PLUMBING: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/isPrivate\s*\?[^?.]/, "a fallback by isPrivate"],
  [/\bif \(!?\w+\.isPrivate\)/, "a fallback by isPrivate"],
  [/\bsteps\.push\(/, "a recording for a figure"],
  [/\bsetTimeout\(/, "a wait by hand"],
  [/\bwhile \([^)]*connections\(/, "a wait by hand"],
];

/** Returns a sentence for each expression or text that is not in the text. */
function missing(text: string, parts: readonly (readonly [part: RegExp | string, rule: string])[]) {
  return parts.filter(([part]) =>
    typeof part === "string" ? !text.includes(part) : !part.test(text)
  ).map(([, rule]) => rule);
}

function linkTo({ name, notebook }: CourseNotebook): string {
  return `[${outline(notebook).title}](${name}.ipynb)`;
}

function prosePassages({ notebook }: CourseNotebook): Passage[] {
  return passages(notebook).filter(({ kind }) => kind === "prose");
}

/** Returns the passages of a section by the text of its heading. */
function under({ notebook }: CourseNotebook, heading: string): Passage[] {
  return passages(notebook).filter(({ headings }) =>
    headings.some(({ depth, text }) => depth === 2 && text === heading)
  );
}

function textOf(some: readonly Passage[]): string {
  return some.map(({ text }) => text).join("\n\n");
}

function exercisesUnder(lesson: CourseNotebook, section: string) {
  const inside = under(lesson, section).map((passage) => ({
    title: passage.headings.findLast(({ depth }) => depth === 3)?.text,
    ...passage,
  }));
  return [...Map.groupBy(inside, ({ title }) => title)]
    .flatMap(([title, parts]) =>
      title?.startsWith("Exercise")
        ? [{ title, code: parts.filter(({ kind }) => kind === "code").map(({ text }) => text) }]
        : []
    );
}

/** A rule of the whole course. */
export type CourseRule = (course: readonly CourseNotebook[]) => string[];

/** What the rules of the whole course compare it with. */
export interface Inventory {
  /** The names of the programs of lib/examples. */
  readonly examples: readonly string[];
  /** The names of the checks of lib/exercises. */
  readonly checks: readonly string[];
}

/** Returns the rules of the whole course, by what they ask for. */
export function courseRules({ examples, checks }: Inventory): Readonly<Record<string, CourseRule>> {
  return {
    "is numbered in reading order, without a gap": (course) =>
      course.flatMap(({ name }, index) =>
        name.startsWith(`${String(index).padStart(2, "0")}_`) ? [] : [`${name} has number ${index}`]
      ),

    "is listed as a whole in its first notebook": ([first, ...others]) =>
      others.filter((other) => !textOf(prosePassages(first!)).includes(linkTo(other)))
        .map(({ name }) => `${first!.name} does not link to ${name} by its question`),

    "begins with the core": (course) =>
      course.filter(({ notebook }, index) =>
        outline(notebook).path === "core" && index > 0 &&
        outline(course[index - 1]!.notebook).path === "optional"
      ).map(({ name }) => `${name} is of the core, and the notebook before it is not`),

    "names each example": (course) => {
      const text = course.flatMap(({ notebook }) => notebook.cells.map(sourceOf)).join("\n");
      return examples.filter((name) => !text.includes(name)).map((name) => `${name} is not named`);
    },

    "has each check of an exercise once": (course) => {
      const called = course.flatMap(({ notebook }) => notebook.cells)
        .flatMap(({ source }) => [...source.matchAll(/^(?:await )?(check\w+)\(/gm)])
        .map(([, name]) => name!);
      return checks.flatMap((check) => {
        const count = called.filter((each) => each === check).length;
        return count === 1 ? [] : [`${check} is called ${count} times`];
      });
    },

    "meets each misconception, and runs the experiment": (course) => {
      const met = course.flatMap((lesson) =>
        passages(lesson.notebook).flatMap((passage, index, all) => {
          const rest = all.slice(index + 1);
          const isTried = rest.some(({ kind, headings }) =>
            kind === "code" && headings.some((each) => each === passage.headings.at(-1))
          );
          return paragraphs(passage).filter((text) => text.startsWith("**Misconception:**"))
            .map((text) => ({ text, isTried }));
        })
      );
      return Object.entries(MISCONCEPTIONS).flatMap(([name, pattern]) => {
        const found = met.find(({ text }) => pattern.test(text));
        if (found === undefined) return [`"${name}" is not met`];
        return found.isTried ? [] : [`no cell follows "${name}"`];
      });
    },
  };
}

function sourceOf({ source }: Cell): string {
  return source;
}

function paragraphs({ kind, text }: Passage): string[] {
  return kind === "prose" ? text.split(/\n\n+/) : [];
}

/** What learners believe, and the words by which a paragraph says that it takes it up. */
export const MISCONCEPTIONS: Readonly<Record<string, RegExp>> = {
  "accept opens a new port": /accept\W+opens a new port/i,
  "accept makes the connection": /accept\W+makes the connection/i,
  "the backlog limits the number of clients": /backlog limits/i,
  "a port is a process": /port (?:is|uniquely identifies) a process/i,
  "one send is one receive": /one send is one receive/i,
  "what was sent was received": /sent was received/i,
  "a connection is a live line": /live line/i,
  "ESTABLISHED here is ESTABLISHED there": /ESTABLISHED\W+here.*ESTABLISHED\W+there/is,
  "close ends both directions": /close\W+ends both directions/i,
  "TIME_WAIT is a leak": /TIME_WAIT\W+is a leak/i,
  "refused means that the server is down": /refused.*\bdown\b/is,
  "localhost is 127.0.0.1": /localhost\W+is\W+127\.0\.0\.1/i,
  "a server takes 65,535 clients at most": /65,535/,
  "check that a port is free, then take it": /check that .*free/is,
};
