/** TypeScript in colours that need no style sheet, so that a notebook shows them anywhere. */
import highlighter from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";

highlighter.registerLanguage("typescript", typescript);

/** At least 4.5 : 1 against the background, as WCAG 2.2 (1.4.3) asks. */
const BACKGROUND = "#f6f8fa";
const TEXT = "#24292f";
const KEYWORD = "color:#a40e26";
const VALUE = "color:#0a3069";
const NAME = "color:#6639ba";
const COMMENT = "color:#57606a;font-style:italic";

/** The highlighter's classes that have a style of their own here; others look like plain text. */
const STYLES: Readonly<Record<string, string>> = {
  "hljs-keyword": KEYWORD,
  "hljs-literal": KEYWORD,
  "hljs-string": VALUE,
  "hljs-regexp": VALUE,
  "hljs-number": VALUE,
  "hljs-title": NAME,
  "hljs-built_in": NAME,
  "hljs-comment": COMMENT,
  "hljs-doctag": COMMENT,
  "hljs-subst": `color:${TEXT}`,
};

/** Returns `code` as an HTML element that shows it in colours. */
export function highlightedHtml(code: string): string {
  const html = highlighter.highlight(code, { language: "typescript" }).value
    .replaceAll(/ class="([^" ]*)[^"]*"/g, (_, name: string) => {
      const style = STYLES[name];
      return style === undefined ? "" : ` style="${style}"`;
    });
  return `<pre style="background:${BACKGROUND};color:${TEXT};padding:0.8em;overflow-x:auto">` +
    `<code>${html}</code></pre>`;
}
