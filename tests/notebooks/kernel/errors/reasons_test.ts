import { assertEquals } from "@std/assert";
import { syntaxError, withoutThrown } from "../../../../lib/notebooks/kernel/errors/reasons.ts";

const failed = { ename: "Error", evalue: "Execution failed", traceback: [] };

Deno.test("withoutThrown() gives a reason where the Deno kernel gives none", () => {
  const cell = { source: "await never", label: 3 };
  assertEquals(withoutThrown(cell, failed, true).ename, "Stopped");
  assertEquals(
    withoutThrown(cell, failed).evalue,
    "Deno ended the cell and gave no reason. The cell may have awaited a promise that can no longer " +
      "settle",
  );
  const known = { ename: "Stopped", evalue: "in line 3", traceback: ["Stopped: in line 3"] };
  assertEquals(withoutThrown(cell, known), known);
});

Deno.test("withoutThrown() puts the place of a syntax error before any other reason", () => {
  const error = withoutThrown({ source: "\n  let x = ;", label: 3 }, failed, true);
  assertEquals(error, {
    ename: "SyntaxError",
    evalue: "Expression expected",
    traceback: [
      "SyntaxError: Expression expected",
      "    at cell 3, line 2",
      "       2 |   let x = ;",
      "         |           ^",
    ],
    line: 2,
  });
});

Deno.test("syntaxError() says what is missing at the end", () => {
  const hint = (source: string) => syntaxError(source)!.traceback.at(-1);
  const missing = (end: string) => `The cell is incomplete: add ${end} at the end.`;
  assertEquals(hint("f(["), missing("])"));
  assertEquals(hint("function f() {\n  if (a) {\n    b();"), missing("}}"));
  assertEquals(hint("const s = `a"), missing("`"));
  assertEquals(hint("/* a"), missing("*/"));
  assertEquals(hint("1 +"), "         |    ^");
});

Deno.test("syntaxError() finds nothing wrong with cells that run", () => {
  for (const source of ["", "await 0; { a: 1 }", "import a from 'a'; export const b = 1;"]) {
    assertEquals(syntaxError(source), undefined);
  }
});
