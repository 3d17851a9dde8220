/**
 * Runs a notebook from its first cell to its last in a Deno kernel, and says where it stopped.
 *
 * @module
 */
import { SourceMap, stripTypeScriptTypes } from "node:module";
import { Script } from "node:vm";
import { type Kernel, KernelError } from "../kernel/kernel.ts";
import type { CodeCell, Notebook, Output } from "../format/notebook.ts";

/** How a notebook is run. */
export interface RunOptions {
  /** The notebook's name, as in "02_ports". */
  readonly name: string;
  /** How long one cell may take, in milliseconds; 120,000 by default. */
  readonly cellTimeout?: number;
  /** Called before each code cell with its number, from 1, and how many there are. */
  readonly onCell?: (cell: number, cells: number) => void;
}

/** Where and why a notebook stopped. */
export interface Failure {
  /** The code cell's number, from 1, as in `In [1]`; 0 if the notebook did not start. */
  readonly cell: number;
  /** The cell's line, from 1, where it is known. */
  readonly line: number | undefined;
  /** The cell's text. */
  readonly source: string;
  /** The error, with its stack where that helps. */
  readonly error: string;
}

/** The result of running a notebook. */
export interface NotebookRun {
  /** The notebook's name. */
  readonly name: string;
  /** The notebook with the outputs of the cells that ran. */
  readonly notebook: Notebook;
  /** How many of its code cells were run, the failing one included. */
  readonly cells: number;
  /** How long that took, in milliseconds. */
  readonly milliseconds: number;
  /** Where it stopped; undefined if it ran to its end. */
  readonly failure: Failure | undefined;
}

const CELL_MS = 120_000;

/** Runs a notebook's code cells one after another; the first that fails ends it. */
export async function runNotebook(
  notebook: Notebook,
  kernel: Kernel,
  options: RunOptions,
): Promise<NotebookRun> {
  const started = performance.now();
  const total = notebook.cells.filter((cell) => cell.cell_type === "code").length;
  let count = 0;
  let failure: Failure | undefined;
  const cells = [];
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code" || failure) {
      cells.push(
        cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell,
      );
      continue;
    }
    count++;
    options.onCell?.(count, total);
    const outputs = await runCell(cell, kernel, options.cellTimeout ?? CELL_MS);
    cells.push({ ...cell, execution_count: count, outputs: outputs.map(numbered(count)) });
    const error = outputs.find((output) => output.output_type === "error");
    if (error) failure = explain(count, cell.source, error);
  }
  const milliseconds = performance.now() - started;
  return {
    name: options.name,
    notebook: { ...notebook, cells },
    cells: count,
    milliseconds,
    failure,
  };
}

async function runCell(
  cell: CodeCell,
  kernel: Kernel,
  timeout: number,
): Promise<readonly Output[]> {
  if (cell.source.trim() === "") return [];
  try {
    return (await kernel.execute(cell.source, { timeout })).outputs;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { name, message } = error;
    return [{ output_type: "error", ename: name, evalue: message, traceback: [] }];
  }
}

/** Replaces the kernel's count, which includes the runner's barriers. */
function numbered(count: number): (output: Output) => Output {
  return (output) =>
    output.output_type === "execute_result" ? { ...output, execution_count: count } : output;
}

function explain(
  cell: number,
  source: string,
  { ename, evalue, traceback }: Output & { output_type: "error" },
): Failure {
  const stack = traceback.join("\n").trim();
  if (stack) return { cell, source, ...placeInCell(stack, source) };
  // The kernel does not say why a text does not parse.
  const said = evalue === "Execution failed" ? syntaxError(source) : undefined;
  return { cell, source, line: undefined, error: `${ename}: ${evalue}`, ...said };
}

/** Says why a cell does not parse: as TypeScript, or as the JavaScript that is left of it. */
function syntaxError(source: string): Pick<Failure, "line" | "error"> | undefined {
  try {
    new Script(`(async () => {${stripTypeScriptTypes(source, { mode: "transform" })}\n})`);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Node's stripper puts the place at the end: "at file:///stripTypeScriptTypes.ts:2:7".
    const [text, line] = /^([^]*?)\s+at \S+:(\d+):\d+\s*$/.exec(error.message)?.slice(1) ?? [];
    return {
      line: line === undefined ? undefined : Number(line),
      error: text ?? `${error.name}: ${error.message}`,
    };
  }
}

/**
 * Finds the cell's own line in a stack: the outermost frame, since functions of other cells are within
 * it. The kernel runs a cell as JavaScript that was printed again without blank lines and types, and
 * counts lines in that; Node's type stripper uses the same printer, and has a source map.
 */
function placeInCell(stack: string, source: string): { line: number | undefined; error: string } {
  const frame = [...stack.matchAll(/<anonymous>:(\d+):(\d+)/g)].at(-1);
  if (!frame) return { line: undefined, error: stack };
  const printed = stripTypeScriptTypes(source, { mode: "transform", sourceMap: true });
  const map = printed.match(/sourceMappingURL=data:application\/json;base64,(\S+)\s*$/)?.[1];
  const entry = new SourceMap(JSON.parse(atob(map!)))
    .findEntry(Number(frame[1]) - 1, Number(frame[2]) - 1);
  if (!("originalLine" in entry)) return { line: undefined, error: stack };
  const line = entry.originalLine + 1;
  const after = stack.slice(frame.index + frame[0].length);
  return { line, error: `${stack.slice(0, frame.index)}the cell, line ${line}${after}` };
}

/** Returns a failure as text: where, the cell with its line marked, the error. */
export function failureText(name: string, failure: Failure): string {
  const { cell, line, source, error } = failure;
  if (cell === 0) return error;
  const where = line === undefined ? `cell ${cell}` : `cell ${cell}, line ${line}`;
  const lines = source.split("\n").map((text, index) => {
    const mark = index + 1 === line ? ">" : " ";
    return `${mark} ${String(index + 1).padStart(3)} | ${text}`;
  });
  return [`${name}, ${where}:`, "", ...lines, "", error].join("\n");
}
