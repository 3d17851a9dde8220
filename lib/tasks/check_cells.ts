/**
 * Checks all notebooks: their layout, and the types and the lint of their code cells; a part of
 * `deno task check`.
 *
 * @module
 */
import { checkCells, problemText } from "../notebooks/format/cell_check.ts";
import { readCourse } from "../notebooks/run/course.ts";
import { isFormatted } from "../notebooks/format/formatted.ts";

const folder = new URL("../../notebooks/", import.meta.url);
const course = await readCourse(folder);
for (const { problem } of course) {
  if (problem === undefined) continue;
  console.error(problem);
  Deno.exit(1);
}
const notebooks = course.map(({ name, notebook }) => ({
  name,
  sources: notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) => cell.source),
}));
const problems = await checkCells(notebooks, { folder });
for (const problem of problems) console.error(problemText(problem));
let laidOut = true;
for (const { name } of course) {
  const file = `${name}.ipynb`;
  if (await isFormatted(await Deno.readTextFile(new URL(file, folder)), folder)) continue;
  console.error(`${name} is not formatted: run deno fmt notebooks/${file}`);
  laidOut = false;
}
if (problems.length > 0 || !laidOut) Deno.exit(1);
const cells = notebooks.reduce((sum, { sources }) => sum + sources.length, 0);
console.log(`Checked ${cells} cells of ${notebooks.length} notebooks`);
