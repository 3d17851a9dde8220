/** What our kernel costs beside the bare Deno kernel, as a Jupyter client sees it: a cell, and much output. */
import {
  formatConnectionFile,
  newConnectionFile,
} from "../../lib/notebooks/kernel/wire/connection_file.ts";
import { JupyterClient, kernelCommand } from "../notebooks/kernel/_jupyter_client.ts";
import { compare, type Subject } from "./compare.ts";

/** One cell alone takes a millisecond or two: too little for a clock on a busy machine. */
const CELLS = 25;
const CHARACTERS = 990_000;
const MILLION = 'console.log("x".repeat(1_000_000))';
const LINES = 'for (let i = 0; i < 10_000; i++) console.log("x".repeat(99))';

export default async function kernel(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await using bare = await Kernel.start(folder, "bare");
    await using ours = await Kernel.start(folder, "ours");
    const subjects = (run: (client: JupyterClient) => Promise<number | void>): Subject[] => [
      { name: "the bare Deno kernel", run: () => run(bare.client) },
      { name: "our kernel", run: () => run(ours.client) },
    ];
    const tables = [
      await compare(`A cell (the mean of ${CELLS})`, { subjects: subjects(cell), rounds: 15 }),
      await compare("A million characters in one line", {
        subjects: subjects((client) => show(client, MILLION)),
        rounds: 5,
      }),
      await compare("A million characters in 10,000 lines", {
        subjects: subjects((client) => show(client, LINES)),
        rounds: 5,
      }),
    ];
    return tables.join("\n\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function cell(client: JupyterClient): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < CELLS; i++) await client.run(`${i} * ${i}`);
  return (performance.now() - started) / CELLS;
}

/** The bare kernel says "idle" before all of its output is out. */
async function show(client: JupyterClient, code: string): Promise<void> {
  const id = await client.execute(code);
  let length = 0;
  let isIdle = false;
  await client.until("iopub", ({ header, parentHeader, content }) => {
    if (header.msg_type === "stream") length += content.text.replaceAll("\n", "").length;
    if (parentHeader.msg_id === id) isIdle ||= content.execution_state === "idle";
    return isIdle && length >= CHARACTERS;
  });
  await client.reply("shell", id);
}

class Kernel implements AsyncDisposable {
  readonly client: JupyterClient;
  readonly #child: Deno.ChildProcess;

  private constructor(client: JupyterClient, child: Deno.ChildProcess) {
    this.client = client;
    this.#child = child;
  }

  static async start(folder: string, kind: "bare" | "ours"): Promise<Kernel> {
    const file = newConnectionFile();
    const path = `${folder}/${kind}.json`;
    await Deno.writeTextFile(path, formatConnectionFile(file));
    const child = new Deno.Command(Deno.execPath(), {
      args: kind === "ours" ? kernelCommand(path) : ["jupyter", "--kernel", "--conn", path],
      cwd: folder,
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", JPY_PARENT_PID: `${Deno.pid}` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const client = await JupyterClient.open(file, "bench", { welcomes: kind === "ours" });
      return new Kernel(client, child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.send("control", "shutdown_request", { restart: false });
    await this.#child.status;
    this.client[Symbol.dispose]();
  }
}
