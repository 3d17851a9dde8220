/** A notebook of five cells: this course's runner beside nbconvert, each with a kernel of its own. */
import { Kernel } from "../../lib/notebooks/kernel/kernel.ts";
import { formatNotebook, newNotebook } from "../../lib/notebooks/format/notebook.ts";
import { runNotebook } from "../../lib/notebooks/run/runner.ts";
import { findPrograms } from "../../lib/program/find_program.ts";
import type { Table } from "../../lib/show/table.ts";
import { compare, type MissingSubject, type Subject } from "./compare.ts";

const folder = new URL("../../notebooks/", import.meta.url);

export default async function notebookRun(): Promise<Table> {
  const cells = [1, 2, 3, 4, 5].map((n) => ({ cell_type: "code" as const, source: `${n} * ${n}` }));
  const notebook = newNotebook(cells);
  const subjects: (Subject | MissingSubject)[] = [{
    name: "deno task notebooks",
    async run() {
      await using kernel = await Kernel.start({ cwd: folder });
      const { failure } = await runNotebook(notebook, kernel, { name: "bench" });
      if (failure) throw new Error(failure.error);
    },
  }];
  const data = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${data}/kernels/deno`, { recursive: true });
    const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript" };
    await Deno.writeTextFile(`${data}/kernels/deno/kernel.json`, JSON.stringify(spec));
    await Deno.writeTextFile(`${data}/five.ipynb`, formatNotebook(notebook));
    subjects.push(await nbconvert(data));
    return await compare("Run a notebook of five cells", { subjects, rounds: 7 });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

async function nbconvert(data: string): Promise<Subject | MissingSubject> {
  const name = "nbconvert --execute";
  const python = findPrograms("python3").map((path) => [path, "-m", "nbconvert"]);
  // Debian's nbconvert is a module without a command of its own.
  for (const [command, ...words] of [["jupyter", "nbconvert"], ...python]) {
    const convert = new Deno.Command(command!, {
      args: [...words, "--to", "notebook", "--execute", `${data}/five.ipynb`, "--output", "out"],
      env: { JUPYTER_PATH: data },
      stdout: "null",
      stderr: "null",
    });
    try {
      if ((await convert.output()).success) return { name, run: () => convert.output() };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { name, missing: "nbconvert, or it fails" };
}
