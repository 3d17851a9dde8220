/**
 * `deno task kernel [--remove]`: installs our kernel for all front ends of this user, VS Code included,
 * or takes it out again.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isRefusal } from "../refusal.ts";
import { jupyterDataFolder } from "../notebooks/front_ends/jupyter_data.ts";
import {
  installKernel,
  KERNEL_NAME,
  kernelSpec,
  removeKernel,
} from "../notebooks/front_ends/kernel_spec.ts";

const USAGE = "Usage: deno task kernel [--remove]";
const WRONG_USAGE = 2;
const MEGABYTE = 1_000_000;

const { values } = readArguments();
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const dataPath = resolve(jupyterDataFolder());
try {
  if (values.remove) {
    const folder = await removeKernel(dataPath);
    console.log(
      folder === undefined
        ? `There is no kernel "${KERNEL_NAME}" in ${dataPath}`
        : `Removed ${folder}`,
    );
  } else {
    const { folder, copiedBytes } = await installKernel(dataPath);
    const { display_name } = kernelSpec(Deno.execPath());
    console.log(`Installed the kernel "${display_name}" in ${folder}`);
    console.log(
      "To use it, open one of the course's notebooks in Jupyter or VS Code and choose this kernel.",
    );
    if (copiedBytes !== undefined) {
      const size = Math.round(copiedBytes / MEGABYTE);
      console.log(
        `Deno was copied there too (${size} MB), because the cache that it ran from may be emptied`,
      );
    }
  }
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(
    isRefusal(error)
      ? error.message
      : `Cannot ${values.remove ? "remove" : "install"} the kernel in ${dataPath}: ` +
        error.message.split("\n")[0],
  );
  Deno.exit(1);
}

function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      options: { help: { type: "boolean", short: "h" }, remove: { type: "boolean" } },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    Deno.exit(WRONG_USAGE);
  }
}
