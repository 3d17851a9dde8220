/** Runs a notebook in the classic Jupyter Notebook as a learner does: in a browser, by Run All. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { registerKernel, startFrontEnd, stopFrontEnd } from "../../lib/notebooks/front_end.ts";
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

/**
 * Runs all cells of the notebook at `path` in a copy beside it, for the Deno kernel finds its deno.json
 * from there, and cells find what they read.
 */
export async function runInClassic(
  path: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<ClassicRun> {
  const { timeoutMs = 120_000 } = options;
  const folder = dirname(path);
  const name = `_check_${crypto.randomUUID()}.ipynb`;
  await Deno.copyFile(path, join(folder, name));
  const home = await Deno.makeTempDir({ prefix: "classic-" });
  try {
    await using jupyter = await startJupyter(folder, home);
    await using browser = await openBrowser();
    const page = await browser.newPage();
    page.setDefaultTimeout(timeoutMs);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(`${jupyter.url}/notebooks/${name}?token=${jupyter.token}`);
    await runAll(page);
    return { ...await readPage(page), problems };
  } finally {
    await Deno.remove(join(folder, name));
    await Deno.remove(home, { recursive: true });
  }
}

/** Runs code cells with these sources in a notebook of the project. */
export async function runCellsInClassic(...sources: readonly string[]): Promise<ClassicRun> {
  const cells = sources.map((source, index): Cell => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  }));
  const path = join(NOTEBOOKS, `_check_${crypto.randomUUID()}.ipynb`);
  await Deno.writeTextFile(path, formatNotebook({ metadata: DENO_METADATA, cells }));
  try {
    return await runInClassic(path);
  } finally {
    await Deno.remove(path);
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

async function startJupyter(folder: string, home: string) {
  const dataPath = join(home, "data");
  await registerKernel(dataPath);
  const port = freePort();
  const token = crypto.randomUUID();
  const url = `http://127.0.0.1:${port}`;
  const jupyter = startFrontEnd({
    program: programFor("jupyter-notebook"),
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
  for (const deadline = Date.now() + 30_000; !await answers(`${url}/api?token=${token}`);) {
    if (ended || Date.now() > deadline) throw new Error(`Cannot reach Jupyter: ${await stop()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { url, token, [Symbol.asyncDispose]: async () => void await stop() };
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
