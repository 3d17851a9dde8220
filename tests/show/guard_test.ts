import { assertEquals } from "@std/assert";
import { requires } from "../requirements.ts";
import { outputLines, runCellsInClassic } from "../notebooks/_classic.ts";

const classic = requires("jupyter-notebook", "chromium");

Deno.test({
  name: "installGuard() keeps 300 logs and 60 values in their own 60 cells in a Run All",
  ...classic,
  async fn() {
    const cells = Array.from({ length: 60 }, (_, index) => index + 1);
    const logs = [1, 2, 3, 4, 5];
    const run = await runCellsInClassic(
      `import "fourtuple";`,
      ...cells.map((cell) =>
        [...logs.map((log) => `console.log("cell ${cell} log ${log}");`), `"value ${cell}"`]
          .join("\n")
      ),
    );
    assertEquals(
      outputLines(run).slice(1),
      cells.map((cell) => [...logs.map((log) => `cell ${cell} log ${log}`), `"value ${cell}"`]),
    );
  },
});

Deno.test({
  name: "installGuard() waits for what goes around the console, and is installed once",
  ...classic,
  async fn() {
    const run = await runCellsInClassic(
      `import "fourtuple";`,
      `await Deno.jupyter.display({ "text/plain": "shown" }, { raw: true });
       await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "sent" }, metadata: {} });`,
      `for (let line = 0; line < 100; line++) console.info(line)`,
      `console.table([{ port: 80 }]); console.assert(false, "asserted"); "end"`,
      `(await import("../lib/jupyter/guard.ts?again")).installGuard()`,
    );
    assertEquals(outputLines(run).slice(1), [
      ["shown", "sent"],
      Array.from({ length: 100 }, (_, line) => String(line)),
      [
        "┌───────┬──────┐",
        "│ (idx) │ port │",
        "├───────┼──────┤",
        "│     0 │   80 │",
        "└───────┴──────┘",
        "Assertion failed: asserted",
        `"end"`,
      ],
      ["false"],
    ]);
  },
});

Deno.test({
  name: "showSilentErrors() shows what nobody handles, and the kernel goes on",
  ...classic,
  async fn() {
    const wait = "await new Promise((done) => setTimeout(done, 50));";
    const run = await runCellsInClassic(
      `import "fourtuple";`,
      `Promise.reject(new Error("nobody waits")); ${wait} 1`,
      `setTimeout(() => { throw new TypeError("too late"); }, 1); ${wait} 2`,
      `(async () => { ${wait} throw "text"; })(); 3`,
      `${wait}${wait} 4`,
      `throw new RangeError("of the cell itself")`,
      `5`,
    );
    // A value and a console line of one cell may come in either order.
    assertEquals(
      outputLines(run).slice(1).map((lines) =>
        lines.filter((line) => !line.startsWith("    at ")).toSorted()
      ),
      [
        ["1", "Unhandled rejection: Error: nobody waits"],
        ["2", "Uncaught error: TypeError: too late"],
        ["3"],
        ["4", "Unhandled rejection: text"],
        ["RangeError: of the cell itself"],
        ["5"],
      ],
    );
  },
});
