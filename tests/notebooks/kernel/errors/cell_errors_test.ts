import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Engine } from "../../../../lib/notebooks/kernel/engine.ts";
import { CellErrors } from "../../../../lib/notebooks/kernel/errors/cell_errors.ts";
import { until } from "../../../../lib/time_limit.ts";
import { notebooks, runCell, runCells } from "./_run_cells.ts";

const started = () => Engine.start({ cwd: notebooks });

Deno.test("CellErrors shows a recursion without end in a few lines", async () => {
  await using engine = await started();
  const [ran] = await runCells(engine, ["const f = (): void => f();\n\nf();", ""]);
  assertMatch(
    ran!.error,
    /^RangeError: Maximum call stack size exceeded\n {4}at f \(cell 1, line 1\)/,
  );
  assertMatch(ran!.error, /at least \d\d times more$/);
  assert(ran!.error.split("\n").length < 10);
});

Deno.test("CellErrors adds what the type checker says, after the error is shown", async () => {
  await using engine = await started();
  const first = await runCell(engine, { code: "const ports: number[] = [80];\nports.push(443);" });
  assertEquals(first.reply.status, "ok");
  const { error, stderr, reply } = await runCell(engine, { code: "\nports.pusch(22);" });
  assertMatch(error, /^TypeError: ports.pusch is not a function\n {4}at cell 2, line 2\n/);
  assertEquals(
    stderr,
    "The type checker says: Property 'pusch' does not exist on type 'number[]'. " +
      "Did you mean 'push'?\n",
  );
  assert(reply.status === "error");
  assertEquals(reply.traceback.slice(0, -2).join("\n"), error);
  assertEquals(`${reply.traceback.at(-1)}\n`, stderr);
});

Deno.test("CellErrors does not keep a cell waiting for the type checker", async () => {
  await using engine = await started();
  let isShown = false;
  const failed = runCell(engine, { code: "Math.rand()", stopOnError: true });
  failed.then(() => isShown = true);
  await until(() => engine.isExplaining, { timeout: 10_000, interval: 1 });
  assertEquals(isShown, false);
  const next = await runCell(engine, { code: "6 * 7" });
  // It came after the error, so it is not aborted.
  assertEquals(next.reply.status, "ok");
  assertEquals((await failed).stderr, "");
});

Deno.test("CellErrors aborts the cells that waited when one failed", async () => {
  await using engine = await started();
  const [failed, waiting] = await runCells(engine, ["throw new Error('now')", "1"], {
    stopOnError: true,
  });
  assertStringIncludes(failed!.error, "Error: now");
  assertEquals(waiting!.reply.status, "aborted");
});

Deno.test("CellErrors names the number that a cell has at its side, when it was run again", async () => {
  await using engine = await started();
  const define = "function fail() {\n  throw new Error('again');\n}";
  const ran = await runCells(engine, [define, define, "fail()", ""]);
  assertMatch(ran[2]!.error, /at fail \(cell 2, line 2\)\n[^]*at cell 3, line 1/);
});

Deno.test("CellErrors leaves one name in the globals of the cells", async () => {
  await using engine = await started();
  const [ran] = await runCells(engine, [
    `const own = Object.getOwnPropertySymbols(globalThis).map(String);
     console.log(own.filter((name) => name.includes("fourtuple")).join(), Object.keys(globalThis)
       .filter((name) => /tuple|cell|thrown/i.test(name)).length);`,
  ]);
  assertEquals(ran!.stdout, "Symbol(fourtuple.kernel) 0\n");
});

Deno.test("CellErrors changes nothing of what instanceof says", async () => {
  await using engine = await started();
  const [ran] = await runCells(engine, [
    `class Own extends TypeError {}
     const values = [new Error(), new Own(), {}, null, "Error", Object.create(Error.prototype)];
     console.log(values.map((value) => Number(value instanceof Error)).join(""),
       values.map((value) => Number(value instanceof Own)).join(""));`,
  ]);
  assertEquals(ran!.stdout, "110001 010000\n");
});

Deno.test("CellErrors shows a timer's error and goes on", async () => {
  await using engine = await started();
  const ran = await runCells(engine, [
    "setTimeout(() => {\n  null.port;\n}, 1);\nawait new Promise((done) => setTimeout(done, 20));\n1",
    "2",
  ]);
  assertEquals(
    ran[0]!.stderr,
    "A timer or a callback of cell 1 threw an error: TypeError: Cannot read properties of null " +
      "(reading 'port')\n    at cell 1, line 2\n",
  );
  assertEquals(ran.map(({ reply }) => reply.status), ["ok", "ok"]);
});

Deno.test("CellErrors shows a timer's error in the cell that started it, while another one runs", async () => {
  await using engine = await started();
  const late = Promise.withResolvers<string>();
  const [first, second] = await runCells(engine, [
    "let begun = false;\nsetTimeout(function wait() {\n  if (!begun) return setTimeout(wait, 1);\n" +
    "  null.port;\n}, 1);",
    "begun = true;\nawait new Promise((done) => addEventListener('error', done, { once: true }));",
  ], { onLate: (number, text) => number === 1 && late.resolve(text) });
  assertEquals([first!.stderr, second!.stderr], ["", ""]);
  assertMatch(await late.promise, /of cell 1 threw an error: TypeError: [^]*\(cell 1, line 4\)/);
});

Deno.test("CellErrors.explain() gives the Deno kernel's error where there is no description", async () => {
  const errors = new CellErrors({ folder: notebooks });
  errors.script({ id: 1, label: 1, source: "f()" });
  const error = { ename: "TypeError", evalue: "f is no function", traceback: ["as Deno has it"] };
  for (const answer of ["Execution failed", "Set is not a constructor", "", "7", "[]", "{}"]) {
    assertEquals(await errors.explain(1, error, () => Promise.resolve(answer)), error, answer);
  }
  assertEquals(await errors.explain(1, error, () => Promise.reject(new Error("ended"))), error);
});

Deno.test("CellErrors.explain() gives the error of a cell that was never a script", async () => {
  const errors = new CellErrors({ folder: notebooks });
  const error = { ename: "Error", evalue: "no answer", traceback: [] };
  const explained = await errors.explain(1, error, () => Promise.resolve("null"));
  assertEquals(explained, { ...error, traceback: ["Error: no answer"] });
});
