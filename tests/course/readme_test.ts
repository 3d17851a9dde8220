import { assertEquals } from "@std/assert";
import { outline } from "../../lib/notebooks/format/outline.ts";
import { readCourse } from "../../lib/notebooks/run/course.ts";

const root = new URL("../../", import.meta.url);
const course = await readCourse(new URL("notebooks/", root));
const readme = await Deno.readTextFile(new URL("README.md", root));

/** Returns the cells of each row of the table of notebooks. */
function tableOf(markdown: string): string[][] {
  return [...markdown.matchAll(/^\| *(\d+ *\|.*\.ipynb\)) *\|$/gm)]
    .map(([, row]) => row!.split("|").map((cell) => cell.trim()));
}

/** The rows that the table needs. */
const expected = course.map(({ name, notebook }) => {
  const { title, minutes, path } = outline(notebook);
  const number = name.match(/^\d+/)![0];
  return [`${minutes}`, path, `[${number} ${title}](notebooks/${name}.ipynb)`];
});

Deno.test("README's table has the notebooks with their questions, minutes and paths", () => {
  assertEquals(tableOf(readme), expected);
});

Deno.test("README's table is found whatever the widths of its columns", () => {
  const row = "|      25 | core     | [00 What is it?](notebooks/00_a.ipynb)   |";
  assertEquals(tableOf(`| minutes | path | notebook |\n| --: | -- | -- |\n${row}\n`), [
    ["25", "core", "[00 What is it?](notebooks/00_a.ipynb)"],
  ]);
});

Deno.test("README shows and names only files that there are", async () => {
  const links = [...readme.matchAll(/\]\(((?!https?:|#)[^)\s]+)\)/g)].map(([, link]) => link!);
  const missing: string[] = [];
  for (const link of links) {
    await Deno.stat(new URL(link, root)).catch(() => missing.push(link));
  }
  assertEquals(missing, []);
});
