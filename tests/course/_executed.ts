/** A notebook of the course, run live. */
import { assert } from "@std/assert";
import { Kernel } from "../../lib/notebooks/kernel/kernel.ts";
import { type Notebook, parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { failureText, runNotebook } from "../../lib/notebooks/run/runner.ts";

const folder = new URL("../../notebooks/", import.meta.url);

/** Runs a notebook and returns it with its outputs. */
export async function executed(name: string): Promise<Notebook> {
  await using kernel = await Kernel.start({ cwd: folder });
  const notebook = parseNotebook(await Deno.readTextFile(new URL(`${name}.ipynb`, folder)));
  const { notebook: done, failure } = await runNotebook(notebook, kernel, { name });
  assert(!failure, failure && failureText(name, failure));
  return done;
}
