/**
 * A learner's hour in JupyterLab 4 and in Notebook 7: one Jupyter and one browser for each, in which the
 * steps run one after another.
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { Browser } from "playwright-core";
import { openBrowser } from "../_browser.ts";
import { programFor, requires } from "../requirements.ts";
import type { Notebook } from "../../lib/notebooks/format/notebook.ts";
import { NotebookPage, outputLines, type PageFrontEnd } from "./_page.ts";
import { Server, Workplace } from "./_server.ts";
import { FIGURE, FIGURE_NUMBERS, FIGURE_SELECTOR, logCells, logsOf } from "./_cells.ts";

/** One front end with a browser. */
class Desk {
  readonly #frontEnd: PageFrontEnd;
  readonly #server: Server;
  readonly #browser: Browser;
  readonly workplace: Workplace;
  #count = 0;

  constructor(frontEnd: PageFrontEnd, workplace: Workplace, server: Server, browser: Browser) {
    [this.#frontEnd, this.workplace, this.#server, this.#browser] = [
      frontEnd,
      workplace,
      server,
      browser,
    ];
  }

  /** Writes a notebook and opens it. */
  async open(cells: readonly string[] | Notebook): Promise<NotebookPage> {
    return await this.openFile(this.workplace.write(`notebook_${++this.#count}.ipynb`, cells));
  }

  async openFile(name: string): Promise<NotebookPage> {
    return await NotebookPage.open(this.#browser, {
      server: this.#server,
      frontEnd: this.#frontEnd,
      name,
    });
  }
}

const steps: Readonly<Record<string, (desk: Desk) => Promise<void>>> = {
  async "Run All keeps 300 logs in their 60 cells, and draws each figure once"(desk) {
    await using page = await desk.open([...FIGURE, ...logCells(60), ...FIGURE.slice(1)]);
    await page.runAll();
    const lines = outputLines(await page.notebook());
    assertEquals(lines.slice(2, -1), logsOf(60));
    assertEquals([lines[1], lines.at(-1)], [FIGURE_NUMBERS, FIGURE_NUMBERS]);
    await page.page.locator(FIGURE_SELECTOR).nth(1).waitFor({ state: "attached" });
    const drawn = await page.count(FIGURE_SELECTOR);
    assertEquals([drawn[1], drawn.at(-1)], [1, 1]);
    assertEquals(drawn.reduce((sum, count) => sum + count), 2);
    assertEquals(page.problems, []);
  },

  async "an exercise is answered, wrong and right"(desk) {
    await using page = await desk.open([
      `import { checkPortOfUrl } from "fourtuple/exercises";`,
      `const portOfUrl = (url: string): number => 80;`,
      `await checkPortOfUrl(portOfUrl)`,
    ]);
    await page.runAll();
    const [wrong] = outputLines(await page.notebook())[2]!;
    assertMatch(wrong!, /^✗ not yet: /);
    await page.edit(
      1,
      `const ports: Record<string, number> = { "http:": 80, "https:": 443, "ftp:": 21 };
const portOfUrl = (url: string): number =>
  Number(new URL(url).port) || ports[new URL(url).protocol]!;`,
    );
    await page.run(1);
    const [right] = await page.run(2);
    assertMatch(right!, /^✓ right: /);
  },

  async "a typo shows where it is, and the cells after it do not run"(desk) {
    await using page = await desk.open([
      `let before = 1;`,
      `const port = 80;\nlet typo = ;`,
      `"not reached"`,
    ]);
    await page.runAll();
    const [, typo, after] = outputLines(await page.notebook());
    assertMatch(typo!.join("\n"), /^SyntaxError: /);
    assertEquals(after, []);
    const traces = await page.page.locator(".jp-OutputArea-output").allInnerTexts();
    assertMatch(traces.join("\n"), /2 \| let typo = ;\n *\| +\^/);
  },

  async "Stop ends a loop and an await, and the state stays"(desk) {
    await using page = await desk.open([
      `let state = 41; console.log("begun");`,
      `console.log("begun"); while (true) state = 41;`,
      `console.log("begun"); await Deno.listen({ hostname: "127.0.0.1", port: 0 }).accept();`,
      `await 0; console.log("begun"); for (;;) await new Promise((done) => setTimeout(done, 1));`,
      `state + 1`,
    ]);
    await page.run(0);
    for (const index of [1, 2, 3]) {
      await page.start(index);
      await page.shows(index, "begun");
      await page.stop();
      await page.idle();
      const lines = outputLines(await page.notebook())[index]!;
      assertMatch(lines.at(-1)!, /[Ss]topped/);
      assertEquals(await page.run(4), ["42"]);
    }
  },

  async "Shift-Tab explains a name of the library"(desk) {
    await using page = await desk.open([
      `import { parsePort } from "fourtuple";`,
      `parsePort`,
    ]);
    await page.run(0);
    const help = await page.explain(1);
    assertMatch(help, /function parsePort\(/);
    assertMatch(help, /Reads a port from text/);
  },

  async "a restart forgets all, and the cells run again"(desk) {
    await using page = await desk.open([`let state = 1;`, `typeof state`]);
    await page.runAll();
    assertEquals(outputLines(await page.notebook())[1], [`"number"`]);
    await page.restart();
    assertEquals(await page.run(1), [`"undefined"`]);
    await page.runAll();
    assertEquals(outputLines(await page.notebook())[1], [`"number"`]);
  },

  async "a saved notebook shows its figure again, and only its numbers if it is not trusted"(desk) {
    const name = desk.workplace.write("saved.ipynb", FIGURE);
    {
      await using page = await desk.openFile(name);
      await page.runAll();
      await page.save();
    }
    {
      await using page = await desk.openFile(name);
      await page.page.locator(FIGURE_SELECTOR).first().waitFor();
      assertEquals(await page.count(FIGURE_SELECTOR), [0, 1]);
    }
    // Another program's change: nobody on this machine has run this notebook.
    desk.workplace.replace(name, "sockets", "Sockets");
    await using page = await desk.openFile(name);
    await page.page.locator(".jp-OutputArea-output table").first().waitFor();
    assertEquals(await page.count(FIGURE_SELECTOR), [0, 0]);
    assertMatch(
      await page.page.locator(".jp-OutputArea-output table").first().innerText(),
      /client\s+1\s+server\s+2/,
    );
  },

  async "a notebook opens without a question where only the Deno kernel is installed"(desk) {
    using _kernel = desk.workplace.withDenoKernel();
    await using page = await desk.open([`typeof Deno`]);
    assertEquals(await page.page.locator(".jp-Dialog").count(), 0);
    await page.run(0);
    const [result] = outputLines(await page.notebook())[0]!;
    assertMatch(result!, /"object"/);
  },

  async "two notebooks run at the same time, each in its own kernel"(desk) {
    const cells = (name: string) => [
      `let own = "${name}"; await new Promise((done) => setTimeout(done, 300));`,
      ...logCells(10),
      `own`,
    ];
    await using first = await desk.open(cells("first"));
    await using second = await desk.open(cells("second"));
    await Promise.all([first.runAll(), second.runAll()]);
    for (const [page, name] of [[first, "first"], [second, "second"]] as const) {
      const lines = outputLines(await page.notebook());
      assertEquals(lines, [[], ...logsOf(10), [`"${name}"`]]);
    }
  },
};

const APPS: Readonly<Record<PageFrontEnd, string>> = {
  "JupyterLab 4": "LabApp",
  "Notebook 7": "JupyterNotebookApp",
};

/** Tests one front end, step by step. */
export function testPages(frontEnd: PageFrontEnd): void {
  Deno.test({
    name: `${frontEnd} runs our kernel`,
    ...requires(frontEnd, "chromium"),
    async fn(test) {
      using workplace = await Workplace.make();
      const option = `--${APPS[frontEnd]}.expose_app_in_browser=True`;
      await using server = await Server.start(programFor(frontEnd), workplace, [option]);
      await using browser = await openBrowser();
      const desk = new Desk(frontEnd, workplace, server, browser);
      // The kernels and the browser, which the steps share, outlive each of them.
      const unguarded = { sanitizeOps: false, sanitizeResources: false };
      for (const [name, fn] of Object.entries(steps)) {
        await test.step({ name, fn: () => fn(desk), ...unguarded });
      }
    },
  });
}
