import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import type { Cell, MarkdownCell, Output } from "../../../lib/notebooks/format/notebook.ts";
import { notebookPage } from "../../../lib/notebooks/book/page.ts";
import { fixtureNotebook } from "./_fixture.ts";

const prose = (source: string, more?: Partial<MarkdownCell>): Cell => (
  { cell_type: "markdown", id: "a", metadata: {}, source, ...more }
);
const code = (source: string, ...outputs: readonly Output[]): Cell => (
  { cell_type: "code", id: "b", metadata: {}, source, execution_count: 7, outputs }
);
const stream = (text: string, name = "stdout"): Output => ({ output_type: "stream", name, text });
const shown = (data: Record<string, unknown>): Output => (
  { output_type: "display_data", data, metadata: {} }
);

/** Returns what stands between the tags of main. */
function mainOf(...cells: readonly Cell[]): string {
  const page = notebookPage({ metadata: {}, cells }, { title: "T" });
  return page.match(/<main id="text">\n([^]*)\n<\/main>/)![1]!
    .replace(`<div class="prose"><h1>T</h1></div>\n`, "");
}

Deno.test("notebookPage() needs no file but the book's assets, plotly.js only for figures", async () => {
  const page = notebookPage(await fixtureNotebook());
  assertMatch(page, /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n/);
  assertStringIncludes(
    page,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
  );
  const files = (html: string) =>
    [
      ...html.replaceAll(/<script>[^]*?<\/script>/g, "").matchAll(
        /(?:\bsrc|stylesheet" href)="([^"]*)"/g,
      ),
    ]
      .map(([, source]) => source!).filter((source) => !source.startsWith("data:"));
  assertEquals(files(page), ["assets/page.css", "assets/plotly.js", "assets/page.js"]);
  assertFalse(/url\(|@import/.test(page.split("</head>")[0]!));
  assertFalse(page.includes("DecompressionStream"), "plotly.js is not in the page");
  const plain = notebookPage({ metadata: {}, cells: [prose("text")] }, { title: "T" });
  assertEquals(files(plain), ["assets/page.css", "assets/page.js"]);
});

Deno.test("notebookPage() folds what is printed after a prediction, up to the next prose", () => {
  const isFolded = (...cells: readonly Cell[]) =>
    mainOf(...cells).split(`<div class="cell"`).slice(1)
      .map((cell) => cell.includes(`<details class="answer">`));
  const predict = prose("Text.\n\n**Predict:** how many?");
  const run = code("f()", stream("7"));
  assertEquals(isFolded(run, predict, run, run, prose("So it is."), run), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals(isFolded(prose("They say **Predict:** here."), run), [false]);
  assertEquals(isFolded(predict, code("f()")), [false], "there is nothing to fold");
});

Deno.test("notebookPage() links to the notebook, and says where its cells run", () => {
  const page = notebookPage({ metadata: {}, cells: [prose("# T")] }, {
    notebook: "02_ports.ipynb",
  });
  assertEquals(page.split(`<a href="02_ports.ipynb" download`).length, 3);
  assertStringIncludes(page, "This page shows one run.");
});

Deno.test("notebookPage() has the landmarks and labels that a screen reader needs", async () => {
  const page = notebookPage(await fixtureNotebook(), {
    index: { href: "index.html", title: "Ports & sockets" },
    previous: { href: "01.html", title: "Before" },
    next: { href: "03.html", title: "After" },
    lang: "en-GB",
  });
  assertStringIncludes(page, `<html lang="en-GB">`);
  assertStringIncludes(page, "<title>What is a port? · Ports &amp; sockets</title>");
  assertStringIncludes(page, `<a class="skip" href="#text">Skip to the text</a>`);
  for (const tag of ["header", "main", "footer", "h1"]) {
    assertEquals(page.split(`<${tag}`).length, 2, `one ${tag}`);
  }
  const labels = [...page.matchAll(/<nav [^>]*>/g)].map(([tag]) => tag);
  assertEquals(labels, [
    `<nav aria-label="Neighbours">`,
    `<nav class="contents" aria-labelledby="contents">`,
    `<nav aria-label="Where to go on">`,
  ]);
  assertStringIncludes(page, `<a class="home" href="index.html">Ports &amp; sockets</a>`);
  assertStringIncludes(page, `<a rel="prev" href="01.html" title="Before">← Previous</a>`);
  assertStringIncludes(page, `<a rel="next" href="03.html"><small>Next</small>After</a>`);
});

Deno.test("notebookPage() lists the sections after the first cell, each with its anchor", () => {
  const main = mainOf(
    prose("# Title\n\nIntroduction."),
    prose("## A `bind` & more\n\n### Not listed\n\n## Why?"),
    prose("## Why?\n\n## [A link](x.ipynb)"),
  );
  assertEquals(
    main.match(/<nav[^]*<\/nav>/)![0],
    [
      `<nav class="contents" aria-labelledby="contents">`,
      `<p id="contents">Contents</p>`,
      "<ol>",
      `<li><a href="#A-bind-%26-more">A <code>bind</code> &amp; more</a></li>`,
      `<li><a href="#Why%3F">Why?</a></li>`,
      `<li><a href="#Why%3F-2">Why?</a></li>`,
      `<li><a href="#A-link">A link</a></li>`,
      "</ol>",
      "</nav>",
    ].join("\n"),
  );
  assert(main.indexOf("Introduction") < main.indexOf("<nav"));
  assert(main.indexOf("<nav") < main.indexOf(`<h2 id="A-bind-&amp;-more">`));
  assertStringIncludes(main, `<h2 id="Why?-2">Why?`);
  assertFalse(mainOf(prose("## One section needs no list")).includes("<nav"));
});

Deno.test("notebookPage() gives a page its title where the prose has none", () => {
  const page = notebookPage({ metadata: {}, cells: [prose("text")] }, { title: "A < B" });
  assertStringIncludes(page, "<title>A &lt; B</title>");
  assertStringIncludes(page, `<h1>A &lt; B</h1>`);
  const own = notebookPage({ metadata: {}, cells: [prose("# `own` *title*")] });
  assertStringIncludes(own, "<title>own title</title>");
  assertEquals(own.split("<h1").length, 2);
});

const PROSE: readonly [markdown: string, html: string][] = [
  ["*a* & b", "<p><em>a</em> &amp; b</p>\n"],
  ["<b>trusted</b>", "<p><b>trusted</b></p>\n"],
  [
    "<details>\n<summary>Hint</summary>\n\n**bold**\n\n</details>",
    "<details>\n<summary>Hint</summary><p><strong>bold</strong></p>\n</details>",
  ],
  [
    "|a|\n|-|\n|1|",
    `<div class="scroll"><table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody><tr>\n` +
    `<td>1</td>\n</tr>\n</tbody></table></div>\n`,
  ],
  [
    "```ts\nlet a = 1;\n```",
    `<pre class="code"><code><span class="hljs-keyword">let</span> ` +
    `a = <span class="hljs-number">1</span>;</code></pre>`,
  ],
  ["```nonsense\n<a>\n```", `<pre class="code"><code>&lt;a&gt;</code></pre>`],
  ["    indented", `<pre class="code"><code>indented</code></pre>`],
  ["[n](02_ports.ipynb)", `<p><a href="02_ports.html">n</a></p>\n`],
  [`[n](../x/a%20b.ipynb#Why%3F "t")`, `<p><a href="../x/a%20b.html#Why%3F" title="t">n</a></p>\n`],
  ["[n](https://x.org/a.ipynb)", `<p><a href="https://x.org/a.ipynb">n</a></p>\n`],
  ["[n](#a.ipynb)", `<p><a href="#a.ipynb">n</a></p>\n`],
  ["[n](a.ipynb.txt)", `<p><a href="a.ipynb.txt">n</a></p>\n`],
  ["![a dot](attachment:dot.png)", `<p><img src="data:image/png;base64,iVBO" alt="a dot"></p>\n`],
  ["![a dot](other.png)", `<p><img src="other.png" alt="a dot"></p>\n`],
];

Deno.test("notebookPage() renders prose", () => {
  const attachments = { "dot.png": { "image/png": "iV\nBO" } };
  for (const [markdown, html] of PROSE) {
    assertEquals(
      mainOf(prose(markdown, { attachments })),
      `<div class="prose">\n${html}</div>`,
    );
  }
});

const OUTPUTS: readonly [outputs: readonly Output[], html: string][] = [
  [[stream("<b>\n")], `<pre class="output">&lt;b&gt;</pre>`],
  [[stream("x", "stderr")], `<pre class="output stderr">x</pre>`],
  [
    [stream("a\n"), stream("\x1b[31mb"), stream("c\x1b[0m\n"), stream("d", "stderr"), stream("e")],
    `<pre class="output">a\n<span class="ansi-red">bc</span></pre>\n` +
    `<pre class="output stderr">d</pre>\n<pre class="output">e</pre>`,
  ],
  [
    [shown({
      "text/plain": "no",
      "text/html": "<i>yes</i>",
      "application/vnd.plotly.v1+json": {},
    })],
    `<div class="output"><i>yes</i></div>`,
  ],
  [
    [shown({ "text/plain": "no", "text/markdown": "*yes*" })],
    `<div class="output"><p><em>yes</em></p>\n</div>`,
  ],
  [
    [shown({ "text/plain": "\x1b[33m<1>\x1b[39m" })],
    `<div class="output"><pre>` +
    `<span class="ansi-yellow">&lt;1&gt;</span></pre></div>`,
  ],
  [
    [shown({ "text/plain": "a <dot>", "image/png": "iV\nBO" })],
    `<div class="output"><img src="data:image/png;base64,iVBO" alt="a &lt;dot&gt;"></div>`,
  ],
  [
    [shown({ "image/svg+xml": `<svg a="b"/>` })],
    `<div class="output"><img src="data:image/svg+xml,%3Csvg%20a%3D%22b%22%2F%3E" alt=""></div>`,
  ],
  [
    [shown({ "application/json": { a: "<" } })],
    `<div class="output"><pre>{\n  &quot;a&quot;: &quot;&lt;&quot;\n}</pre></div>`,
  ],
  [[shown({})], `<div class="output"><pre></pre></div>`],
  [
    [{ output_type: "error", ename: "E", evalue: "<m>", traceback: ["E: <m>", "  at f"] }],
    `<pre class="output error"><strong>E: &lt;m&gt;</strong>\n  at f</pre>`,
  ],
  [
    [{ output_type: "error", ename: "SyntaxError", evalue: "m", traceback: [] }],
    `<pre class="output error"><strong>SyntaxError: m</strong></pre>`,
  ],
  [
    [{ output_type: "error", ename: "E", evalue: "m", traceback: ["Stack:", "at f"] }],
    `<pre class="output error"><strong>E: m</strong>\nStack:\nat f</pre>`,
  ],
];

Deno.test("notebookPage() shows each output in its richest form, text escaped", () => {
  for (const [outputs, html] of OUTPUTS) {
    assertEquals(
      mainOf(code("f()", ...outputs)),
      `<div class="cell" role="group" aria-label="Cell 7">` +
        `<span class="number" aria-hidden="true">7</span>\n` +
        `<pre class="code"><code><span class="hljs-title function_">f</span>()</code></pre>\n` +
        `<div class="outputs">\n${html}\n</div>\n</div>`,
    );
  }
});

Deno.test("notebookPage() shows a cell that was not run, and neither empty nor raw cells", () => {
  const cell = {
    cell_type: "code",
    id: "a",
    metadata: {},
    execution_count: null,
    outputs: [],
  } as const;
  assertEquals(
    mainOf(
      { ...cell, source: "<x>" },
      { ...cell, source: " \n" },
      { cell_type: "raw", id: "b", metadata: {}, source: "raw" },
    ),
    `<div class="cell" role="group" aria-label="Cell that was not run">\n` +
      `<pre class="code"><code>&lt;x&gt;</code></pre>\n</div>`,
  );
});
