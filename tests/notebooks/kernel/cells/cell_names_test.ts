import { assertEquals } from "@std/assert";
import { cellNames, unfinishedNames } from "../../../../lib/notebooks/kernel/cells/cell_names.ts";

Deno.test("cellNames() returns what a cell declares outside of blocks", () => {
  for (
    const [source, declared] of [
      ["const a = 1, b = 2; let c; var d;", ["a", "b", "c", "d"]],
      ["const { a, b: c, d: [e = 1, ...f], ...g } = x;", ["a", "c", "e", "f", "g"]],
      ["function f() { const inner = 1; } async function* g() {}", ["f", "g"]],
      ["class A {} interface B {} type C = 1; enum D {} namespace E {}", ["A", "B", "C", "D", "E"]],
      ['import a, { b, c as d } from "x"; import * as e from "y";', ["a", "b", "d", "e"]],
      ['import type { A } from "x";', ["A"]],
      ["export const a = 1; export function b() {}", ["a", "b"]],
      ["using a = f(); await using b = g();", ["a", "b"]],
      ["if (x) { const a = 1; } for (const b of c) {}", []],
      ["a = 1; f(b);", []],
    ] as const
  ) assertEquals(cellNames(source)?.declared, declared, source);
});

Deno.test("cellNames() knows what is exported, and what is imported from the folder", () => {
  const names = cellNames('export const a = 1;\nimport { b } from "./b.ts"; import "fourtuple";');
  assertEquals([...names!.exported], ["a"]);
  assertEquals(names!.relativeImports, [{ start: 38, end: 46, value: "./b.ts" }]);
});

Deno.test("cellNames() returns undefined for what does not parse", () => {
  assertEquals(cellNames("let a = ;"), undefined);
});

Deno.test("unfinishedNames() returns what can be read of a cell that is being written", () => {
  for (
    const [marked, declared] of [
      ["const a = 1;\na.|\nconst b = 2;", ["a", "b"]],
      ["const a = 1;\nf(a.|, 1);\nconst b = 2;", ["a", "b"]],
      ["const a = 1;\nf(|\nconst b = 2;", ["a", "b"]],
      ["const a = 1; const a = 2; a|", ["a"]],
      ["const a = 1;\nfunction f(b) {\n  return b.|", ["a"]],
      ["|", []],
      [") ( |", []],
    ] as const
  ) {
    const cursor = marked.indexOf("|");
    assertEquals(unfinishedNames(marked.replace("|", ""), cursor).declared, declared, marked);
  }
});

Deno.test("unfinishedNames() knows where imports are, before and behind the cursor", () => {
  const source = 'import "./a.ts"; f(); import "./b.ts";';
  const places = unfinishedNames(source, 17).relativeImports;
  assertEquals(places.map(({ start, end }) => source.slice(start, end)), ['"./a.ts"', '"./b.ts"']);
});
