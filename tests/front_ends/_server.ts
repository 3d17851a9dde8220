/** A real Jupyter on a folder of its own inside the project, where cells find deno.json. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startFrontEnd, stopFrontEnd } from "../../lib/notebooks/front_ends/front_end.ts";
import { registerKernel } from "../../lib/notebooks/front_ends/kernel_spec.ts";
import { formatNotebook, newNotebook, type Notebook } from "../../lib/notebooks/format/notebook.ts";

/** Only a failure takes so long. */
export const PATIENCE_MS = 60_000;

/** Where learners work; Deno and git leave it alone. The language server has no help in .jupyter/. */
const WORK = fileURLToPath(new URL("../../work", import.meta.url));

/** A folder for notebooks in the project, with a home for Jupyter beside it. */
export class Workplace implements Disposable {
  readonly #root: string;
  /** Where the notebooks are. */
  readonly folder: string;
  /** The environment in which Jupyter keeps its files here, and finds our kernel and no other. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of Jupyter's data. */
  readonly dataPath: string;

  private constructor(root: string) {
    this.#root = root;
    this.folder = join(root, "work");
    this.dataPath = join(root, "data");
    Deno.mkdirSync(this.folder);
    this.env = {
      HOME: root,
      IPYTHONDIR: join(root, "ipython"),
      JUPYTER_CONFIG_DIR: join(root, "config"),
      JUPYTER_DATA_DIR: this.dataPath,
      JUPYTER_RUNTIME_DIR: join(root, "runtime"),
      // The caches of this user's Deno and browser, whatever HOME is
      DENO_DIR: denoFolder(),
    };
  }

  /** Makes one, with our kernel. */
  static async make(): Promise<Workplace> {
    await Deno.mkdir(WORK, { recursive: true });
    const workplace = new Workplace(await Deno.makeTempDir({ dir: WORK, prefix: "_check_" }));
    await registerKernel(workplace.dataPath);
    // JupyterLab asks the network for news of itself, and whether there is a newer version.
    const settings = join(workplace.env.JUPYTER_CONFIG_DIR!, "labconfig");
    await Deno.mkdir(settings, { recursive: true });
    await Deno.writeTextFile(
      join(settings, "page_config.json"),
      JSON.stringify({
        disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true },
      }),
    );
    return workplace;
  }

  /** Puts the Deno kernel in place of ours, as `deno jupyter --install` does, until that is disposed of. */
  withDenoKernel(): Disposable {
    const kernels = join(this.dataPath, "kernels");
    const [ours, hidden, deno] = ["fourtuple", "../hidden", "deno"].map((name) =>
      join(kernels, name)
    );
    Deno.renameSync(ours!, hidden!);
    Deno.mkdirSync(deno!);
    const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript" };
    Deno.writeTextFileSync(join(deno!, "kernel.json"), JSON.stringify(spec));
    return {
      [Symbol.dispose]() {
        Deno.removeSync(deno!, { recursive: true });
        Deno.renameSync(hidden!, ours!);
      },
    };
  }

  /** Writes a notebook, cells or all of it, and returns its file's name. */
  write(name: string, cells: readonly string[] | Notebook): string {
    const notebook = "cells" in cells
      ? cells
      : newNotebook(cells.map((source) => ({ cell_type: "code", source })));
    Deno.writeTextFileSync(join(this.folder, name), formatNotebook(notebook));
    return name;
  }

  /** Changes the text of a notebook, as another program would. */
  replace(name: string, before: string, after: string): void {
    const path = join(this.folder, name);
    Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replaceAll(before, after));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#root, { recursive: true });
  }
}

let denoDir: string | undefined;

function denoFolder(): string {
  if (denoDir === undefined) {
    const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
    denoDir = JSON.parse(new TextDecoder().decode(stdout)).denoDir as string;
  }
  return denoDir;
}

/** A running Jupyter. */
export class Server implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #said: Promise<string[]>;
  /** Its address. */
  readonly url: string;
  /** What a page has to know. */
  readonly token: string;

  private constructor(process: Deno.ChildProcess, url: string, token: string) {
    [this.#process, this.url, this.token] = [process, url, token];
    const text = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(stream).text();
    this.#said = Promise.all([text(process.stdout), text(process.stderr)]);
  }

  /** Starts one, and waits until it answers. */
  static async start(
    program: string,
    workplace: Workplace,
    args: readonly string[] = [],
  ): Promise<Server> {
    const port = freePort();
    const token = crypto.randomUUID();
    const process = startFrontEnd({
      command: [program],
      folder: workplace.folder,
      dataPath: workplace.dataPath,
      args: ["--no-browser", `--port=${port}`, ...args],
      env: { ...workplace.env, JUPYTER_TOKEN: token },
      output: "piped",
    });
    const server = new Server(process, `http://127.0.0.1:${port}`, token);
    await server.#ready();
    return server;
  }

  async #ready(): Promise<void> {
    let hasEnded = false;
    this.#process.status.then(() => hasEnded = true);
    const deadline = performance.now() + PATIENCE_MS;
    while (!await this.#answers()) {
      if (hasEnded || performance.now() > deadline) {
        await stopFrontEnd(this.#process);
        throw new Error(`Cannot reach Jupyter: ${(await this.#said).join("")}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/api?token=${this.token}`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Ends it with its kernels. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stopFrontEnd(this.#process);
    await this.#said;
  }
}

/** Jupyter prints port 0 as it is given; so the port is picked here, and may be lost to another. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
