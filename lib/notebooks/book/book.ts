/**
 * The book: the executed notebooks, a page for each, and an index of the course.
 *
 * @module
 */
import type { CourseNotebook } from "../run/course.ts";
import { writeAssets } from "./assets.ts";
import { writeConcepts } from "./concepts.ts";
import { glossary } from "./glossary.ts";
import { indexPage } from "./index_page.ts";
import { formatNotebook } from "../format/notebook.ts";
import { outline } from "../format/outline.ts";
import { notebookPage, type PageLink } from "./page.ts";
import { plainText, Prose } from "./_page_markdown.ts";
import { searchSections } from "./search_index.ts";
import type { NotebookRun } from "../run/runner.ts";

const TITLE = "fourtuple";
const SUMMARY = "A live course on ports and sockets: every output here was made by this machine.";

/**
 * Writes the executed notebooks and their pages into a folder, and an index of the whole course.
 *
 * A notebook of the course that was not run, or did not start, keeps the page of an earlier run; if there is none, neither
 * the index nor the pages beside it link to it.
 */
export async function writeBook(
  runs: readonly NotebookRun[],
  { course, folder }: { course: readonly CourseNotebook[]; folder: URL },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const pages = await pagesIn(folder);
  // A notebook that did not start has no outputs: the page of an earlier run stays.
  const shown = runs.filter(({ failure }) => failure?.cell !== 0);
  for (const { name } of shown) pages.add(pageOf(name));
  const index: PageLink = { href: "index.html", title: TITLE };
  for (const run of shown) {
    const place = course.findIndex(({ name }) => name === run.name);
    const previous = linkTo(course[place - 1], pages);
    const next = linkTo(course[place + 1], pages);
    const page = notebookPage(run.notebook, {
      index,
      ...(previous && { previous }),
      ...(next && { next }),
      notebook: `${run.name}.ipynb`,
    });
    await Deno.writeTextFile(new URL(`${run.name}.ipynb`, folder), formatNotebook(run.notebook));
    await Deno.writeTextFile(new URL(pageOf(run.name), folder), page);
  }
  const entries = course.map(({ name, notebook }) => {
    const run = runs.find((run) => run.name === name);
    const number = name.match(/^\d+(?=_)/)?.[0];
    const { title, summary, minutes, path } = outline(notebook);
    return {
      ...(pages.has(pageOf(name)) && { href: pageOf(name) }),
      ...(number !== undefined && { number }),
      title: title ?? name,
      ...(summary !== undefined && { summary }),
      ...(minutes !== undefined && { minutes }),
      ...(path !== undefined && { path }),
      ...(run && { seconds: run.milliseconds / 1000 }),
      outcome: run ? run.failure ? "failed" as const : "passed" as const : "not run" as const,
    };
  });
  const links = await writeConcepts(course, { folder, pages, index });
  const sections = searchSections(course, { pages, terms: glossary(course, pages) });
  await writeAssets(folder, sections);
  const page = indexPage(entries, { title: TITLE, summary: SUMMARY, links });
  await Deno.writeTextFile(new URL("index.html", folder), page);
}

function pageOf(name: string): string {
  return `${name}.html`;
}

async function pagesIn(folder: URL): Promise<Set<string>> {
  const pages = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".html")) pages.add(name);
  }
  return pages;
}

function linkTo(
  neighbour: CourseNotebook | undefined,
  pages: ReadonlySet<string>,
): PageLink | undefined {
  if (!neighbour || !pages.has(pageOf(neighbour.name))) return undefined;
  const { title = neighbour.name } = outline(neighbour.notebook);
  return {
    href: pageOf(neighbour.name),
    title: plainText(new Prose().renderInline(title)),
  };
}
