/** Many, large and late outputs through a real Jupyter server, which drops what comes too fast. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { startChild, stopChild } from "../../lib/program/child_process.ts";
import { parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { openBrowser } from "../_browser.ts";
import { programFor, requires } from "../requirements.ts";
import { logCells, logsOf } from "./_cells.ts";
import { NotebookPage, outputLines } from "./_page.ts";
import { PATIENCE_MS, Server, Workplace } from "./_server.ts";

/** By hand: 1,000 cells and 8 loops. */
const CELLS = Number(Deno.env.get("FOURTUPLE_OUTPUT_CELLS") ?? 100);
const LOOPS = Number(Deno.env.get("FOURTUPLE_BUSY_LOOPS") ?? 2);
const NAME = "outputs.ipynb";
const LINES = 6_000;
/** More than a server lets through at once; a page takes minutes for one line of 8 million. */
const ROWS = Number(Deno.env.get("FOURTUPLE_OUTPUT_ROWS") ?? 40_000);

const steps: Readonly<
  Record<string, readonly [code: string, check: (page: NotebookPage) => Promise<void>]>
> = {
  "shows 6,000 logs of one cell": [
    `for (let i = 0; i < ${LINES}; i++) console.log("line", i);`,
    async (page) => {
      const want = Array.from({ length: LINES }, (_, i) => `line ${i}`);
      assertEquals(await linesOf(page), want);
      assertEquals((await textOf(page)).trim().split("\n"), want);
    },
  ],
  "shows 3,000 lines of two streams in turn, and displays": [
    `for (let i = 0; i < 1_000; i++) {
       console.log("out", i);
       console.error("error", i);
       await Deno.jupyter.display(i);
     }`,
    async (page) => {
      const want = Array.from({ length: 1_000 }, (_, i) => [`out ${i}`, `error ${i}`, `${i}`]);
      assertEquals(await linesOf(page), want.flat());
    },
  ],
  "shows one log of millions of characters": [
    `console.log(("x".repeat(99) + "\\n").repeat(${ROWS})); "after"`,
    async (page) => {
      const lines = await linesOf(page);
      assertEquals([lines.length, lines.at(-1)], [ROWS + 1, '"after"']);
      assert(lines.slice(0, -1).every((line) => line === "x".repeat(99)));
    },
  ],
  "shows what programs print, and a timer's late output, in their cells": [
    `setTimeout(() => console.log("late"), 1_000);
     new Deno.Command("echo", { args: ["of a program"], stdout: "inherit" }).outputSync();
     console.log("own");`,
    async (page) => {
      await page.shows(0, "late");
      assertEquals(await linesOf(page), ["of a program", "own", "late"]);
    },
  ],
};

async function linesOf(page: NotebookPage): Promise<readonly string[]> {
  return outputLines(await page.notebook())[0]!;
}

/** Returns what a reader sees. */
async function textOf(page: NotebookPage): Promise<string> {
  return await page.page.locator(".jp-OutputArea-output pre").first().innerText();
}

Deno.test({
  name: "JupyterLab",
  ...requires("JupyterLab 4", "chromium"),
  async fn(test) {
    using workplace = await Workplace.make();
    const option = "--LabApp.expose_app_in_browser=True";
    await using server = await Server.start(programFor("JupyterLab 4"), workplace, [option]);
    await using browser = await openBrowser();
    const open = (cells: readonly string[]) => {
      const name = workplace.write(NAME, cells);
      return NotebookPage.open(browser, { server, frontEnd: "JupyterLab 4", name });
    };
    const unguarded = { sanitizeOps: false, sanitizeResources: false };
    for (const [name, [code, check]] of Object.entries(steps)) {
      await test.step({
        name,
        async fn() {
          await using page = await open([code]);
          page.page.setDefaultTimeout(4 * PATIENCE_MS);
          await page.runAll();
          await check(page);
          assert(!(await page.page.content()).includes("rate exceeded"));
        },
        ...unguarded,
      });
    }
    await test.step({
      name: `keeps the outputs of ${CELLS} cells in them, beside ${LOOPS} busy loops`,
      async fn() {
        await using page = await open(logCells(CELLS));
        page.page.setDefaultTimeout(8 * PATIENCE_MS);
        await besideLoops(() => page.runAll());
        assertEquals(outputLines(await page.notebook()), logsOf(CELLS));
      },
      ...unguarded,
    });
  },
});

Deno.test({
  name: `nbclient keeps the outputs of ${CELLS} cells in them, beside ${LOOPS} busy loops`,
  ...requires("JupyterLab 4"),
  async fn() {
    using workplace = await Workplace.make();
    workplace.write(NAME, logCells(CELLS));
    const program = join(dirname(programFor("JupyterLab 4")), "jupyter-execute");
    const ran = "ran.ipynb";
    const { code, stderr } = await besideLoops(() =>
      new Deno.Command(program, {
        args: [`--output=${ran}`, NAME],
        cwd: workplace.folder,
        env: { ...workplace.env, PATH: `${dirname(program)}:${Deno.env.get("PATH")}` },
      }).output()
    );
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const notebook = parseNotebook(Deno.readTextFileSync(join(workplace.folder, ran)));
    assertEquals(outputLines(notebook), logsOf(CELLS));
  },
});

/** Runs something while other processes keep the machine busy. */
async function besideLoops<T>(run: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: LOOPS }, () => {
    return startChild(["sh", "-c", "while :; do :; done"], { stdout: "null", stderr: "null" });
  });
  try {
    return await run();
  } finally {
    await Promise.all(loops.map((loop) => stopChild(loop)));
  }
}
