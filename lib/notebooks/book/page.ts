/**
 * A notebook that was run, as an HTML page: with the book's assets beside it, it opens from the file
 * system, without a network, and is readable on a desktop, on a phone and on paper.
 *
 * @module
 */
import { escapeHtml } from "../../show/display.ts";
import type { CodeCell, Notebook } from "../format/notebook.ts";
import { outline } from "../format/outline.ts";
import { codeHtml, type Heading, plainText, Prose } from "./_page_markdown.ts";
import { outputsHtml } from "./_page_outputs.ts";
import { pageHtml } from "./_page_shell.ts";

/** Another page. */
export interface PageLink {
  /** Its address, relative to this page. */
  readonly href: string;
  /** Its title, as plain text. */
  readonly title: string;
}

/** What surrounds the notebook on its page. */
export interface PageOptions {
  /** The page's title, as plain text; the notebook's first heading by default. */
  readonly title?: string;
  /** The page that lists all pages; none by default. */
  readonly index?: PageLink;
  /** The page before this one; none by default. */
  readonly previous?: PageLink;
  /** The page after this one; none by default. */
  readonly next?: PageLink;
  /** The address of the notebook, to be downloaded; none by default. */
  readonly notebook?: string;
  /** The language of the prose, as a BCP 47 tag; "en" by default. */
  readonly lang?: string;
}

/**
 * Returns the page of a notebook with the outputs that it has. HTML in its prose and in its values
 * is put on the page unchanged, so the notebook must be trusted; text, logs and errors are escaped.
 * Links to other notebooks become links to their pages. What a cell printed after a prediction, a
 * paragraph that begins with "Predict:" in bold, is folded until the reader asks for it.
 *
 * @example A page with a cell
 * ```ts
 * import { notebookPage } from "./page.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const log = { output_type: "stream", name: "stdout", text: "<b> is escaped\n" } as const;
 * const page = notebookPage({
 *   metadata: {},
 *   cells: [
 *     { cell_type: "markdown", id: "a", metadata: {}, source: "# Ports & sockets" },
 *     { cell_type: "code", id: "b", metadata: {}, source: "6 * 7", execution_count: 1, outputs: [log] },
 *   ],
 * });
 * assertStringIncludes(page, "<title>Ports &amp; sockets</title>");
 * assertStringIncludes(page, "&lt;b&gt; is escaped");
 * ```
 */
export function notebookPage(notebook: Notebook, options: PageOptions = {}): string {
  const prose = new Prose();
  const renderMarkdown = prose.renderText.bind(prose);
  const title = options.title ?? plainText(prose.renderInline(outline(notebook).title ?? ""));
  let isPredicted = false;
  const cells = notebook.cells.map((cell) => {
    switch (cell.cell_type) {
      case "markdown":
        isPredicted = PREDICTION.test(cell.source);
        return `<div class="prose">\n${prose.render(cell)}</div>`;
      case "code":
        return codeCellHtml(cell, { renderMarkdown, isFolded: isPredicted });
      case "raw":
        return "";
    }
  });
  const hasTitle = prose.headings.some(({ depth }) => depth === 1);
  const heading = hasTitle ? "" : `<div class="prose"><h1>${escapeHtml(title)}</h1></div>\n`;
  // The contents follow the first cell, which has the title and says what the notebook is about.
  return pageHtml({
    lang: options.lang ?? "en",
    title: options.index === undefined ? title : `${title} · ${options.index.title}`,
    bar: barHtml(options),
    main: heading +
      cells.toSpliced(1, 0, contentsHtml(prose.headings), onceHtml(options)).filter(Boolean).join(
        "\n",
      ),
    footer: footerHtml(options, { isNextLinked: linksToNext(cells, options) }),
  });
}

/** A paragraph in which the reader is asked to predict what comes next. */
const PREDICTION = /^\*\*Predict:\*\*/m;

function codeCellHtml(
  { source, outputs, execution_count: count }: CodeCell,
  { renderMarkdown, isFolded }: {
    readonly renderMarkdown: (markdown: string) => string;
    readonly isFolded: boolean;
  },
): string {
  if (source.trim() === "" && outputs.length === 0) return "";
  const number = count === null ? "" : `<span class="number" aria-hidden="true">${count}</span>`;
  const label = count === null ? "Cell that was not run" : `Cell ${count}`;
  const shown = outputsHtml(outputs, renderMarkdown);
  return `<div class="cell" role="group" aria-label="${label}">${number}\n` +
    `${codeHtml(source, "typescript")}\n` +
    `${shown === "" ? "" : isFolded ? foldedHtml(shown) : `${boxHtml(shown)}\n`}</div>`;
}

function boxHtml(outputs: string): string {
  return `<div class="outputs">\n${outputs}\n</div>`;
}

function foldedHtml(outputs: string): string {
  return `<details class="answer"><summary><span class="show">Show the output</span>` +
    `<span class="hide">Hide the output</span></summary>\n${boxHtml(outputs)}</details>\n`;
}

/** Whether the prose itself ends with a link to the next page, so that the footer need not. */
function linksToNext(cells: readonly string[], { next }: PageOptions): boolean {
  return next !== undefined && !!cells.at(-1)?.includes(`<a href="${escapeHtml(next.href)}"`);
}

function barHtml({ index, previous, next, notebook }: PageOptions): string {
  const short = (link: PageLink | undefined, rel: string, text: string) =>
    link === undefined ? "" : `<a rel="${rel}" href="${escapeHtml(link.href)}" ` +
      `title="${escapeHtml(link.title)}">${text}</a>`;
  const home = index === undefined
    ? ""
    : `<a class="home" href="${escapeHtml(index.href)}">${escapeHtml(index.title)}</a>`;
  const links = [
    short(previous, "prev", "← Previous"),
    short(next, "next", "Next →"),
    notebook === undefined
      ? ""
      : `<a href="${escapeHtml(notebook)}" download title="The notebook of this page">Notebook</a>`,
  ].join("");
  return `${home}${links === "" ? "" : `<nav aria-label="Neighbours">${links}</nav>`}`;
}

/** A page does not run; a reader who is told to press a key is told here where that works. */
function onceHtml({ notebook }: PageOptions): string {
  return notebook === undefined
    ? ""
    : `<p class="once">This page shows one run. To run the cells ` +
      `yourself, open <a href="${escapeHtml(notebook)}" download>the notebook</a> in Jupyter.</p>`;
}

function contentsHtml(headings: readonly Heading[]): string {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length < 2) return "";
  const items = sections.map(({ id, html }) =>
    `<li><a href="#${encodeURIComponent(id)}">${html}</a></li>`
  );
  return `<nav class="contents" aria-labelledby="contents">
<p id="contents">Contents</p>
<ol>
${items.join("\n")}
</ol>
</nav>`;
}

function footerHtml(
  { previous, next: following }: PageOptions,
  { isNextLinked }: { readonly isNextLinked: boolean },
): string {
  const next = isNextLinked ? undefined : following;
  if (previous === undefined && next === undefined) return "";
  const card = (link: PageLink | undefined, rel: string, text: string) =>
    link === undefined
      ? ""
      : `<a rel="${rel}" href="${escapeHtml(link.href)}"><small>${text}</small>` +
        `${escapeHtml(link.title)}</a>`;
  return `<footer><nav aria-label="Where to go on">
${card(previous, "prev", "Previous")}
${card(next, "next", "Next")}
</nav></footer>`;
}
