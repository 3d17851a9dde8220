/** `deno task jupyter [options of Jupyter]`: opens the notebooks in the Jupyter that is installed. */
import { fileURLToPath } from "node:url";
import { isRefusal } from "../refusal.ts";
import { findFrontEnd, registerKernel, runFrontEnd } from "../notebooks/front_ends/front_end.ts";

const root = new URL("../../", import.meta.url);
const folder = fileURLToPath(new URL("notebooks", root));
const dataPath = fileURLToPath(new URL(".jupyter", root));

const program = findFrontEnd();
if (program === undefined) {
  console.error(
    "No Jupyter on PATH: install one by `pip install jupyterlab` or `apt install jupyter-notebook`,\n" +
      "or open notebooks/ in VS Code with its Jupyter extension; `deno task notebooks` needs neither.",
  );
  Deno.exit(1);
}
try {
  await registerKernel(dataPath);
  Deno.exit(await runFrontEnd({ program, folder, dataPath, args: Deno.args }));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // An address that is refused; or a folder that cannot be written, a program that cannot be run.
  const message = isRefusal(error)
    ? error.message
    : `Cannot open Jupyter: ${error.message.split("\n")[0]}. ` +
      `It keeps its files in ${dataPath}; "deno task notebooks" needs no Jupyter`;
  console.error(message);
  Deno.exit(1);
}
