/**
 * `deno task jupyter [options of Jupyter]`: opens a working copy of the notebooks in the Jupyter that is
 * installed. The copy is brought up to date first; the notebooks themselves are only read.
 */
import { fileURLToPath } from "node:url";
import { isRefusal } from "../refusal.ts";
import { findFrontEnd, runFrontEnd } from "../notebooks/front_ends/front_end.ts";
import { registerKernel } from "../notebooks/front_ends/kernel_spec.ts";
import { reportLine, updateCopies } from "../notebooks/front_ends/working_copies.ts";

const root = new URL("../../", import.meta.url);
const notebooks = fileURLToPath(new URL("notebooks", root));
const work = fileURLToPath(new URL("work", root));
const dataPath = fileURLToPath(new URL(".jupyter", root));

const command = findFrontEnd();
if (command === undefined) {
  console.error(
    "Cannot open Jupyter: there is none on PATH, and no uv or pipx to fetch it. Install it with `pip install jupyterlab`\n" +
      "or `apt install jupyter-notebook`. `deno task notebooks` works without Jupyter.",
  );
  Deno.exit(1);
}
try {
  await registerKernel(dataPath);
  for (const line of (await updateCopies(notebooks, work)).map(reportLine)) {
    if (line !== undefined) console.log(`work/${line}`);
  }
  Deno.exit(await runFrontEnd({ command, folder: work, dataPath, args: Deno.args }));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // An address that is refused; or a folder that cannot be written, a program that cannot be run.
  const message = isRefusal(error)
    ? error.message
    : `Cannot open Jupyter: ${error.message.split("\n")[0]}. ` +
      `Check that you can write to ${dataPath} and ${work}. "deno task notebooks" works without Jupyter`;
  console.error(message);
  Deno.exit(1);
}
