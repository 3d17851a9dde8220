/** The prose of a notebook as HTML, and its code in the classes of highlight.js. */
import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import http from "highlight.js/lib/languages/http";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import shell from "highlight.js/lib/languages/shell";
import typescript from "highlight.js/lib/languages/typescript";
import { Marked } from "marked";
import { escapeHtml } from "../../show/display.ts";
import type { MarkdownCell } from "../format/notebook.ts";

/** A heading of the page. */
export interface Heading {
  /** 1 to 6. */
  readonly depth: number;
  /** The anchor, as Jupyter makes it, so that a link to it holds in both. */
  readonly id: string;
  /** What it says, as HTML without links. */
  readonly html: string;
}

/** Renders the markdown of one page, whose headings it collects. */
export class Prose {
  readonly #headings: Heading[] = [];
  readonly #marked: Marked;
  #attachments: NonNullable<MarkdownCell["attachments"]> = {};

  /** Makes a page without headings. */
  constructor() {
    const addHeading = this.#addHeading.bind(this);
    const sourceOf = this.#sourceOf.bind(this);
    this.#marked = new Marked({
      renderer: {
        code: ({ text, lang = "" }) => codeHtml(text, lang.split(/\s/)[0]!),
        heading({ tokens, depth }) {
          const html = this.parser.parseInline(tokens);
          const id = addHeading(depth, html);
          return `<h${depth} id="${escapeHtml(id)}">${html}` +
            `<a class="anchor" href="#${
              encodeURIComponent(id)
            }" aria-hidden="true" tabindex="-1">#</a>` +
            `</h${depth}>\n`;
        },
        image: ({ href, title, text }) =>
          `<img src="${escapeHtml(sourceOf(href))}" alt="${escapeHtml(text)}"` +
          `${title ? ` title="${escapeHtml(title)}"` : ""}>`,
        link({ href, title, tokens }) {
          return `<a href="${escapeHtml(pageAddress(href))}"` +
            `${title ? ` title="${escapeHtml(title)}"` : ""}>${
              this.parser.parseInline(tokens)
            }</a>`;
        },
      },
    });
  }

  /** The headings so far, in reading order. */
  get headings(): readonly Heading[] {
    return this.#headings;
  }

  /** Returns the cell as HTML; HTML in it is trusted, as the notebook is. */
  render(cell: MarkdownCell): string {
    this.#attachments = cell.attachments ?? {};
    return this.renderText(cell.source);
  }

  /** Returns markdown as HTML, wide tables in boxes of their own. */
  renderText(markdown: string): string {
    return this.#marked.parse(markdown, { async: false })
      .replaceAll(/<table\b[^]*?<\/table>/g, `<div class="scroll">$&</div>`);
  }

  /** Returns the markdown of one paragraph as HTML without a paragraph around it. */
  renderInline(markdown: string): string {
    return this.#marked.parseInline(markdown, { async: false });
  }

  #addHeading(depth: number, linked: string): string {
    const html = linked.replaceAll(/<\/?a\b[^>]*>/g, "");
    const anchor = plainText(html).trim().replaceAll(/\s/g, "-");
    let id = anchor;
    for (let copy = 2; this.#headings.some((heading) => heading.id === id); copy++) {
      id = `${anchor}-${copy}`;
    }
    this.#headings.push({ depth, id, html });
    return id;
  }

  #sourceOf(href: string): string {
    const name = href.match(/^attachment:(.*)$/)?.[1];
    const [mime, data] = Object.entries(this.#attachments[name ?? ""] ?? {})[0] ?? [];
    return mime === undefined ? href : `data:${mime};base64,${String(data).replaceAll(/\s/g, "")}`;
  }
}

/** Each notebook's page is beside it, so a link to a notebook becomes a link to its page. */
function pageAddress(href: string): string {
  return href.replace(/^(?![a-z][a-z\d+.-]*:)([^?#]*)\.ipynb(?=$|[?#])/i, "$1.html");
}

/** Returns the text of HTML, without its tags. */
export function plainText(html: string): string {
  return html.replaceAll(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

const LANGUAGES = { bash, c, http, json, python, shell, typescript };
for (const [name, language] of Object.entries(LANGUAGES)) {
  highlighter.registerLanguage(name, language);
}
highlighter.registerAliases(["js", "javascript"], { languageName: "typescript" });

/** Returns a `pre` element with the code; in a language that is not known here it has no colours. */
export function codeHtml(code: string, language: string): string {
  const html = highlighter.getLanguage(language) === undefined
    ? escapeHtml(code)
    : highlighter.highlight(code, { language }).value;
  return `<pre class="code"><code>${html}</code></pre>`;
}
