/** A notebook in a page of JupyterLab or Notebook 7, which share the objects in their pages. */
import type { Browser, Page } from "playwright-core";
import { type Notebook, type Output, parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { PATIENCE_MS, type Server } from "./_server.ts";

/** How long a page may take to open before it is loaded once more, in milliseconds. */
const OPENING_MS = 30_000;

/** The front end's own object in its page, by the option `expose_app_in_browser`, as far as it is used. */
interface JupyterWindow {
  jupyterapp: {
    commands: { execute(command: string, args?: unknown): Promise<unknown> };
    shell: { currentWidget: Panel | null };
  };
}

interface Panel {
  readonly context: {
    readonly path: string;
    readonly isReady: boolean;
    readonly model: { toJSON(): unknown; readonly dirty: boolean };
    save(): Promise<void>;
  };
  readonly content: {
    activeCellIndex: number;
    mode: "command" | "edit";
    readonly widgets: readonly CellWidget[];
    deselectAll(): void;
  };
  readonly sessionContext: {
    readonly session:
      | { readonly kernel: { readonly id: string; readonly status: string } | null }
      | null;
    readonly kernelDisplayName: string;
  };
}

interface CellWidget {
  readonly prompt?: string;
  readonly model: { sharedModel: { setSource(source: string): void } };
  readonly node: {
    querySelectorAll(selectors: string): ArrayLike<{ readonly textContent: string }>;
  };
}

/** Where the address of a notebook is. */
export const PATHS = { "JupyterLab 4": "lab/tree", "Notebook 7": "notebooks" } as const;

/** The front ends that have such a page. */
export type PageFrontEnd = keyof typeof PATHS;

/** One notebook in a page of its own. */
export class NotebookPage implements AsyncDisposable {
  /** What the page reported as errors. */
  readonly problems: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.problems.push(String(error)));
  }

  /** Opens a notebook and waits until its kernel is idle. */
  static async open(
    browser: Browser,
    { server, frontEnd, name }: {
      readonly server: Server;
      readonly frontEnd: PageFrontEnd;
      readonly name: string;
    },
  ): Promise<NotebookPage> {
    const opened = new NotebookPage(
      await browser.newPage({ viewport: { width: 1280, height: 900 } }),
    );
    await opened.page.goto(`${server.url}/${PATHS[frontEnd]}/${name}?reset&token=${server.token}`);
    try {
      await opened.idle(OPENING_MS);
    } catch (error) {
      if ((error as Error).name !== "TimeoutError") throw error;
      // On a busy machine a page was seen that did not connect; the kernel is the same after this.
      console.warn(`${frontEnd} is loaded once more: it had no idle kernel in ${OPENING_MS} ms`);
      await opened.page.reload();
      await opened.idle();
    }
    opened.problems.length = 0; // of the front end itself, while it starts
    return opened;
  }

  /** Waits until the notebook is there and its kernel has nothing to do. */
  async idle(timeout?: number): Promise<void> {
    await this.page.waitForFunction(
      () => {
        const { jupyterapp } = globalThis as unknown as Partial<JupyterWindow>;
        const panel = jupyterapp?.shell.currentWidget;
        return panel?.context?.isReady &&
          panel.sessionContext?.session?.kernel?.status === "idle" &&
          panel.content.widgets.every((cell) => cell.prompt !== "*");
      },
      undefined,
      timeout === undefined ? {} : { timeout },
    );
  }

  /** Waits until the kernel runs a cell. */
  async busy(): Promise<void> {
    await this.page.waitForFunction(() =>
      (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.sessionContext
        .session!
        .kernel!.status === "busy"
    );
  }

  /** Runs a command of the front end's menus. */
  async command(name: string, args: unknown = {}): Promise<void> {
    await this.page.evaluate(
      ([name, args]) =>
        void (globalThis as unknown as JupyterWindow).jupyterapp.commands.execute(
          name as string,
          args,
        ),
      [
        name,
        args,
      ],
    );
  }

  /** Runs all cells, and waits until they have run. */
  async runAll(): Promise<void> {
    await this.startAll();
    await this.idle();
  }

  /** Begins to run all cells. */
  async startAll(): Promise<void> {
    await this.command("notebook:run-all-cells");
    // A cell waits as soon as it is sent.
    await this.page.waitForFunction(() =>
      (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.content.widgets.some(
        (
          cell,
        ) => cell.prompt !== undefined && cell.prompt !== "",
      )
    );
  }

  /** Selects a cell, by its index from 0. */
  async select(index: number): Promise<void> {
    await this.page.evaluate((index) => {
      const { content } = (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!;
      content.deselectAll();
      content.activeCellIndex = index;
      content.mode = "command";
    }, index);
  }

  /** Gives a cell another source. */
  async edit(index: number, source: string): Promise<void> {
    await this.page.evaluate(
      ([index, source]) =>
        (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.content
          .widgets[index as number]!.model.sharedModel.setSource(source as string),
      [
        index,
        source,
      ],
    );
  }

  /** Begins to run one cell. */
  async start(index: number): Promise<void> {
    await this.select(index);
    await this.command("notebook:run-cell");
  }

  /** Runs one cell, and waits until it has run. */
  async run(index: number): Promise<readonly string[]> {
    await this.start(index);
    await this.page.waitForFunction((index) => {
      const { content } = (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!;
      return /^\d/.test(content.widgets[index]!.prompt ?? "");
    }, index);
    await this.idle();
    return outputLines(await this.notebook())[index]!;
  }

  /** Waits until a cell shows a text. */
  async shows(index: number, text: string): Promise<void> {
    await this.page.waitForFunction(([index, text]) => {
      const { content } = (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!;
      const shown = content.widgets[index as number]!.node.querySelectorAll(
        ".jp-OutputArea-output",
      );
      return Array.from(shown).some(({ textContent }) => textContent.includes(text as string));
    }, [index, text]);
  }

  /** Presses Shift-Tab behind the last word of a cell, and returns what is shown about it. */
  async explain(index: number): Promise<string> {
    await this.select(index);
    await this.command("notebook:enter-edit-mode");
    const editor = this.page.locator(".jp-Notebook-cell.jp-mod-active .cm-content");
    // It is there before its text is rendered.
    const help = this.page.locator(".jp-Tooltip", { hasText: /\S/ });
    // On a busy machine the first question is answered with nothing, and the next one at once.
    for (let tries = 0; tries < 20; tries++) {
      await editor.press("Control+End");
      await editor.press("Shift+Tab");
      try {
        return await help.innerText({ timeout: 5_000 });
      } catch (error) {
        if ((error as Error).name !== "TimeoutError") throw error;
      }
    }
    throw new Error("Shift-Tab shows nothing");
  }

  /** Restarts the kernel by the menu, and waits until the new one is there. */
  async restart(): Promise<void> {
    await this.command("kernelmenu:restart");
    await this.page.locator(".jp-Dialog .jp-mod-accept").click();
    await this.page.waitForFunction(() =>
      (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.sessionContext
        .session!
        .kernel!.status !== "idle"
    );
    await this.idle();
  }

  /** Returns the notebook as the page has it now. */
  async notebook(): Promise<Notebook> {
    const text = await this.page.evaluate(() =>
      JSON.stringify(
        (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.context.model
          .toJSON(),
      )
    );
    return parseNotebook(text);
  }

  /** Returns how many elements each cell shows for a selector. */
  async count(selector: string): Promise<number[]> {
    return await this.page.evaluate(
      (selector) =>
        (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.content.widgets
          .map((
            { node },
          ) => node.querySelectorAll(selector).length),
      selector,
    );
  }

  /** Saves the notebook. */
  async save(): Promise<void> {
    await this.page.evaluate(() =>
      (globalThis as unknown as JupyterWindow).jupyterapp.shell.currentWidget!.context.save()
    );
  }

  /** Presses the button of the toolbar that stops a cell. */
  async stop(): Promise<void> {
    await this.page.locator('[data-command="notebook:interrupt-kernel"]').first().click();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}

/** Returns what each cell has put out, as lines of plain text. */
export function outputLines({ cells }: Notebook): string[][] {
  return cells.map((cell) => cell.cell_type === "code" ? cell.outputs.flatMap(linesOf) : []);
}

function linesOf(output: Output): string[] {
  switch (output.output_type) {
    case "stream":
      return output.text.split("\n").filter((line) => line !== "");
    case "error":
      return [`${output.ename}: ${output.evalue}`];
    default:
      return String(output.data["text/plain"]).split("\n");
  }
}
