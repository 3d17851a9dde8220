/**
 * Type-checks the code cells of notebooks: the cells of one notebook are joined into one module, and
 * the compiler's problems are reported by cell and line.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ChildResult, runChild } from "../../program/child_process.ts";

/** The code cells of one notebook. */
export interface CellSources {
  /** The notebook's name, as in "02_ports". */
  readonly name: string;
  /** The texts of its code cells, in order. */
  readonly sources: readonly string[];
}

/** A problem that the compiler or the linter finds in a cell. */
export interface CellProblem {
  /** The notebook's name. */
  readonly name: string;
  /** The code cell's number, from 1. */
  readonly cell: number;
  /** The line in the cell, from 1. */
  readonly line: number;
  /** What is wrong. */
  readonly message: string;
}

/** How cells are checked. */
export interface CheckOptions {
  /** The folder of the notebooks: its deno.json, or that of a parent, applies to the cells. */
  readonly folder: string | URL;
}

/** Returns a problem as one line of text: "02_ports, cell 7, line 3: …". */
export function problemText({ name, cell, line, message }: CellProblem): string {
  return `${name}, cell ${cell}, line ${line}: ${message}`;
}

/**
 * Type-checks and lints the cells of notebooks, all notebooks at once.
 *
 * @throws {Error} If the compiler fails otherwise, or finds a problem in a module that the cells import
 */
export async function checkCells(
  notebooks: readonly CellSources[],
  options: CheckOptions,
): Promise<CellProblem[]> {
  const folder = options.folder instanceof URL ? fileURLToPath(options.folder) : options.folder;
  const modules = notebooks.map((notebook) => {
    const path = join(folder, `_check_${notebook.name}_${crypto.randomUUID()}.ts`);
    return { ...notebook, path, ...joinCells(notebook.sources) };
  });
  try {
    await Promise.all(modules.map(({ path, text }) => Deno.writeTextFile(path, text)));
    const paths = modules.map(({ path }) => path);
    const said = await Promise.all([typeProblems(paths, folder), lintProblems(paths, folder)]);
    return said.flat().map(({ path, line, message }) => {
      const module = modules.find((module) => path === pathToFileURL(module.path).href);
      if (!module) throw new Error(`Cannot check the cells: ${path}:${line} has ${message}`);
      const cell = module.firstLines.findLastIndex((first) => first <= line);
      const lineOfCell = line - module.firstLines[cell]! + 1;
      return { name: module.name, cell: cell + 1, line: lineOfCell, message };
    }).sort((a, b) => a.name.localeCompare(b.name) || a.cell - b.cell || a.line - b.line);
  } finally {
    for (const { path } of modules) await Deno.remove(path).catch(() => {});
  }
}

/** Returns the cells as the text of one module, and the line at which each begins, from 1. */
export function joinCells(sources: readonly string[]): { text: string; firstLines: number[] } {
  const firstLines: number[] = [];
  let text = "export {};\n";
  for (const source of sources) {
    firstLines.push(text.split("\n").length);
    // Without the semicolon, the next cell could continue this one's last statement.
    text += `${source}\n;\n`;
  }
  return { text, firstLines };
}

/** A problem in a module, by the module's own lines. */
export interface ModuleProblem {
  /** The module's address. */
  readonly path: string;
  /** The line in the module, from 1. */
  readonly line: number;
  /** What is wrong. */
  readonly message: string;
}

async function typeProblems(paths: readonly string[], cwd: string): Promise<ModuleProblem[]> {
  const { success, stderr } = await deno(["check", "--quiet", ...paths], cwd);
  const problems = parseTypeErrors(stderr);
  if (!success && problems.length === 0) {
    throw new Error(`Cannot check the cells: ${stderr.trim()}`);
  }
  return problems;
}

/** Reads the output of `deno check`: a message, the source line, its mark, then "at file:///…:line:column". */
export function parseTypeErrors(text: string): ModuleProblem[] {
  const problems: ModuleProblem[] = [];
  let said: string[] = [];
  for (const line of text.split("\n")) {
    const at = line.match(/^\s*at (file:\/\/.*?):(\d+):\d+\s*$/);
    if (/^(?:TS\d+ \[ERROR\]|error): /.test(line)) {
      said = [line.replace(/^error: /, "")];
    } else if (at && said.length > 0) {
      // A line that is very long is not shown, and then nothing is marked in it.
      const isMarked = /^\s*[~^]+\s*$/.test(said.at(-1)!);
      const message = said[0]!.startsWith("SyntaxError")
        ? said[0]!
        : said.slice(0, isMarked ? -2 : undefined).join("\n");
      problems.push({ path: at[1]!, line: Number(at[2]), message });
      said = [];
    } else if (said.length > 0) {
      said.push(line);
    }
  }
  return problems;
}

async function lintProblems(paths: readonly string[], cwd: string): Promise<ModuleProblem[]> {
  const { stdout } = await deno(["lint", "--json", ...paths], cwd);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: LintDiagnostic[] };
  return diagnostics.map(({ filename, range, message, code }) => ({
    path: filename,
    line: range.start.line,
    message: `${message} (${code})`,
  }));
}

interface LintDiagnostic {
  readonly filename: string;
  readonly range: { readonly start: { readonly line: number } };
  readonly message: string;
  readonly code: string;
}

function deno(args: readonly string[], cwd: string): Promise<ChildResult> {
  return runChild([Deno.execPath(), ...args], { cwd, env: { NO_COLOR: "1" }, timeout: LIMIT_MS });
}

/** A cold cache and a busy machine take minutes. */
const LIMIT_MS = 600_000;
