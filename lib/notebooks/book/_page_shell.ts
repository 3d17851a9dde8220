/** The frame of every page: head, skip link, style sheet. */
import style from "./page.css" with { type: "text" };
import { escapeHtml } from "../../show/display.ts";

/** The parts inside the frame. */
export interface Shell {
  /** The language of the page, as a BCP 47 tag. */
  readonly lang: string;
  /** The title, as plain text. */
  readonly title: string;
  /** What is above the text, as HTML. */
  readonly header: string;
  /** The text, as HTML. */
  readonly main: string;
  /** What is below the text, as HTML. */
  readonly footer: string;
}

/** Returns the whole page, which needs no other file and no network. */
export function pageHtml({ lang, title, header, main, footer }: Shell): string {
  return `<!doctype html>
<html lang="${escapeHtml(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>
${style}</style>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
${header}
<main id="text">
${main}
</main>
${footer}
</body>
</html>
`;
}
