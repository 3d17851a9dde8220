/**
 * The search of a book: an index of its sections, made when the book is written.
 *
 * @module
 */
import MiniSearch from "minisearch";
import library from "minisearch" with { type: "text" };
import type { CourseNotebook } from "../run/course.ts";
import { outline } from "../format/outline.ts";
import type { GlossaryEntry } from "./glossary.ts";
import { plainText, Prose } from "./_page_markdown.ts";

/** A place that the search can lead to. */
export interface SearchSection {
  /** The address, relative to the pages: "02_ports.html#Services". */
  readonly href: string;
  /** The title of the page, as plain text. */
  readonly title: string;
  /** The heading, as plain text; the page's title at its top. */
  readonly heading: string;
  /** The prose, as plain text. */
  readonly text: string;
  /** The code. */
  readonly code: string;
}

/** What the page needs to read the index; what is stored is shown. */
const OPTIONS = {
  fields: ["heading", "title", "text", "code"],
  storeFields: ["href", "title", "heading", "text"],
};

/** Returns the sections of the notebooks that have a page, and the terms of the glossary. */
export function searchSections(
  course: readonly CourseNotebook[],
  { pages, terms }: {
    readonly pages: ReadonlySet<string>;
    readonly terms: readonly GlossaryEntry[];
  },
): SearchSection[] {
  return [
    ...course.filter(({ name }) => pages.has(`${name}.html`)).flatMap(sectionsOf),
    ...terms.map(({ id, term, sentence }) => ({
      href: `glossary.html#${id}`,
      title: "Glossary",
      heading: term,
      text: plainText(new Prose().renderInline(sentence)),
      code: "",
    })),
  ];
}

/** A section begins with a heading of the second level; its code is what is under it. */
function sectionsOf({ name, notebook }: CourseNotebook): SearchSection[] {
  const prose = new Prose();
  const title = plainText(prose.renderInline(outline(notebook).title ?? name));
  const href = `${name}.html`;
  const sections = [{ href, title, heading: title, text: "", code: "" }];
  for (const cell of notebook.cells) {
    if (cell.cell_type === "code") sections.at(-1)!.code += `${cell.source}\n`;
    if (cell.cell_type !== "markdown") continue;
    const before = prose.headings.length;
    const [first, ...others] = prose.render(cell).split(/(?=<h2 )/);
    const headings = prose.headings.slice(before).filter(({ depth }) => depth === 2);
    // A cell that begins with a heading has an empty piece before it only if that is no h2.
    const pieces = first!.startsWith("<h2 ") ? [first!, ...others] : others;
    if (!first!.startsWith("<h2 ")) sections.at(-1)!.text += textOf(first!);
    for (const [index, piece] of pieces.entries()) {
      const { id, html } = headings[index]!;
      sections.push({
        href: `${href}#${encodeURIComponent(id)}`,
        title,
        heading: plainText(html),
        text: textOf(piece.replace(/<h2 [^]*?<\/h2>/, "")),
        code: "",
      });
    }
  }
  return sections;
}

function textOf(html: string): string {
  const withoutMarks = html.replaceAll(/<a class="anchor"[^]*?<\/a>/g, "")
    .replaceAll(/<\/?(?:p|li|h\d|td|th|tr|summary|pre)\b[^>]*>/g, " ");
  return `${plainText(withoutMarks).replaceAll(/\s+/g, " ").trim()} `;
}

/** Returns a script that sets `window.fourtupleSearch`, an index with MiniSearch's `search()`. */
export function searchScript(sections: readonly SearchSection[]): string {
  const index = new MiniSearch(OPTIONS);
  index.addAll(sections.map((section, id) => ({ id, ...section })));
  // A module cannot be loaded from the file system.
  const exported = /export \{ MiniSearch as default \};[^]*$/;
  if (!exported.test(library)) throw new Error("minisearch ends in another way than expected");
  return `window.fourtupleSearch = (function () {
${library.replace(exported, "")}
return MiniSearch.loadJS(${JSON.stringify(index)}, ${JSON.stringify(OPTIONS)});
})();
`;
}
