/**
 * `deno run -A lib/tasks/check_minutes.ts [--write] [FOLDER]`: prints how long a reader takes for each notebook
 * and for the core of the course, and fails where a first cell or a map of the course,
 * in a notebook or in the README above their folder, says another time, or the course is too long; a
 * part of `deno task check`. With `--write`, it puts the computed times there.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { formatNotebook, type Notebook } from "../notebooks/format/notebook.ts";
import { outline, withMinutes } from "../notebooks/format/outline.ts";
import { MINUTES_EACH, readingTime } from "../notebooks/format/reading_time.ts";
import { type CourseNotebook, readCourse } from "../notebooks/run/course.ts";
import { Table } from "../show/table.ts";

/** How long a reader may take at most, in minutes. */
export const MOST_MINUTES = {
  /** For one notebook: nobody reads on for longer. */
  notebook: 60,
  /** For all notebooks of the core, which the course announces as about ten hours. */
  core: 660,
} as const;

/**
 * Returns a sentence for each time that is not as it should be: one that a first cell gives and that is
 * not the computed one, a notebook that takes too long, and a core that takes too long.
 */
export function timeProblems(course: readonly CourseNotebook[]): string[] {
  const problems = course.flatMap(({ name, notebook }) => {
    const { minutes: said, path } = outline(notebook);
    const { minutes } = readingTime(notebook);
    return [
      ...(said === undefined || path === undefined
        ? [`${name} gives no time: its first cell needs "**Time:** ${minutes} minutes. Core."`]
        : said === minutes
        ? []
        : [
          `${name} says that it takes ${said} minutes, and it takes ${minutes}: run this with --write`,
        ]),
      ...(minutes > MOST_MINUTES.notebook
        ? [
          `${name} takes ${minutes} minutes, and ${MOST_MINUTES.notebook} are the most: shorten it`,
        ]
        : []),
    ];
  });
  const core = coreMinutes(course);
  if (core <= MOST_MINUTES.core) return problems;
  return [...problems, `The core takes ${core} minutes, and ${MOST_MINUTES.core} are the most`];
}

/** Returns how long a reader takes for all notebooks of the core, in minutes. */
export function coreMinutes(course: readonly CourseNotebook[]): number {
  return course.filter(({ notebook }) => outline(notebook).path === "core")
    .reduce((sum, { notebook }) => sum + readingTime(notebook).minutes, 0);
}

/** Returns what there is to read in each notebook, and the minutes for it. */
export function timeTable(course: readonly CourseNotebook[]): Table {
  const kinds = Object.keys(MINUTES_EACH) as (keyof typeof MINUTES_EACH)[];
  return new Table({
    columns: ["notebook", "path", "minutes", ...kinds],
    rows: course.map(({ name, notebook }) => {
      const time = readingTime(notebook);
      return [name, outline(notebook).path, time.minutes, ...kinds.map((kind) => time[kind])];
    }),
  });
}

/** A row of a map of the course: the minutes, and a link to the notebook that takes them. */
const MAP_ROW = /^\| *(\d+) *(?=\|.*\]\((?:\w+\/)*(\w+)\.ipynb\))/gm;

/** Markdown that may have a map of the course. */
export interface MapText {
  /** What a sentence about it calls it. */
  readonly name: string;
  /** The markdown. */
  readonly text: string;
}

/**
 * Returns a sentence for each row of a map of the course (minutes in its first column, then a link to
 * the notebook) whose minutes are not the computed ones.
 */
export function mapProblems({ name, text }: MapText, course: readonly CourseNotebook[]): string[] {
  const minutes = minutesByName(course);
  return [...text.matchAll(MAP_ROW)]
    .filter(([, said, to]) => Number(said) !== (minutes.get(to!) ?? Number(said)))
    .map(([, said, to]) =>
      `${name} says that ${to} takes ${said} minutes, and it takes ${minutes.get(to!)}: run this ` +
      "with --write"
    );
}

function minutesByName(course: readonly CourseNotebook[]): ReadonlyMap<string, number> {
  return new Map(course.map(({ name, notebook }) => [name, readingTime(notebook).minutes]));
}

/** Returns the notebook with the computed times in its first cell and in its map of the course. */
function withComputedTimes(notebook: Notebook, minutes: ReadonlyMap<string, number>): Notebook {
  const own = readingTime(notebook).minutes;
  const cells = notebook.cells.map((cell, index) => {
    const source = index === 0 ? withMinutes(cell.source, own) : cell.source;
    return { ...cell, source: withComputedMap(source, minutes) };
  });
  return { ...notebook, cells };
}

function withComputedMap(markdown: string, minutes: ReadonlyMap<string, number>): string {
  return markdown.replaceAll(
    MAP_ROW,
    (row, said: string, to: string) => row.replace(said, `${minutes.get(to) ?? said}`),
  );
}

async function readIfThere(file: URL): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

if (import.meta.main) {
  const { values, positionals: [path] } = parseArgs({
    options: { write: { type: "boolean" } },
    allowPositionals: true,
  });
  const folder = path === undefined
    ? new URL("../../notebooks/", import.meta.url)
    : pathToFileURL(`${path}/`);
  const readme = new URL("../README.md", folder);
  let course = await readCourse(folder);
  let readmeText = await readIfThere(readme);
  if (values.write) {
    const minutes = minutesByName(course);
    for (const { name, notebook } of course) {
      const text = formatNotebook(withComputedTimes(notebook, minutes));
      await Deno.writeTextFile(new URL(`${name}.ipynb`, folder), text);
    }
    course = await readCourse(folder);
    if (readmeText !== "") {
      readmeText = withComputedMap(readmeText, minutes);
      await Deno.writeTextFile(readme, readmeText);
    }
  }
  console.log(`${timeTable(course)}\n\nThe core takes ${coreMinutes(course)} minutes`);
  const maps = [
    ...course.map(({ name, notebook: { cells } }) => ({
      name,
      text: cells.map(({ source }) => source).join("\n"),
    })),
    { name: "README.md", text: readmeText },
  ];
  const problems = [
    ...timeProblems(course),
    ...maps.flatMap((map) => mapProblems(map, course)),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
}
