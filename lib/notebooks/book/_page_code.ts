/** Code in the classes of highlight.js, coloured by the page's style sheet. */
import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import http from "highlight.js/lib/languages/http";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import shell from "highlight.js/lib/languages/shell";
import typescript from "highlight.js/lib/languages/typescript";
import { escapeHtml } from "../../show/display.ts";

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
