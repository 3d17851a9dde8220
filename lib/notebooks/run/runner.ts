/**
 * Runs a notebook from its first cell to its last in a Deno kernel, and says where it stopped.
 *
 * @module
 */
import { type Execution, type Kernel, KernelError } from "../kernel/kernel.ts";
import type { Cell, CodeCell, Notebook, Output } from "../format/notebook.ts";

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
  const runs = new Map<Cell, Pick<Execution, "outputs">>();
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code" || failure) continue;
    count++;
    options.onCell?.(count, total);
    const ran = await runCell(cell, kernel, options.cellTimeout ?? CELL_MS);
    runs.set(cell, ran);
    failure = failureOf(count, cell.source, ran);
  }
  // Only now, since what a cell has started may have shown more in it meanwhile.
  const numbers = [...runs.keys()];
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== "code") return cell;
    const outputs = runs.get(cell)?.outputs;
    if (outputs === undefined) return { ...cell, outputs: [], execution_count: null };
    const number = numbers.indexOf(cell) + 1;
    return { ...cell, execution_count: number, outputs: outputs.map(numbered(number)) };
  });
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
): Promise<Pick<Execution, "outputs" | "failure">> {
  if (cell.source.trim() === "") return { outputs: [] };
  try {
    return await kernel.execute(cell.source, { timeout });
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { name, message } = error;
    return { outputs: [{ output_type: "error", ename: name, evalue: message, traceback: [] }] };
  }
}

/** Replaces the kernel's count, which does not include empty cells. */
function numbered(count: number): (output: Output) => Output {
  return (output) =>
    output.output_type === "execute_result" ? { ...output, execution_count: count } : output;
}

/** A cell may also show an error by itself, as one in a timer, and run to its end. */
function failureOf(
  cell: number,
  source: string,
  { outputs, failure }: Pick<Execution, "outputs" | "failure">,
): Failure | undefined {
  if (failure && failure.traceback.length > 0) {
    return { cell, source, line: failure.line, error: failure.traceback.join("\n") };
  }
  const shown = outputs.find((output) => output.output_type === "error");
  if (shown === undefined) return undefined;
  const { ename, evalue, traceback } = shown;
  const error = traceback.length > 0 ? traceback.join("\n") : `${ename}: ${evalue}`;
  return { cell, source, line: undefined, error };
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
