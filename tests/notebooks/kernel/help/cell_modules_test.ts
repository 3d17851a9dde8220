import { assertEquals } from "@std/assert";
import { CellModules } from "../../../../lib/notebooks/kernel/help/_cell_modules.ts";

const folder = new URL("file:///course/notebooks");

function modulesOf(...cells: string[]): CellModules {
  const modules = new CellModules(folder);
  for (const cell of cells) modules.add(cell);
  return modules;
}

/** Returns the texts by file name. */
function texts({ modules, written }: ReturnType<CellModules["withWritten"]>) {
  return Object.fromEntries([...modules, written].map(({ uri, text }) => [uri, text]));
}

Deno.test("CellModules has a cell take each name from the cell that declared it last", () => {
  const modules = modulesOf("const a = 1;", "const b = a;", "const a = 'new', c = b;");
  assertEquals(texts(modules.withWritten("a", 1)), {
    "untitled:fourtuple_cell_1.ts": "export {};\nconst a = 1;\n;export { a };\n",
    "untitled:fourtuple_cell_2.ts":
      'import { a } from "file:///fourtuple_cell_1.ts"; export {};\nconst b = a;\n;export { b };\n',
    "untitled:fourtuple_cell_3.ts":
      "import { b } from \"file:///fourtuple_cell_2.ts\"; export {};\nconst a = 'new', c = b;\n;export { a, c };\n",
    "untitled:fourtuple_cell.ts":
      'import { a, c } from "file:///fourtuple_cell_3.ts"; import { b } from "file:///fourtuple_cell_2.ts"; export {};\na',
  });
});

Deno.test("CellModules forgets a cell whose names are all declared again", () => {
  const modules = modulesOf("let a = 1;", "let a = 2;", "let a = 3;", "let x = ;");
  assertEquals(Object.keys(texts(modules.withWritten("a", 1))), [
    "untitled:fourtuple_cell_3.ts",
    "untitled:fourtuple_cell.ts",
  ]);
  // The cell that is being written declares it again, too.
  assertEquals(texts(modules.withWritten("let a = 4;\na.", 13)), {
    "untitled:fourtuple_cell.ts": "export {};\nlet a = 4;\na.",
  });
});

Deno.test("CellModules gives relative imports their address, and knows where places are then", () => {
  const address = '"file:///course/notebooks/ports.ts"';
  const modules = modulesOf("export const own = 1;", 'import { http } from "./ports.ts";');
  const source = 'import { ssh } from "./ports.ts"; ssh.';
  const { modules: run, written } = modules.withWritten(source, source.length);
  assertEquals(run.map(({ text }) => text), [
    "export {};\nexport const own = 1;\n;export {  };\n",
    `export {};\nimport { http } from ${address};\n;export { http };\n`,
  ]);
  assertEquals(written.text.split("\n")[1], `import { ssh } from ${address}; ssh.`);
  for (const offset of [0, 9, 20, 32, source.length]) {
    const inModule = written.inModule(offset);
    assertEquals(written.inCell(inModule), offset);
    if (offset < 20 || offset > 32) {
      assertEquals(written.text.slice(inModule, inModule + 4), source.slice(offset, offset + 4));
    }
  }
  // The name that is being written stays.
  assertEquals(modules.withWritten(source, 25).written.text.endsWith(source), true);
});

Deno.test("CellModules keeps one module of a cell, however often the notebook is run", () => {
  const cells = ["function f() { return g(); }", "function g() { f; return 1; }", "const h = f();"];
  const modules = modulesOf(...Array(10).fill(cells).flat());
  const { modules: run } = modules.withWritten("h", 1);
  assertEquals(
    run.map(({ uri }) => uri).toSorted(),
    [1, 2, 3].map((number) => `untitled:fourtuple_cell_${number}.ts`),
  );
  const text = run.find(({ uri }) => uri.endsWith("_1.ts"))!.text;
  assertEquals(text.split("\n")[0], 'import { g } from "file:///fourtuple_cell_2.ts"; export {};');
});
