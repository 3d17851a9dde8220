import { assert, assertEquals } from "@std/assert";
import { parse } from "@babel/parser";
import { makeStoppable } from "../../../../lib/notebooks/kernel/cells/stoppable.ts";
import { parseNotebook } from "../../../../lib/notebooks/format/notebook.ts";
import { CELLS } from "./_cells.ts";

const stoppable = (source: string) => makeStoppable(source, { cell: 7, stop: "stop" }).text;

Deno.test("makeStoppable() has loops and functions ask, and awaits wait", () => {
  const table: [string, string][] = [
    ["while (a) b", "while (stop[0]&&stop.loop(7,1),a) b"],
    ["do a; while (b)", "do a; while (stop[0]&&stop.loop(7,1),b)"],
    ["for (;a;) b", "for (;stop[0]&&stop.loop(7,1),a;) b"],
    ["for (;;) b", "for (;;) {let __fourtupleTick=stop[0]&&stop.loop(7,1);b}"],
    ["for (a of b) { c }", "for (a of b) {let __fourtupleTick=stop[0]&&stop.loop(7,1); c }"],
    ["function f() { a }", "function f() {stop[0]&&stop.loop(7,1); a }"],
    ["() => a", "() => (stop[0]&&stop.loop(7,1),a)"],
    ["await a.b()", 'await stop.wait(a.b(),7,1,"a.b()",true)'],
    [
      "async () => { await a }",
      'async () => {stop[0]&&stop.loop(7,1); await stop.wait(a,7,1,"a") }',
    ],
    [
      "for await (a of b) { c }",
      'for await (a of stop.each(b,7,1,"b",true)) {let __fourtupleTick=stop[0]&&stop.loop(7,1); c }',
    ],
    ["1\nawait a", '1\nawait stop.wait(a,7,2,"a",true)'],
  ];
  for (const [source, text] of table) assertEquals(stoppable(source), text);
});

Deno.test("makeStoppable() names what is awaited on one line, and not at any length", () => {
  const long = `await f(${"x".repeat(100)}\n)`;
  const text = stoppable(long);
  assert(text.includes(`"f(${"x".repeat(57)}…"`), text);
  const imported = 'const { a } = await slot.imported(import(("m")), "m", "a");';
  assert(stoppable(imported).includes(',7,1,"import \\"m\\"",true)'), stoppable(imported));
});

Deno.test("makeStoppable() leaves a text that does not parse as it is", () => {
  assertEquals(stoppable("while (true) {"), "while (true) {");
});

/** A node of the syntax tree, of whatever kind. */
type Node = { type: string; [field: string]: unknown };

/** Returns the tree of a text, without places and without what makes it stoppable. */
function treeOf(text: string): unknown {
  const { program } = parse(text, {
    sourceType: "module",
    plugins: ["typescript", "decorators"],
    allowReturnOutsideFunction: true,
    errorRecovery: true,
  });
  return bare(program);
}

const PLACES = new Set(["start", "end", "loc", "extra", "errors", "comments"]);

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => !isAsked(each)).flatMap(split).map(bare);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return value;
  const node = value as Node;
  if (node.type === "SequenceExpression" && isQuestion((node.expressions as Node[])[0])) {
    const [, ...rest] = node.expressions as Node[];
    return rest.length === 1 ? bare(rest[0]) : bare({ ...node, expressions: rest });
  }
  if (node.type === "CallExpression" && isOurs(node.callee)) {
    return bare((node.arguments as Node[])[0]);
  }
  if (node.type === "VariableDeclaration" && node.kind === "await using") {
    return bare({ ...node, kind: "const" });
  }
  const fields = Object.entries(node).filter(([name]) =>
    !PLACES.has(name) && !name.endsWith("Comments")
  );
  const result = Object.fromEntries(fields.map(([name, each]) => [name, bare(each)]));
  // Only a body of its own is put into a block.
  const body = result.body as Node | undefined;
  const statements = body?.body as Node[] | undefined;
  if (/^For/.test(node.type) && body?.type === "BlockStatement" && statements?.length === 1) {
    result.body = statements[0];
  }
  return result;
}

function isOurs(callee: unknown): boolean {
  const { type, object } = callee as Node;
  return type === "MemberExpression" && (object as Node).name === "stop";
}

function isQuestion(node: Node | undefined): boolean {
  return node?.type === "LogicalExpression" && (node.right as Node).type === "CallExpression" &&
    isOurs((node.right as Node).callee);
}

/** `await using a = 1, b = 2` becomes two declarations. */
function split(node: Node | null): (Node | null)[] {
  if (node?.type !== "VariableDeclaration" || node.kind !== "await using") return [node];
  return (node.declarations as Node[]).map((each) => ({ ...node, declarations: [each] }));
}

/** Whether a statement was inserted. */
function isAsked(node: Node | undefined): boolean {
  if (node?.type === "ExpressionStatement") return isQuestion(node.expression as Node);
  if (node?.type !== "VariableDeclaration") return false;
  const [{ id, init }] = node.declarations as [{ id: Node; init: Node }];
  return `${id.name}`.startsWith("__fourtuple") &&
    (isQuestion(init) || node.kind === "await using");
}

/** How many of the repository's files are left out between two; 0 takes some 30 seconds. */
const LEFT_OUT = Number(Deno.env.get("FOURTUPLE_FILES_LEFT_OUT") ?? 15);

/** Texts of TypeScript: cells, and some of the files of this repository. */
function* texts(): Generator<[name: string, text: string]> {
  for (const cell of CELLS) yield [cell, cell];
  const root = new URL("../../../../", import.meta.url);
  yield* textsIn(new URL("notebooks/", root));
  for (const folder of ["lib", "tests"]) {
    let index = 0;
    for (const each of textsIn(new URL(`${folder}/`, root))) {
      if (index++ % (LEFT_OUT + 1) === 0) yield each;
    }
  }
}

function* textsIn(folder: URL): Generator<[name: string, text: string]> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) yield* textsIn(url);
    else if (name.endsWith(".ts")) yield [name, Deno.readTextFileSync(url)];
    else if (name.endsWith(".ipynb")) {
      for (const cell of parseNotebook(Deno.readTextFileSync(url)).cells) {
        if (cell.cell_type === "code") yield [name, cell.source];
      }
    }
  }
}

Deno.test("makeStoppable() only inserts, and keeps the lines, in the notebooks and in other texts", () => {
  let count = 0;
  for (const [name, text] of texts()) {
    let tree;
    try {
      tree = treeOf(text);
    } catch {
      continue; // it does not parse, which is another test's
    }
    const changed = stoppable(text);
    assertEquals(changed.split("\n").length, text.split("\n").length, name);
    assertEquals(JSON.stringify(treeOf(changed)), JSON.stringify(tree), name);
    count++;
  }
  assert(count > 500, `${count} texts`);
});
