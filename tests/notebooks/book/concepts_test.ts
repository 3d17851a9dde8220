import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeConcepts } from "../../../lib/notebooks/book/concepts.ts";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import type { CourseNotebook } from "../../../lib/notebooks/run/course.ts";

const index = { href: "index.html", title: "Course" };

function lesson(name: string, title: string, ...sections: string[]): CourseNotebook {
  const cells = [`# ${title}`, ...sections].map((source) =>
    ({ cell_type: "markdown", source }) as const
  );
  return { name, notebook: newNotebook(cells) };
}

const COURSE = [
  lesson(
    "00_a",
    "What is `a` port?",
    "## A `number`\n\nA **port** is a number. A **socket** has it.",
  ),
  lesson(
    "01_b",
    "What waits?",
    "A **listening socket** is a socket that waits at a port. **Predict:** which?",
    "An **accept queue** belongs to a listening socket at a port.",
  ),
];

/** Writes the pages of a course, and returns links to them and their texts. */
async function written(course: readonly CourseNotebook[], ...pages: string[]) {
  const path = await Deno.makeTempDir();
  const folder = new URL(`file://${path}/`);
  try {
    const links = await writeConcepts(course, { folder, pages: new Set(pages), index });
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const texts = await Promise.all(files.map((each) => Deno.readTextFile(new URL(each, folder))));
    return { links, files, glossary: texts[0] ?? "", map: texts[1] ?? "" };
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("writeConcepts() writes nothing for a course without definitions", async () => {
  const { links, files } = await written([lesson("00_a", "A?")], "00_a.html");
  assertEquals([links, files], [[], []]);
});

Deno.test("writeConcepts() lists each term once, by the alphabet, where it is explained", async () => {
  const again = lesson("02_c", "C?", "A **port** again.");
  const { links, files, glossary } = await written([...COURSE, again], "00_a.html");
  assertEquals(links.map(({ href }) => href), files);
  assertEquals(
    [...glossary.matchAll(/<dt id="([^"]*)">([^<]*)<\/dt>/g)].map(([, id, term]) =>
      `${id} ${term}`
    ),
    [
      "accept-queue accept queue",
      "listening-socket listening socket",
      "port port",
      "socket socket",
    ],
  );
  assertStringIncludes(glossary, "A <strong>port</strong> is a number.");
  assertStringIncludes(glossary, `<a href="00_a.html#A-number">00 What is a port?</a>`);
  // There is no page of 01, so its title is no link
  assertStringIncludes(glossary, `<p class="facts">01 What waits? · uses: `);
});

Deno.test("writeConcepts() draws an arrow to each nearest term that a definition mentions", async () => {
  const { map } = await written(COURSE, "00_a.html", "01_b.html");
  const arrows = [...map.matchAll(/data-from="([^"]*)" data-to="([^"]*)"/g)]
    .map(([, from, to]) => `${from} > ${to}`);
  // A listening socket needs a port and a socket, so the queue's arrow to the port adds nothing
  assertEquals(arrows, [
    "listening-socket > port",
    "listening-socket > socket",
    "accept-queue > listening-socket",
  ]);
  assertStringIncludes(map, `uses <a href="glossary.html#port">port</a>, <a`);
  assertStringIncludes(map, `<h3><a href="01_b.html">01 What waits?</a></h3>`);
});

Deno.test("writeConcepts() keeps every box of the map inside it, and apart from the others", async () => {
  const terms = Array.from({ length: 30 }, (_, index) => `A **term number ${index}** is one.`);
  const { map } = await written([lesson("00_a", "A?", terms.join("\n\n"))]);
  const width = Number(map.match(/viewBox="0 0 (\d+) /)![1]);
  const boxes = [...map.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g)]
    .map(([, x, y, width]) => ({ x: Number(x), y: Number(y), right: Number(x) + Number(width) }));
  assertEquals(boxes.length, 30);
  for (const [index, box] of boxes.entries()) {
    assert(box.right <= width);
    const line = boxes.slice(0, index).filter(({ y }) => y === box.y);
    assert(line.every(({ right }) => right < box.x), `box ${index} lies on another`);
  }
});
