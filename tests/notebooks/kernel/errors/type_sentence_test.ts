import { assertEquals, assertRejects } from "@std/assert";
import {
  nestedCells,
  sentenceAt,
  typeProblems,
} from "../../../../lib/notebooks/kernel/errors/type_sentence.ts";
import { notebooks } from "./_run_cells.ts";

Deno.test("nestedCells() lets a later cell declare a name again, and keeps lines", () => {
  const { text, firstLines } = nestedCells([
    'import { a } from "./a.ts";\nconst x = 1;',
    'import {\n  a,\n  b as c,\n} from "./b.ts"; const x = a;',
  ]);
  assertEquals(text.split("\n"), [
    "export {};",
    'import { a } from "./b.ts";',
    'import { b as c } from "./b.ts";',
    "{",
    "                           ",
    "const x = 1;",
    ";",
    "{",
    "        ",
    "    ",
    "         ",
    "                 const x = a;",
    ";",
    "}}",
  ]);
  assertEquals(firstLines, [5, 9]);
});

Deno.test("nestedCells() leaves out a cell that does not parse, and takes off export", () => {
  const { text } = nestedCells(["let = ;", "export const y = 1;"]);
  assertEquals(text.split("\n").slice(1), ["{", "", ";", "{", "       const y = 1;", ";", "}}"]);
});

Deno.test("sentenceAt() says what the type checker knows of the failed line", async (t) => {
  const folder = await Deno.makeTempDir();
  const marker = `${folder}/ran`;
  const cells = [
    "const value = 'text';",
    "const value = [1, 2];\nconst client = Deno.connect({ port: 80 });",
    "Deno.listen({\n  prot: 80,\n});",
    "client.write(new Uint8Array());",
    "value.lenght;\nnowhere;\nfunction f(x) { return x; }\nconst port: string = 80;",
    `Deno.writeTextFileSync(${JSON.stringify(marker)}, "");`,
  ];
  const problems = await typeProblems(cells, { folder: notebooks, timeout: 60_000 });
  const said = (index: number, line: number, column = 1) =>
    sentenceAt(problems, cells, { index, line, column });
  await t.step("a misspelt option, which is on another line of the call", () => {
    const sentence =
      "Object literal may only specify known properties, and 'prot' does not exist " +
      "in type 'TcpListenOptions & { transport?: \"tcp\" | undefined; }'.";
    assertEquals(said(2, 1, 6), sentence);
  });
  await t.step("a missing await", () => {
    const sentence =
      "Property 'write' does not exist on type 'Promise<TcpConn>'. Did you forget to use 'await'?";
    assertEquals(said(3, 1, 8), sentence);
  });
  await t.step("the latest variable of a name", () => {
    const sentence = "Property 'lenght' does not exist on type 'number[]'. Did you mean 'length'?";
    assertEquals(said(4, 1, 7), sentence);
  });
  await t.step("nothing that the error itself says, of other lines, or of other reasons", () => {
    assertEquals([said(4, 2), said(4, 3), said(0, 1)], [undefined, undefined, undefined]);
  });
  assertEquals([...Deno.readDirSync(folder)], [], "the cells were run");
  await Deno.remove(folder);
});

Deno.test("typeProblems() can be ended", async () => {
  const signal = AbortSignal.timeout(20);
  await assertRejects(() => typeProblems(["nowhere"], { folder: notebooks, signal }), DOMException);
});
