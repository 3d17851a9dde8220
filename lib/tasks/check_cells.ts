/**
 * Type-checks and lints the code cells of all notebooks; a part of `deno task check`.
 *
 * @module
 */
import { checkCells, problemText } from "../jupyter/cell_check.ts";
import { readCourse } from "../jupyter/course.ts";

const folder = new URL("../../notebooks/", import.meta.url);
const course = await readCourse(folder);
const notebooks = course.map(({ name, notebook }) => ({
  name,
  sources: notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) => cell.source),
}));
const problems = await checkCells(notebooks, { folder });
for (const problem of problems) console.error(problemText(problem));
if (problems.length > 0) Deno.exit(1);
const cells = notebooks.reduce((sum, { sources }) => sum + sources.length, 0);
console.log(`Checked ${cells} cells of ${notebooks.length} notebooks`);
