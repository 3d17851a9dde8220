/**
 * Runs notebooks in the classic Jupyter Notebook as a learner does: in a browser, by Run All. The kernel is
 * the Deno kernel alone, so that the guard is tried.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { startFrontEnd, stopFrontEnd } from "../../lib/notebooks/front_ends/front_end.ts";
import {
  type Cell,
  DENO_METADATA,
  formatNotebook,
  type Notebook,
  type Output,
  parseNotebook,
} from "../../lib/notebooks/format/notebook.ts";
import { programFor } from "../requirements.ts";
import { openBrowser } from "../_browser.ts";

/** The whole limit of a page's waits; only a failure takes so long. */
const PATIENCE_MS = 120_000;

const NOTEBOOKS = fileURLToPath(new URL("../../notebooks", import.meta.url));

/** What the classic Notebook shows after Run All. */
export interface ClassicRun {
  /** The notebook with its outputs, each in the cell where the front end put it. */
  readonly notebook: Notebook;
  /** How many plotly figures each cell has drawn. */
  readonly drawn: readonly number[];
  /** What the page reported as errors. */
  readonly problems: readonly string[];
}

/** A DOM element; Deno's types know none. */
interface Queried {
  querySelectorAll(selectors: string): { readonly length: number };
}

/** The classic Notebook's own object in its page, as far as it is used here. */
interface ClassicWindow {
  Jupyter: {
    notebook: {
      kernel: { info_reply: { status?: string } } | null;
      kernel_busy: boolean;
      execute_all_cells(): void;
      get_cells(): { cell_type: string; input_prompt_number: unknown; element: Queried[] }[];
      toJSON(): unknown;
    };
  };
}

/** How often a notebook is run before its outputs count as wrong. */
const TRIES = 4;

/** One Jupyter and one browser, in which notebooks run one after another. */
export class Classic implements AsyncDisposable {
  readonly #jupyter: Jupyter;
  readonly #browser: Browser;
  readonly #home: string;

  private constructor(jupyter: Jupyter, browser: Browser, home: string) {
    [this.#jupyter, this.#browser, this.#home] = [jupyter, browser, home];
  }

  /** Starts both. */
  static async open(): Promise<Classic> {
    const home = await Deno.makeTempDir({ prefix: "classic-" });
    const [jupyter, browser] = await Promise.all([startJupyter(NOTEBOOKS, home), openBrowser()]);
    return new Classic(jupyter, browser, home);
  }

  /**
   * Runs code cells with these sources in a notebook of the project, until `check` accepts what came
   * out. The guard waits some milliseconds for a cell's outputs, which is no proof: where the machine
   * stalls for longer, an output is lost without a fault in our code. So the notebook runs up to four
   * times; without the guard, one cell in three loses an output, each time.
   */
  async runCells(sources: readonly string[], check: (run: ClassicRun) => void): Promise<void> {
    const cells = sources.map((source, index): Cell => ({
      cell_type: "code",
      id: `cell-${index}`,
      metadata: {},
      source,
      execution_count: null,
      outputs: [],
    }));
    await this.runNotebook({ metadata: DENO_METADATA, cells }, check);
  }

  /** Runs all cells of a notebook as if it was in the project's folder, as `runCells()` does. */
  async runNotebook(notebook: Notebook, check: (run: ClassicRun) => void): Promise<void> {
    for (let tries = 1;; tries++) {
      const run = await this.#run(notebook);
      try {
        return check(run);
      } catch (error) {
        if (tries === TRIES) throw error;
        console.warn(`Run ${tries} of ${TRIES} lost an output, as a busy machine can: once more`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#browser.close(), this.#jupyter.stop()]);
    await Deno.remove(this.#home, { recursive: true });
  }

  async #run(notebook: Notebook): Promise<ClassicRun> {
    // The Deno kernel finds deno.json from the notebook's folder, and cells find what they read.
    const name = `_check_${crypto.randomUUID()}.ipynb`;
    await Deno.writeTextFile(join(NOTEBOOKS, name), formatNotebook(notebook));
    const page = await this.#browser.newPage();
    try {
      page.setDefaultTimeout(PATIENCE_MS);
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      const { url, token } = this.#jupyter;
      await page.goto(`${url}/notebooks/${name}?token=${token}`);
      await runAll(page);
      return { ...await readPage(page), problems };
    } finally {
      await page.close();
      await Deno.remove(join(NOTEBOOKS, name));
    }
  }
}

/** Returns what each cell has put out, as lines of plain text. */
export function outputLines({ notebook }: ClassicRun): string[][] {
  return notebook.cells.map((cell) =>
    cell.cell_type === "code" ? cell.outputs.flatMap(linesOf) : []
  );
}

function linesOf(output: Output): string[] {
  switch (output.output_type) {
    case "stream":
      return output.text.split("\n").filter((line) => line !== "");
    case "error":
      return [`${output.ename}: ${output.evalue}`];
    default:
      // deno-lint-ignore no-control-regex
      return [String(output.data["text/plain"]).replaceAll(/\x1b\[\d+m/g, "")];
  }
}

async function runAll(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { notebook } = (globalThis as unknown as Partial<ClassicWindow>).Jupyter ?? {};
    return notebook?.kernel?.info_reply.status === "ok" && !notebook.kernel_busy;
  });
  await page.evaluate(() =>
    (globalThis as unknown as ClassicWindow).Jupyter.notebook.execute_all_cells()
  );
  await page.waitForFunction(() => {
    const { notebook } = (globalThis as unknown as ClassicWindow).Jupyter;
    const waiting = notebook.get_cells().filter((cell) => cell.input_prompt_number === "*");
    return waiting.length === 0 && !notebook.kernel_busy;
  });
  // Figures draw after their cell has run, and an output that comes late must have its chance
  await page.waitForTimeout(1_500);
}

async function readPage(page: Page): Promise<Omit<ClassicRun, "problems">> {
  const { json, drawn } = await page.evaluate(() => {
    const { notebook } = (globalThis as unknown as ClassicWindow).Jupyter;
    const drawn = notebook.get_cells().map(({ element }) =>
      element[0]!.querySelectorAll(".js-plotly-plot > * > * > svg.main-svg:first-child").length
    );
    return { json: JSON.stringify(notebook.toJSON()), drawn };
  });
  return { notebook: parseNotebook(json), drawn };
}

interface Jupyter {
  readonly url: string;
  readonly token: string;
  stop(): Promise<string>;
}

async function startJupyter(folder: string, home: string): Promise<Jupyter> {
  const dataPath = join(home, "data");
  await registerDenoKernel(dataPath);
  const port = freePort();
  const token = crypto.randomUUID();
  const url = `http://127.0.0.1:${port}`;
  const jupyter = startFrontEnd({
    command: [programFor("jupyter-notebook")],
    folder,
    dataPath,
    args: [
      "--no-browser",
      `--port=${port}`,
      "--port-retries=0",
      `--NotebookApp.token=${token}`,
      `--FileCheckpoints.checkpoint_dir=${join(home, "checkpoints")}`,
    ],
    env: {
      JUPYTER_CONFIG_DIR: join(home, "config"),
      JUPYTER_DATA_DIR: join(home, "user"),
      JUPYTER_RUNTIME_DIR: join(home, "runtime"),
      IPYTHONDIR: join(home, "ipython"),
    },
    output: "piped",
  });
  const said = Promise.all([collect(jupyter.stdout), collect(jupyter.stderr)]);
  let ended = false;
  jupyter.status.then(() => ended = true);
  async function stop(): Promise<string> {
    await stopFrontEnd(jupyter);
    return (await said).join("");
  }
  for (const deadline = Date.now() + PATIENCE_MS; !await answers(`${url}/api?token=${token}`);) {
    if (ended || Date.now() > deadline) throw new Error(`Cannot reach Jupyter: ${await stop()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { url, token, stop };
}

/** Registers the Deno kernel alone, without ours around it. */
async function registerDenoKernel(dataPath: string): Promise<void> {
  const folder = join(dataPath, "kernels", "deno");
  await Deno.mkdir(folder, { recursive: true });
  const spec = {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message",
  };
  await Deno.writeTextFile(join(folder, "kernel.json"), JSON.stringify(spec));
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Jupyter prints port 0 as it is given; so the port is picked here, and may be lost to another. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(stream).text();
}
