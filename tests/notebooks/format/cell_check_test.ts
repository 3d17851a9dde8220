import { assertEquals, assertRejects } from "@std/assert";
import {
  checkCells,
  joinCells,
  parseTypeErrors,
  problemText,
} from "../../../lib/notebooks/format/cell_check.ts";

const folder = new URL("../../../notebooks/", import.meta.url);

async function problems(...sources: string[]): Promise<string[]> {
  const found = await checkCells([{ name: "02_ports", sources }], { folder });
  return found.map(problemText);
}

Deno.test("checkCells() finds nothing in cells that stand on each other", async () => {
  assertEquals(
    await problems(
      'import { Table } from "fourtuple";',
      "const rows = [[1]];",
      "new Table({ columns: ['a'], rows })",
    ),
    [],
  );
});

Deno.test("checkCells() names the notebook, the cell and the line of each problem", async () => {
  assertEquals(await problems("export const a = 1;", "\nconst b: string = a;\nb.length"), [
    "02_ports, cell 2, line 2: TS2322 [ERROR]: Type 'number' is not assignable to type 'string'.",
  ]);
  assertEquals(await problems("const a = 1;\na;", "let c = 1;\nc"), [
    "02_ports, cell 2, line 1: `c` is never reassigned (prefer-const)",
  ]);
});

Deno.test("checkCells() refuses a name that two cells declare", async () => {
  const said = await problems("const twice = 1;\ntwice", "const twice = 2;\ntwice");
  assertEquals(said.length > 0, true);
  assertEquals(said.every((line) => line.startsWith("02_ports, cell ")), true);
});

Deno.test("checkCells() tells of a text that does not parse", async () => {
  assertEquals(await problems("1;", "let x = ;"), [
    "02_ports, cell 2, line 1: SyntaxError: Expression expected",
  ]);
});

Deno.test("checkCells() checks several notebooks at once and leaves no file", async () => {
  const found = await checkCells([
    { name: "01_a", sources: ["nowhere"] },
    { name: "02_b", sources: ["1", "nowhereElse"] },
  ], { folder });
  assertEquals(found.map(problemText), [
    "01_a, cell 1, line 1: TS2304 [ERROR]: Cannot find name 'nowhere'.",
    "02_b, cell 2, line 1: TS2304 [ERROR]: Cannot find name 'nowhereElse'.",
  ]);
  const left = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("_check_"));
  assertEquals(left, []);
});

Deno.test("checkCells() tells of a problem in a module that a cell imports", async () => {
  const module = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(module, "export const a: string = 1;\n");
  await assertRejects(
    () => problems(`import { a } from "${module}";\na`),
    Error,
    `Cannot check the cells: file://${module}:1 has TS2322 [ERROR]: Type 'number' is not assignable`,
  );
  await Deno.remove(module);
});

Deno.test("joinCells() keeps a cell from going on in the next one", () => {
  const { text, firstLines } = joinCells(["const a = 1", "[a]"]);
  assertEquals(text.split("\n")[firstLines[1]! - 1], "[a]");
  assertEquals(text, "export {};\nconst a = 1\n;\n[a]\n;\n");
});

Deno.test("parseTypeErrors() reads messages of several lines", () => {
  const text = `TS2322 [ERROR]: Type 'A' is not assignable to type 'B'.
  Types of 'a' are incompatible.
const w: B = z;
      ^
    at file:///x/_check_a.ts:6:7

Found 1 error.`;
  assertEquals(parseTypeErrors(text), [{
    path: "file:///x/_check_a.ts",
    line: 6,
    message:
      "TS2322 [ERROR]: Type 'A' is not assignable to type 'B'.\n  Types of 'a' are incompatible.",
  }]);
});
