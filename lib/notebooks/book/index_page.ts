/**
 * The page that lists the pages of a course.
 *
 * @module
 */
import { escapeHtml } from "../../show/display.ts";
import type { CoursePath } from "../format/outline.ts";
import { Prose } from "./_page_markdown.ts";
import { pageHtml } from "./_page_shell.ts";
import type { PageLink } from "./page.ts";

/** How the run of a notebook ended. */
export type Outcome = "passed" | "failed" | "not run";

/** One notebook on the index. */
export interface IndexEntry {
  /** The address of its page, relative to the index; without it the title is no link. */
  readonly href?: string;
  /** Its number in the course, as in "02"; none by default. */
  readonly number?: string;
  /** Its title, as markdown. */
  readonly title: string;
  /** What it is about, as markdown; nothing by default. */
  readonly summary?: string;
  /** How long a reader takes, in minutes; not told by default. */
  readonly minutes?: number;
  /** Whether it belongs to the core of the course; not told by default. */
  readonly path?: CoursePath;
  /** How long the run took, in seconds; not told by default. */
  readonly seconds?: number;
  /** How the run ended. */
  readonly outcome: Outcome;
  /** What went wrong, as plain text; nothing by default. */
  readonly problem?: string;
}

/** What surrounds the entries. */
export interface IndexOptions {
  /** The title of the course, as plain text. */
  readonly title: string;
  /** A paragraph on the course, as markdown; none by default. */
  readonly summary?: string;
  /** Pages about the whole course, such as a glossary; none by default. */
  readonly links?: readonly PageLink[];
  /** The language of the course, as a BCP 47 tag; "en" by default. */
  readonly lang?: string;
}

/**
 * Returns the page that lists notebooks, in the order given.
 *
 * @example One notebook
 * ```ts
 * import { indexPage } from "./index_page.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const page = indexPage(
 *   [{ href: "02_ports.html", number: "02", title: "What is a port?", minutes: 20, outcome: "passed" }],
 *   { title: "Ports and sockets" },
 * );
 * assertStringIncludes(page, "20 minutes");
 * assertStringIncludes(page, "✓ ran");
 * ```
 */
export function indexPage(entries: readonly IndexEntry[], options: IndexOptions): string {
  const prose = new Prose();
  const summary = options.summary === undefined
    ? ""
    : `<p class="lead">${prose.renderInline(options.summary)}</p>`;
  const items = entries.map((entry) => entryHtml(entry, prose));
  return pageHtml({
    lang: options.lang ?? "en",
    title: options.title,
    bar: "",
    main: `<div class="prose"><h1>${escapeHtml(options.title)}</h1>${summary}${timesHtml(entries)}${
      linksHtml(options.links ?? [])
    }</div>
<ol class="index">
${items.join("\n")}
</ol>`,
    footer: "",
  });
}

/** How long the whole course takes, by path. */
function timesHtml(entries: readonly IndexEntry[]): string {
  const timed = entries.filter(({ path, minutes }) => path !== undefined && minutes !== undefined);
  const parts = (["core", "optional"] as const).flatMap((path) => {
    const chosen = timed.filter((entry) => entry.path === path);
    if (chosen.length === 0) return [];
    const minutes = chosen.reduce((sum, entry) => sum + entry.minutes!, 0);
    const count = chosen.length === 1 ? "1 notebook" : `${chosen.length} notebooks`;
    return [`${path}: ${count}, ${durationText(minutes)}`];
  });
  return parts.length === 0 ? "" : `<p class="facts">${parts.join(" · ")}</p>`;
}

/** Returns minutes as in "9 h 50 min". */
function durationText(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 ? [`${rest} min`] : [])].join(" ");
}

function linksHtml(links: readonly PageLink[]): string {
  const items = links.map(({ href, title }) =>
    `<a href="${escapeHtml(href)}">${escapeHtml(title)}</a>`
  );
  return items.length === 0 ? "" : `<p class="facts">${items.join(" · ")}</p>`;
}

function entryHtml(entry: IndexEntry, prose: Prose): string {
  const summary = entry.summary === undefined ? "" : prose.renderText(entry.summary);
  const problem = entry.problem === undefined
    ? ""
    : `<pre class="output error">${escapeHtml(entry.problem)}</pre>\n`;
  const facts = [
    ...(entry.minutes === undefined ? [] : [`${entry.minutes} minutes`]),
    ...(entry.path === undefined ? [] : [entry.path]),
    `<span class="${entry.outcome.replace(" ", "-")}">${ranHtml(entry)}</span>`,
  ];
  const number = entry.number === undefined
    ? ""
    : `<span class="place">${escapeHtml(entry.number)}</span> `;
  const title = prose.renderInline(entry.title);
  const heading = entry.href === undefined
    ? title
    : `<a href="${escapeHtml(entry.href)}">${title}</a>`;
  return `<li>
<h2>${number}${heading}</h2>
${summary}${problem}<p class="facts">${facts.join(" · ")}</p>
</li>`;
}

function ranHtml({ outcome, seconds }: IndexEntry): string {
  if (outcome === "not run") return "not run";
  const after = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  if (outcome === "failed") return `✗ failed${after && ` after ${after}`}`;
  return `✓ ran${after && ` in ${after}`}`;
}
