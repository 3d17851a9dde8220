/**
 * Type-checks a text that is not in a file, so that nothing is left on the disk.
 *
 * @module
 */
import { runChild } from "../../program/child_process.ts";
import { type ModuleProblem, parseTypeErrors } from "./cell_check.ts";

/** How a text is checked. */
export interface TypeCheckOptions {
  /** The folder in which the text would be a module; its deno.json, or that of a parent, applies. */
  readonly folder: string | URL;
  /** How long the compiler may take, in milliseconds. */
  readonly timeout: number;
  /** Ends the compiler. */
  readonly signal?: AbortSignal;
}

/** An error on purpose: Deno never runs a program in which the type checker finds one. */
const NEVER_RUN = "\n;export const neverRun: never = 1;\n";

/**
 * Returns what the type checker says of a text, by the text's own lines.
 *
 * `deno check` takes files only, so the text goes to `deno run --check -`. It is never run, and it would
 * have no permissions.
 *
 * @throws {Error} If the compiler does not answer in time, or fails
 */
export async function checkText(
  text: string,
  { folder, timeout, signal }: TypeCheckOptions,
): Promise<ModuleProblem[]> {
  const words = [Deno.execPath(), "run", "--check", "--no-prompt", "--quiet", "-"];
  const { stderr } = await runChild(words, {
    cwd: folder,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    input: text + NEVER_RUN,
    timeout,
    signal,
  });
  const ownLines = text.split("\n").length;
  const problems = parseTypeErrors(stderr);
  if (problems.length === 0) throw new Error(`Cannot check the text: ${stderr.trim()}`);
  return problems.filter(({ path, line }) => path.endsWith("$deno$stdin.mts") && line <= ownLines);
}
