/**
 * What some tests need of the machine beyond Deno.
 *
 * A test that cannot be tried is told and counted as ignored, never as passed; with `CI=true` it
 * fails, for there everything is meant to be installed.
 *
 * @module
 */
import { findProgram, findPrograms } from "../lib/jupyter/_programs.ts";

interface Need {
  /** The program that meets the need; undefined if the machine has none. */
  readonly program: () => string | undefined;
  /** How to get it. */
  readonly cure: string;
}

const NEEDS = {
  "chromium": {
    program: () => findProgram("chromium"),
    cure: "on Debian: apt-get install chromium",
  },
  "jupyter-notebook": {
    program: () => findProgram("jupyter-notebook"),
    cure: "on Debian: apt-get install jupyter-notebook",
  },
  "python3 with nbformat": {
    program: () => findPrograms("python3").find((python) => runs(python, "-c", "import nbformat")),
    cure: "on Debian: apt-get install python3-nbformat",
  },
} satisfies Record<string, Need>;

/** The name of something that a test may need. */
export type Requirement = keyof typeof NEEDS;

/**
 * Returns the options of a test that needs all of `names`: `{ ignore: true }`, and says so, where one
 * is missing.
 *
 * @throws {Error} If one is missing and `CI` is "true"
 */
export function requires(...names: readonly Requirement[]): { ignore: boolean } {
  const missing = names.filter((name) => NEEDS[name].program() === undefined);
  if (missing.length === 0) return { ignore: false };
  const cures = missing.map((name) => `${name} (${NEEDS[name].cure})`).join(" and ");
  if (Deno.env.get("CI") === "true") throw new Error(`Cannot try a test: it needs ${cures}`);
  console.warn(`A test is not tried here: it needs ${cures}`);
  return { ignore: true };
}

/**
 * Returns the path of the program that meets the need `name`.
 *
 * @throws {Error} If the machine has none
 */
export function programFor(name: Requirement): string {
  const program = NEEDS[name].program();
  if (program === undefined) throw new Error(`Cannot find ${name}: ${NEEDS[name].cure}`);
  return program;
}

function runs(program: string, ...args: readonly string[]): boolean {
  return new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" })
    .outputSync().success;
}
