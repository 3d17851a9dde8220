import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { writeBook } from "../../../lib/notebooks/book/book.ts";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";

const course = ["00_a", "01_b", "02_c", "03_d"].map((name, index, names) => ({
  name,
  notebook: newNotebook([
    {
      cell_type: "markdown",
      source: `# \`${name}\` & *more*\n\nWhy?\n\n**Time:** 5 minutes. Core.`,
    },
    { cell_type: "markdown", source: `Next: [more](${names[index + 1]}.ipynb)` },
    ...(name === "02_c" ? [{ cell_type: "markdown", source: "The end." } as const] : []),
  ]),
}));

/** Runs a step with a way to write the book of some notebooks, and to read a page's links in order. */
async function withBook(
  step: (
    write: (...names: string[]) => Promise<void>,
    read: (page: string) => Promise<string>,
  ) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  const folder = new URL(`file://${path}/book/`);
  try {
    await step(
      (...names) => {
        const runs = course.filter(({ name }) => names.includes(name)).map((notebook) => ({
          ...notebook,
          cells: 0,
          milliseconds: 1500,
          failure: undefined,
        }));
        return writeBook(runs, { course, folder });
      },
      (page) => Deno.readTextFile(new URL(page, folder)),
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

function linksIn(html: string, element: string): string[] {
  const [, inside = ""] = html.match(new RegExp(`<${element}\\b[^>]*>([^]*?)</${element}>`)) ?? [];
  return [...inside.matchAll(/<a [^>]*?href="([^"]*)"/g)].map(([, href]) => href!);
}

Deno.test("writeBook() links to the pages that there are, of this run and of earlier ones", async () => {
  await withBook(async (write, read) => {
    await write("02_c");
    const own = (...pages: string[]) => ["index.html", ...pages];
    assertEquals(linksIn(await read("02_c.html"), "header"), own("02_c.ipynb"));
    assertEquals(linksIn(await read("02_c.html"), "footer"), []);
    assertEquals(linksIn(await read("index.html"), "main"), ["02_c.html"]);
    await write("01_b", "03_d");
    assertEquals(linksIn(await read("01_b.html"), "header"), own("02_c.html", "01_b.ipynb"));
    assertEquals(linksIn(await read("03_d.html"), "header"), own("02_c.html", "03_d.ipynb"));
    assertEquals(linksIn(await read("index.html"), "main"), [
      "01_b.html",
      "02_c.html",
      "03_d.html",
    ]);
  });
});

Deno.test("writeBook() names the next page once at the end: in the prose, or else in the footer", async () => {
  await withBook(async (write, read) => {
    await write(...course.map(({ name }) => name));
    assertEquals(linksIn(await read("00_a.html"), "footer"), []);
    assertEquals(linksIn(await read("01_b.html"), "footer"), ["00_a.html"]);
    assertEquals(linksIn(await read("02_c.html"), "footer"), ["01_b.html", "03_d.html"]);
  });
});

Deno.test("writeBook() writes what all pages share once, and an index of the pages that there are", async () => {
  await withBook(async (write, read) => {
    await write("01_b", "02_c");
    const page = await read("01_b.html");
    for (const [, file] of page.matchAll(/(?:src|href)="(assets\/[^"]*)"/g)) {
      assert((await read(file!)).length > 100, file);
    }
    assertStringIncludes(page, `<link rel="stylesheet" href="assets/page.css">`);
    assertFalse(page.includes("<style"), "styles are in a file of their own");
    const search = await read("assets/search.js");
    assertStringIncludes(search, "01_b.html");
    assertFalse(search.includes("00_a.html"), "a page that is not there is not found");
  });
});

Deno.test("writeBook() titles its links in plain text", async () => {
  await withBook(async (write, read) => {
    await write("01_b", "02_c");
    const page = await read("02_c.html");
    assertStringIncludes(page, `title="01_b &amp; more">← Previous</a>`);
    assertStringIncludes(page, `<small>Previous</small>01_b &amp; more</a>`);
  });
});

Deno.test("writeBook() lists the course by number, without what stands in the facts below", async () => {
  await withBook(async (write, read) => {
    await write("00_a");
    const [first, second] = [...(await read("index.html")).matchAll(/<li>\n([^]*?)\n<\/li>/g)]
      .map(([, item]) => item);
    assertEquals(
      first,
      `<h2><span class="place">00</span> ` +
        `<a href="00_a.html"><code>00_a</code> &amp; <em>more</em></a></h2>\n<p>Why?</p>\n` +
        `<p class="facts">5 minutes · core · <span class="passed">✓ ran in 1.5 s</span></p>`,
    );
    assertEquals(
      second,
      `<h2><span class="place">01</span> <code>01_b</code> &amp; <em>more</em></h2>\n` +
        `<p>Why?</p>\n<p class="facts">5 minutes · core · <span class="not-run">not run</span></p>`,
    );
  });
});
