/**
 * What needs the classic Notebook and a browser: one of each serves all tests, which run as steps,
 * since starting them takes longer than most steps.
 */
import { assert, assertEquals } from "@std/assert";
import type { Notebook } from "../../lib/notebooks/format/notebook.ts";
import { executed } from "../course/_executed.ts";
import { requires } from "../requirements.ts";
import { Classic, outputLines } from "./_classic.ts";

const GUARD = `import { guardOutputs } from "fourtuple/show"; guardOutputs();`;

const steps: Record<string, (classic: Classic) => Promise<void>> = {
  async "draws each figure once and keeps each output in its cell"(classic) {
    const figure = (title: string) => `
      new Figure({
        data: [{ type: "bar", x: ["client", "server"], y: [1, 2] }],
        layout: { title: { text: "${title}" } },
        table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
      })`;
    const sources = [
      `${GUARD} import { Figure, Table } from "fourtuple/show";`,
      figure("First"),
      `console.log("between"); "two figures"`,
      figure("Second"),
    ];
    const numbers = ["side    sockets", "client        1", "server        2"];
    await classic.runCells(sources, (run) => {
      assertEquals(run.problems, []);
      assertEquals(run.drawn, [0, 1, 0, 1]);
      assertEquals(
        outputLines(run).slice(1).map((lines) => lines.flatMap((line) => line.split("\n"))),
        [
          ["First", ...numbers],
          ["between", `"two figures"`],
          ["Second", ...numbers],
        ],
      );
    });
  },

  async "guardOutputs() keeps 300 logs and 60 values in their own 60 cells"(classic) {
    const cells = Array.from({ length: 60 }, (_, index) => index + 1);
    const logs = [1, 2, 3, 4, 5];
    const sources = cells.map((cell) =>
      [...logs.map((log) => `console.log("cell ${cell} log ${log}");`), `"value ${cell}"`]
        .join("\n")
    );
    await classic.runCells([GUARD, ...sources], (run) =>
      assertEquals(
        outputLines(run).slice(1),
        cells.map((cell) => [...logs.map((log) => `cell ${cell} log ${log}`), `"value ${cell}"`]),
      ));
  },

  async "guardOutputs() waits for what goes around the console, and is installed once"(classic) {
    const sources = [
      GUARD,
      `await Deno.jupyter.display({ "text/plain": "shown" }, { raw: true });
       await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "sent" }, metadata: {} });`,
      `for (let line = 0; line < 100; line++) console.info(line)`,
      `console.table([{ port: 80 }]); console.assert(false, "asserted"); "end"`,
      `(await import("../lib/show/guard.ts?again")).installGuard()`,
    ];
    await classic.runCells(sources, (run) =>
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
      ]));
  },

  async "guardOutputs() shows errors that nobody handles, and the kernel goes on"(classic) {
    const wait = "await new Promise((done) => setTimeout(done, 50));";
    const sources = [
      GUARD,
      `Promise.reject(new Error("nobody waits")); ${wait} 1`,
      `setTimeout(() => { throw new TypeError("too late"); }, 1); ${wait} 2`,
      `(async () => { ${wait} throw "text"; })(); 3`,
      `${wait}${wait} 4`,
      `throw new RangeError("of the cell itself")`,
      `5`,
    ];
    // A value and a console line of one cell may come in either order.
    await classic.runCells(sources, (run) =>
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
      ));
  },

  async "runs 02_ports with its figure, and each output in its cell"(classic) {
    const ours = await executed("02_ports");
    const hasFigure = ours.cells.map((cell) =>
      cell.cell_type === "code" &&
      cell.outputs.some((output) =>
        output.output_type === "execute_result" &&
        "application/vnd.plotly.v1+json" in output.data
      )
    );
    assert(hasFigure.includes(true));
    const cells = ours.cells.map((cell) =>
      cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell
    );
    await classic.runNotebook({ ...ours, cells }, (run) => {
      assertEquals(run.problems, []);
      assertEquals(kinds(run.notebook), kinds(ours));
      assertEquals(run.drawn.map((count) => count > 0), hasFigure);
    });
  },
};

/** What kinds of output each code cell has; the order of those of one cell may differ. */
function kinds(notebook: Notebook): string[] {
  return notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) =>
    cell.outputs.map(({ output_type }) => output_type).toSorted().join(" ")
  );
}

Deno.test({
  name: "the classic Notebook, by Run All",
  ...requires("jupyter-notebook", "chromium"),
  async fn(test) {
    await using classic = await Classic.open();
    // The kernels and the browser, which the steps share, outlive each of them.
    const unguarded = { sanitizeOps: false, sanitizeResources: false };
    for (const [name, fn] of Object.entries(steps)) {
      await test.step({ name, fn: () => fn(classic), ...unguarded });
    }
  },
});
