import { assert, assertEquals, assertMatch } from "@std/assert";
import { Kernel } from "../../../lib/notebooks/kernel/kernel.ts";
import { newNotebook, type Output } from "../../../lib/notebooks/format/notebook.ts";
import { failureText, type NotebookRun, runNotebook } from "../../../lib/notebooks/run/runner.ts";

const folder = new URL("../../../notebooks/", import.meta.url);

async function run(cells: readonly string[], cellTimeout = 10_000): Promise<NotebookRun> {
  await using kernel = await Kernel.start({ cwd: folder });
  const notebook = newNotebook(cells.map((source) => ({ cell_type: "code", source })));
  return await runNotebook(notebook, kernel, { name: "99_test", cellTimeout });
}

function outputsOf({ notebook }: NotebookRun): Output[][] {
  return notebook.cells.map((cell) => cell.cell_type === "code" ? [...cell.outputs] : []);
}

Deno.test("runNotebook() keeps 300 console lines and 60 values of 60 cells in their own cells", async () => {
  const cells = Array.from({ length: 60 }, (_, cell) => {
    const logs = Array.from(
      { length: 5 },
      (_, line) => `console.log("cell ${cell} line ${line}");`,
    );
    return [...logs, `${cell} * 1000`].join("\n");
  });
  const result = await run(cells);
  assertEquals(result.failure, undefined);
  for (const [cell, outputs] of outputsOf(result).entries()) {
    const lines = Array.from({ length: 5 }, (_, line) => `cell ${cell} line ${line}\n`).join("");
    assertEquals(outputs, [
      { output_type: "stream", name: "stdout", text: lines },
      {
        output_type: "execute_result",
        execution_count: cell + 1,
        data: { "text/plain": String(cell * 1000) },
        metadata: {},
      },
    ]);
  }
});

Deno.test("runNotebook() stops at the first cell that fails and says where", async () => {
  const result = await run([
    "function fail() {\n  throw new RangeError('too far');\n}",
    "const before = 1;\n\nfail();",
    "console.log('never');",
  ]);
  assertEquals(result.cells, 2);
  assertEquals(outputsOf(result)[2], []);
  assertEquals(
    failureText(result.name, result.failure!).split("\n").slice(0, 7),
    [
      "99_test, cell 2, line 3:",
      "",
      "    1 | const before = 1;",
      "    2 | ",
      ">   3 | fail();",
      "",
      "RangeError: too far",
    ],
  );
});

Deno.test("runNotebook() tells what is wrong with a cell that does not parse", async () => {
  const { failure } = await run(["1 + 1", "const a = 1;\nlet b = ;"]);
  assertEquals([failure?.cell, failure?.line], [2, 2]);
  assertMatch(failure!.error, /^SyntaxError: Expression expected/);
  const twice = await run(["const a = 1;\nconst a = 2;"]);
  assertEquals([twice.failure?.cell, twice.failure?.line], [1, 2]);
  assertMatch(twice.failure!.error, /^SyntaxError: Identifier 'a' has already been declared/);
});

Deno.test("runNotebook() tells of a cell that is over its time limit", async () => {
  const { failure } = await run(["await new Promise(() => {})"], 300);
  assertEquals(failure?.error, "KernelError: The cell took longer than its limit of 0.3 s");
});

Deno.test("runNotebook() tells of a cell that ends the kernel", async () => {
  const { failure, cells } = await run(["Deno.exit(7)", "1"]);
  assertEquals(cells, 1);
  assert(failure!.error.startsWith("KernelError: The kernel has ended with code 7"));
});

Deno.test("runNotebook() skips empty cells without an output", async () => {
  const result = await run(["", "2 + 2"]);
  assertEquals(outputsOf(result).map((outputs) => outputs.length), [0, 1]);
});
