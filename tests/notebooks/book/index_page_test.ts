import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type IndexEntry, indexPage } from "../../../lib/notebooks/book/index_page.ts";

const entry: IndexEntry = { href: "a.html", title: "A", outcome: "passed" };

Deno.test("indexPage() lists the entries in their order, with what is known of each", () => {
  const page = indexPage([
    { ...entry, number: "00", summary: "The *first* `socket`.", minutes: 10, seconds: 1.25 },
    { ...entry, href: "b.html?a=1&b=2", title: "Ports & `bind`", outcome: "not run" },
    { number: "<", title: "*No* page", outcome: "not run" },
    { ...entry, href: "c.html", outcome: "failed", seconds: 12, problem: "cell 3: <refused>" },
  ], { title: "Ports & sockets", summary: "A *live* course", lang: "en-GB" });
  assertMatch(page, /^<!doctype html>\n<html lang="en-GB">/);
  assertStringIncludes(page, "<title>Ports &amp; sockets</title>");
  assertStringIncludes(page, `<p class="lead">A <em>live</em> course</p>`);
  assertEquals(items(page), [
    `<h2><span class="place">00</span> <a href="a.html">A</a></h2> <p>The <em>first</em> <code>socket</code>.</p> ` +
    `<p class="facts">10 minutes · <span class="passed">✓ ran in 1.3 s</span></p>`,
    `<h2><a href="b.html?a=1&amp;b=2">Ports &amp; <code>bind</code></a></h2> ` +
    `<p class="facts"><span class="not-run">not run</span></p>`,
    `<h2><span class="place">&lt;</span> <em>No</em> page</h2> ` +
    `<p class="facts"><span class="not-run">not run</span></p>`,
    `<h2><a href="c.html">A</a></h2> <pre class="output error">cell 3: &lt;refused&gt;</pre> ` +
    `<p class="facts"><span class="failed">✗ failed after 12.0 s</span></p>`,
  ]);
});

Deno.test("indexPage() adds up the times of the core and of the rest, and links to what is about all", () => {
  const timed = (minutes: number, path: "core" | "optional") => ({ ...entry, minutes, path });
  const entries = [timed(50, "core"), timed(70, "core"), timed(45, "optional"), entry];
  const links = [{ href: "glossary.html", title: "Terms & more" }];
  const page = indexPage(entries, { title: "A", links });
  assertStringIncludes(
    page,
    `<p class="facts">core: 2 notebooks, 2 h · optional: 1 notebook, 45 min</p>` +
      `<p class="facts"><a href="glossary.html">Terms &amp; more</a></p>`,
  );
  assertStringIncludes(page, `<p class="facts">45 minutes · optional · <span`);
});

Deno.test("indexPage() shows a list of what a reader can do", () => {
  const page = indexPage([{ ...entry, summary: "After it you can:\n\n- see\n- tell" }], {
    title: "A",
  });
  assertStringIncludes(page, "<p>After it you can:</p>\n<ul>\n<li>see</li>\n<li>tell</li>\n</ul>");
});

Deno.test("indexPage() of no notebooks is a page", () => {
  assertEquals(items(indexPage([], { title: "Nothing yet" })), []);
});

function items(page: string): string[] {
  return [...page.matchAll(/<li>\n([^]*?)\n<\/li>/g)].map(([, item]) =>
    item!.replaceAll("\n", " ")
  );
}
