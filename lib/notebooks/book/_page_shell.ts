/** The frame of every page: head, bar with the search, skip link. */
import { escapeHtml } from "../../show/display.ts";
import { ASSETS } from "./assets.ts";

/** The parts inside the frame. */
export interface Shell {
  /** The language of the page, as a BCP 47 tag. */
  readonly lang: string;
  /** The title, as plain text. */
  readonly title: string;
  /** What is in the bar above the text, as HTML. */
  readonly bar: string;
  /** The text, as HTML. */
  readonly main: string;
  /** What is below the text, as HTML. */
  readonly footer: string;
}

/** Returns the whole page; beside it are the book's assets, and it needs no network. */
export function pageHtml({ lang, title, bar, main, footer }: Shell): string {
  // Only a page with figures loads what draws them.
  const scripts = main.includes('class="fourtuple-figure"')
    ? [ASSETS.plotly, ASSETS.script]
    : [ASSETS.script];
  return `<!doctype html>
<html lang="${escapeHtml(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${ASSETS.style}">
${scripts.map((file) => `<script defer src="${file}"></script>`).join("\n")}
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header class="bar">
${bar}
<form class="search" role="search" data-index="${ASSETS.search}" hidden>
<input type="search" aria-label="Search the course" placeholder="Search" autocomplete="off" spellcheck="false">
<div class="found" hidden><p role="status"></p><ol></ol></div>
</form>
</header>
<main id="text">
${main}
</main>
${footer}
</body>
</html>
`;
}
