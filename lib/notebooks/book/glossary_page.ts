/**
 * The page that lists the terms of a course, in the order of the alphabet.
 *
 * @module
 */
import { escapeHtml } from "../../show/display.ts";
import type { GlossaryEntry } from "./glossary.ts";
import { Prose } from "./_page_markdown.ts";
import { pageHtml } from "./_page_shell.ts";
import type { PageLink } from "./page.ts";
import style from "./concepts.css" with { type: "text" };

/** What surrounds the terms. */
export interface GlossaryOptions {
  /** The page that lists all pages. */
  readonly index: PageLink;
  /** The page with the map of the same terms. */
  readonly map: PageLink;
}

/** Returns the page with the terms, each with its sentence, its notebook and what it is explained by. */
export function glossaryPage(
  entries: readonly GlossaryEntry[],
  { index, map }: GlossaryOptions,
): string {
  const sorted = entries.toSorted((a, b) => a.term.localeCompare(b.term, "en"));
  return pageHtml({
    lang: "en",
    title: `Glossary · ${index.title}`,
    bar: conceptBar(index),
    main: `<style>${style}</style>
<div class="prose"><h1>Glossary</h1>
<p>The course explains each term once, in the sentence that you see here. The <a href="${
      escapeHtml(map.href)
    }">map</a> shows which definitions use which terms.</p></div>
<dl class="terms">
${sorted.map(termHtml).join("\n")}
</dl>`,
    footer: "",
  });
}

/** Returns the bar above a page about the terms. */
export function conceptBar(index: PageLink): string {
  return `<a class="home" href="${escapeHtml(index.href)}">${escapeHtml(index.title)}</a>`;
}

function termHtml(entry: GlossaryEntry): string {
  const { id, term, sentence, place, needs } = entry;
  const links = needs.map(termLink).join(", ");
  const needed = links === "" ? "" : ` · uses: ${links}`;
  return `<dt id="${id}">${escapeHtml(term)}</dt>
<dd><p>${new Prose().renderInline(sentence)}</p>
<p class="facts">${placeLink(entry, `${place.number} ${place.title}`)}${needed}</p></dd>`;
}

/** Returns a link to the term on the glossary's page. */
export function termLink({ id, term }: GlossaryEntry): string {
  return `<a href="glossary.html#${id}">${escapeHtml(term)}</a>`;
}

/** Returns a link to the section that explains the term, as far as there is such a page. */
function placeLink({ place, heading }: GlossaryEntry, text: string): string {
  if (place.page === undefined) return escapeHtml(text);
  const prose = new Prose();
  prose.renderText(`# ${heading ?? ""}`);
  const anchor = heading === undefined ? "" : `#${encodeURIComponent(prose.headings[0]!.id)}`;
  return `<a href="${escapeHtml(place.page + anchor)}">${escapeHtml(text)}</a>`;
}
