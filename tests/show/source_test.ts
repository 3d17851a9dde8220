import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DISPLAY } from "../../lib/show/display.ts";
import { Source, source } from "../../lib/show/source.ts";

/** What a browser shows of HTML without entities other than these. */
function shown(html: unknown): string {
  return String(html).replaceAll(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&#x27;", "'").replaceAll("&amp;", "&");
}

Deno.test("source() shows a whole file as HTML, as Markdown and as it is", async () => {
  const file = new URL("../../lib/show/table.ts", import.meta.url);
  const text = Deno.readTextFileSync(file);
  const bundle = await source(file)[DISPLAY]();
  assertEquals(bundle["text/plain"], text);
  assertEquals(shown(bundle["text/html"]), text);
  assertEquals(bundle["text/markdown"], "````ts\n" + text.trimEnd() + "\n````");
});

Deno.test("source() refuses a file that is not there", () => {
  assertThrows(() => source("no/such/file.ts"), Deno.errors.NotFound);
});

Deno.test("Source colours words with inline styles, and lets no tag of the program through", async () => {
  const html = String(
    (await new Source(`const port = 80; // <script>alert("&")</script>`)[DISPLAY]())["text/html"],
  );
  assertStringIncludes(html, `<span style="color:#a40e26">const</span>`);
  assertStringIncludes(html, `<span style="color:#0a3069">80</span>`);
  assert(html.includes("// &lt;script&gt;"));
  assertNotMatch(html, / class=|<script/);
});

Deno.test("Source fences its Markdown with more backquotes than the program has together", async () => {
  const markdown = (await new Source("/**\n * ````ts\n */\n")[DISPLAY]())["text/markdown"];
  assertEquals(markdown, "`````ts\n/**\n * ````ts\n */\n`````");
});
