import { assertEquals } from "@std/assert";
import { rewriteImports } from "../../../../lib/notebooks/kernel/cells/imports.ts";

const rewritten = (source: string) => rewriteImports(source, "slot").text;

Deno.test("rewriteImports() says which names an import wants", () => {
  const cases: readonly (readonly [source: string, text: string])[] = [
    ['import { a } from "m";', 'const { a } = await slot.imported(import(("m")), "m", "a");'],
    [
      "import { a as b } from 'm'",
      'const { a: b } = await slot.imported(import((\'m\')), "m", "a");',
    ],
    [
      'import { "a-b" as c } from "m"',
      'const { "a-b": c } = await slot.imported(import(("m")), "m", "a-b");',
    ],
    [
      'import d from "m"',
      'const { default: d } = await slot.imported(import(("m")), "m", "default as d");',
    ],
    ['import "m"', 'void await slot.imported(import(("m")), "m");'],
    [
      'import data from "./a.json" with { type: "json" };',
      "const { default: data } = await slot.imported(" +
      'import(("./a.json"), { with: { type: "json" } }), "./a.json", "default as data");',
    ],
  ];
  for (const [source, text] of cases) assertEquals(rewritten(source), text);
});

Deno.test("rewriteImports() asks for the fields of a namespace that the cell reads", () => {
  assertEquals(
    rewritten('import * as net from "net"; net.a(); net.b.c; x.d; net["e"];'),
    'const net = await slot.imported(import(("net")), "net", "a", "b"); ' +
      'net.a(); net.b.c; x.d; net["e"];',
  );
  assertEquals(
    rewritten('import d, * as ns from "m"'),
    'const ns = await slot.imported(import(("m")), "m", "default as d"), { default: d } = ns;',
  );
});

Deno.test("rewriteImports() does not ask for names that are used as types alone", () => {
  assertEquals(
    rewritten(
      'import { A, B, C } from "m"; const a: A = new B<A>(); function f(x: C, y: typeof C) {}',
    ),
    'const { A, B, C } = await slot.imported(import(("m")), "m", "B"); ' +
      "const a: A = new B<A>(); function f(x: C, y: typeof C) {}",
  );
  assertEquals(
    rewritten('import { A } from "m"; const x = y as A; enum E { a = A.b }'),
    'const { A } = await slot.imported(import(("m")), "m", "A"); const x = y as A; enum E { a = A.b }',
  );
});

Deno.test("rewriteImports() leaves imports of types, and texts that it cannot read", () => {
  for (
    const source of [
      'import type { A } from "m"; import { type B } from "n";',
      "const import_1 = 5",
      "import { a from",
      'x = "import"',
    ]
  ) {
    assertEquals(rewritten(source), source);
  }
});

Deno.test("rewriteImports() asks for what is taken from a dynamic import at once", () => {
  const cases: readonly (readonly [source: string, text: string])[] = [
    [
      'const { a, b: c, d = 1, ...e } = await import("m");',
      'const { a, b: c, d = 1, ...e } = await slot.imported(import(("m")), "m", "a", "b");',
    ],
    [
      'f((await import("m")).g);',
      'f((await slot.imported(import(("m")), "m", "g")).g);',
    ],
    ['import("m").then(f)', 'slot.imported(import(("m")), "m").then(f)'],
    ["await import(name)", "await import(name)"],
  ];
  for (const [source, text] of cases) assertEquals(rewritten(source), text);
});

Deno.test("rewriteImports() keeps lines, and knows where columns were", () => {
  const edited = rewriteImports('import {\n  a,\n  b,\n} from "m"; f(a);\ng(b);', "slot");
  assertEquals(edited.text.split("\n").slice(1), ["", "", " f(a);", "g(b);"]);
  assertEquals(edited.before({ line: 4, column: 2 }), { line: 4, column: 13 });
  assertEquals(edited.before({ line: 5, column: 3 }), { line: 5, column: 3 });
});
