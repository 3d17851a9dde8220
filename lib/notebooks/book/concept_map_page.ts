/**
 * The page with the map of a course's terms: a row for each notebook, and an arrow from each term to
 * those that its definition mentions. What is on the map is a list below it too, which is all that a
 * phone shows.
 *
 * @module
 */
import { escapeHtml } from "../../show/display.ts";
import { type GlossaryEntry, nearestNeeds } from "./glossary.ts";
import { conceptBar, termLink } from "./glossary_page.ts";
import { pageHtml } from "./_page_shell.ts";
import type { PageLink } from "./page.ts";
import style from "./concepts.css" with { type: "text" };

/** What surrounds the map. */
export interface ConceptMapOptions {
  /** The page that lists all pages. */
  readonly index: PageLink;
}

/** Returns the page with the map of the terms and the list of them. */
export function conceptMapPage(
  entries: readonly GlossaryEntry[],
  { index }: ConceptMapOptions,
): string {
  return pageHtml({
    lang: "en",
    title: `Map of the terms · ${index.title}`,
    bar: conceptBar(index),
    main: `<style>${style}</style>
<div class="prose"><h1>Map of the terms</h1>
<p class="on-map">A row is a notebook. An arrow leads from a term to one that its definition uses, so
that you can follow the arrows up to where a term comes from. Point at a term, or reach it with the
Tab key, to see its arrows alone.</p></div>
<div class="on-map">${mapSvg(entries)}</div>
<div class="prose"><h2>The terms by notebook</h2>
<p>After each term are those that its definition uses.</p></div>
${byNotebook(entries).map(notebookHtml).join("\n")}
<script>${HIGHLIGHT}</script>`,
    footer: "",
  });
}

function byNotebook(entries: readonly GlossaryEntry[]): (readonly GlossaryEntry[])[] {
  return [...Map.groupBy(entries, ({ place }) => place.number).values()];
}

function notebookHtml(entries: readonly GlossaryEntry[]): string {
  const { number, title, page } = entries[0]!.place;
  const text = escapeHtml(`${number} ${title}`);
  const items = entries.map((entry) => {
    const needs = entry.needs.map(termLink).join(", ");
    return `<li>${termLink(entry)}${needs && ` <small>uses ${needs}</small>`}</li>`;
  });
  return `<section class="prose"><h3>${
    page === undefined ? text : `<a href="${escapeHtml(page)}">${text}</a>`
  }</h3>
<ul>
${items.join("\n")}
</ul></section>`;
}

/**
 * Sizes in pixels, for a page that is as wide as the text; a letter's width is that of a wide sans
 * serif, so that no text leaves its box.
 */
const WIDTH = 880;
const LABEL_WIDTH = 170;
const LETTER = 7.4;
const PADDING = 11;
const BOX_HEIGHT = 26;
const GAP = 12;
const LINE_GAP = 26;
const ROW_GAP = 40;

/** A term's box on the map. */
interface Box {
  readonly entry: GlossaryEntry;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function mapSvg(entries: readonly GlossaryEntry[]): string {
  const boxes = new Map<GlossaryEntry, Box>();
  const labels: string[] = [];
  let y = LINE_GAP;
  for (const row of byNotebook(entries)) {
    labels.push(labelSvg(row[0]!, y));
    let x = LABEL_WIDTH;
    for (const entry of row) {
      const width = entry.term.length * LETTER + 2 * PADDING;
      if (x > LABEL_WIDTH && x + width > WIDTH) {
        x = LABEL_WIDTH;
        y += BOX_HEIGHT + LINE_GAP;
      }
      boxes.set(entry, { entry, x, y, width });
      x += width + GAP;
    }
    y += BOX_HEIGHT + ROW_GAP;
  }
  const arrows = [...boxes.values()].flatMap((from) =>
    nearestNeeds(from.entry).map((need) => arrowSvg(from, boxes.get(need)!))
  );
  return `<svg class="concepts" viewBox="0 0 ${WIDTH} ${y}" role="group" aria-label="Map of the terms">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8z"/></marker></defs>
${labels.join("\n")}
<g class="arrows">
${arrows.join("\n")}
</g>
${[...boxes.values()].map(boxSvg).join("\n")}
</svg>`;
}

function labelSvg({ place: { number, title } }: GlossaryEntry, y: number): string {
  const most = Math.floor((LABEL_WIDTH - GAP) / LETTER);
  const lines = [""];
  for (const word of `${number} ${title}`.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > most) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  const spans = lines.map((line, index) =>
    `<tspan x="0" y="${y + 16 + index * 15}">${escapeHtml(line)}</tspan>`
  );
  return `<text class="label">${spans.join("")}</text>`;
}

function boxSvg({ entry, x, y, width }: Box): string {
  return `<a class="term" data-term="${entry.id}" href="glossary.html#${entry.id}">` +
    `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BOX_HEIGHT}" rx="5"/>` +
    `<text x="${(x + width / 2).toFixed(1)}" y="${y + 17.5}">${escapeHtml(entry.term)}</text></a>`;
}

/** From the top of one box to the bottom of the other, or in an arc above two boxes of one line. */
function arrowSvg(from: Box, to: Box): string {
  const [x1, x2] = [from, to].map(({ x, width }) => Math.round(x + width / 2)) as [number, number];
  const isLevel = from.y === to.y;
  const y2 = isLevel ? to.y : to.y + BOX_HEIGHT;
  const bend = isLevel ? -LINE_GAP : Math.min(60, (y2 - from.y) / 2);
  const path = isLevel
    ? `M${x1} ${from.y}C${x1} ${from.y + bend} ${x2} ${y2 + bend} ${x2} ${y2}`
    : `M${x1} ${from.y}C${x1} ${from.y + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  return `<path data-from="${from.entry.id}" data-to="${to.entry.id}" d="${path}" marker-end="url(#tip)"/>`;
}

/** Shows the arrows of the term that has the pointer or the focus. */
const HIGHLIGHT = `
for (const term of document.querySelectorAll(".concepts .term")) {
  const show = (isOn) => {
    const svg = term.closest("svg");
    svg.classList.toggle("chosen", isOn);
    const name = term.dataset.term;
    for (const arrow of svg.querySelectorAll(".arrows path")) {
      const { from, to } = arrow.dataset;
      const isOwn = isOn && (from === name || to === name);
      arrow.classList.toggle("own", isOwn);
      if (!isOwn) continue;
      for (const end of [from, to]) {
        svg.querySelector('[data-term="' + end + '"]').classList.add("near");
      }
    }
    if (!isOn) for (const near of svg.querySelectorAll(".near")) near.classList.remove("near");
    term.classList.toggle("near", isOn);
  };
  term.addEventListener("pointerenter", () => show(true));
  term.addEventListener("pointerleave", () => show(false));
  term.addEventListener("focus", () => show(true));
  term.addEventListener("blur", () => show(false));
}
`;
