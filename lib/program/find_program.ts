/**
 * Finding a program as a shell does.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where to look for a program. */
export interface FindOptions {
  /** Folders, separated as in PATH; by default PATH itself. */
  readonly path?: string | undefined;
  /** The folder that a relative path starts from; by default the working directory. */
  readonly cwd?: string | URL | undefined;
}

/**
 * Returns the path of the program that a shell would run for `name`; `undefined` if there is none. A
 * name with a slash is a path itself.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not read PATH, or the files in its folders
 * (`--allow-env`, `--allow-read`)
 */
export function findProgram(name: string, options: FindOptions = {}): string | undefined {
  if (isAbsolute(name) || name.includes("/")) {
    const { cwd = "." } = options;
    const path = resolve(cwd instanceof URL ? fileURLToPath(cwd) : cwd, name);
    return isProgram(path) ? path : undefined;
  }
  return findPrograms(name, options).next().value ?? undefined;
}

/**
 * Yields the path of each program called `name` in the folders of PATH, in PATH's order.
 *
 * @throws {Deno.errors.NotCapable} As {@linkcode findProgram} does
 */
export function* findPrograms(name: string, options: FindOptions = {}): Generator<string> {
  const { path = Deno.env.get("PATH") ?? "" } = options;
  const file = Deno.build.os === "windows" && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  for (const folder of path.split(delimiter)) {
    if (folder !== "" && isProgram(join(folder, file))) yield join(folder, file);
  }
}

/** PATH may have folders that are not there, may not be read, or are no folders. */
const NO_PROGRAM = ["ENOENT", "EACCES", "ENOTDIR", "ELOOP", "ENAMETOOLONG"];

function isProgram(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (NO_PROGRAM.includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}
