/** Finding programs as a shell would. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Yields each executable file called `name` in the folders of PATH, in PATH's order. */
export function* findPrograms(name: string): Generator<string> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, Deno.build.os === "windows" ? `${name}.exe` : name);
    if (isExecutable(path)) yield path;
  }
}

/** Returns the program that a shell would run for `name`; undefined if there is none. */
export function findProgram(name: string): string | undefined {
  return findPrograms(name).next().value ?? undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
