/** A smoke test of Debian's classic Notebook 6 with our kernel. */
import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { type Notebook, parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { openBrowser } from "../_browser.ts";
import { programFor, requires } from "../requirements.ts";
import { FIGURE, FIGURE_NUMBERS, FIGURE_SELECTOR, logCells, logsOf } from "./_cells.ts";
import { outputLines } from "./_page.ts";
import { PATIENCE_MS, Server, Workplace } from "./_server.ts";

/** The front end's own object in its page, as far as it is used. */
interface ClassicWindow {
  Jupyter: {
    notebook: {
      kernel: { info_reply: { status?: string } } | null;
      kernel_busy: boolean;
      execute_all_cells(): void;
      execute_cells(indices: readonly number[]): void;
      get_cells(): { input_prompt_number: unknown; element: { innerText: string }[] }[];
      toJSON(): unknown;
    };
  };
}

Deno.test({
  name: "the classic Notebook 6 runs all cells, shows a typo, and stops a loop and an await",
  ...requires("jupyter-notebook", "chromium"),
  async fn() {
    using workplace = await Workplace.make();
    const stopped = [
      `let state = 41;`,
      `console.log("begun"); while (true) state = 41;`,
      `console.log("begun"); await new Promise(() => {});`,
      `state + 1`,
      `let typo = ;`,
    ];
    const name = workplace.write("all.ipynb", [...FIGURE, ...logCells(60)]);
    const other = workplace.write("stop.ipynb", stopped);
    await using server = await Server.start(programFor("jupyter-notebook"), workplace);
    await using browser = await openBrowser();
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);

    await open(page, server, name);
    await page.evaluate(() =>
      (globalThis as unknown as ClassicWindow).Jupyter.notebook.execute_all_cells()
    );
    await idle(page);
    assertEquals(outputLines(await notebook(page)).slice(1), [FIGURE_NUMBERS, ...logsOf(60)]);
    await page.locator(FIGURE_SELECTOR).first().waitFor();
    assertEquals(await page.locator(FIGURE_SELECTOR).count(), 1);

    await open(page, server, other);
    assertEquals(await run(page, 0), []);
    for (const index of [1, 2]) {
      await start(page, index);
      await page.waitForFunction((index) => {
        const { notebook } = (globalThis as unknown as ClassicWindow).Jupyter;
        return notebook.get_cells()[index]!.element[0]!.innerText.split("begun").length === 3;
      }, index);
      await page.locator('[data-jupyter-action="jupyter-notebook:interrupt-kernel"]').click();
      await idle(page);
      assertMatch(outputLines(await notebook(page))[index]!.at(-1)!, /[Ss]topped/);
      assertEquals(await run(page, 3), ["42"]);
    }
    const [typo] = await run(page, 4);
    assertMatch(typo ?? "", /^SyntaxError: /);
  },
});

async function open(page: Page, server: Server, name: string): Promise<void> {
  await page.goto(`${server.url}/notebooks/${name}?token=${server.token}`);
  await page.waitForFunction(() => {
    const { notebook } = (globalThis as unknown as Partial<ClassicWindow>).Jupyter ?? {};
    return notebook?.kernel?.info_reply.status === "ok" && !notebook.kernel_busy;
  });
}

async function start(page: Page, index: number): Promise<void> {
  await page.evaluate(
    (index) => (globalThis as unknown as ClassicWindow).Jupyter.notebook.execute_cells([index]),
    index,
  );
}

async function run(page: Page, index: number): Promise<string[]> {
  await start(page, index);
  await idle(page);
  return outputLines(await notebook(page))[index]!;
}

async function idle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { notebook } = (globalThis as unknown as ClassicWindow).Jupyter;
    return !notebook.kernel_busy &&
      notebook.get_cells().every(({ input_prompt_number }) => input_prompt_number !== "*");
  });
}

async function notebook(page: Page): Promise<Notebook> {
  return parseNotebook(
    await page.evaluate(() =>
      JSON.stringify((globalThis as unknown as ClassicWindow).Jupyter.notebook.toJSON())
    ),
  );
}
