/**
 * Jupyter notebooks as files: .ipynb in and out, format 4.5.
 * Source: https://nbformat.readthedocs.io/en/latest/format_description.html
 *
 * @module
 */

/** Something that a cell has shown. */
export type Output =
  | { readonly output_type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
    readonly output_type: "display_data";
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
  }
  | {
    readonly output_type: "execute_result";
    readonly execution_count: number | null;
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
  }
  | {
    readonly output_type: "error";
    readonly ename: string;
    readonly evalue: string;
    readonly traceback: readonly string[];
  };

/** A cell of text. */
export interface TextCell {
  /** Prose in Markdown, or text that is left alone. */
  readonly cell_type: "markdown" | "raw";
  /** Names the cell within its notebook. */
  readonly id: string;
  /** What front ends keep with the cell. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The cell's text. */
  readonly source: string;
}

/** A cell of code. */
export interface CodeCell {
  /** Code. */
  readonly cell_type: "code";
  /** Names the cell within its notebook. */
  readonly id: string;
  /** What front ends keep with the cell. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The cell's text. */
  readonly source: string;
  /** What it has shown. */
  readonly outputs: readonly Output[];
  /** When it was run last, counted in cells; null if never. */
  readonly execution_count: number | null;
}

/** One cell of a notebook. */
export type Cell = TextCell | CodeCell;

/** A notebook. */
export interface Notebook {
  /** The cells, from top to bottom. */
  readonly cells: readonly Cell[];
  /** What holds for the whole notebook, its kernel among it. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What the notebooks of this course say of themselves: the Deno kernel's own words. */
const METADATA = {
  kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
  language_info: {
    codemirror_mode: "typescript",
    file_extension: ".ts",
    mimetype: "text/x.typescript",
    name: "typescript",
    nbconvert_exporter: "script",
    pygments_lexer: "typescript",
  },
};

/**
 * Reads a notebook.
 *
 * @throws {SyntaxError} If the text is no JSON, no notebook of format 4, or has a broken cell
 *
 * @example The cells of a notebook
 * ```ts
 * import { formatNotebook, newNotebook, parseNotebook } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatNotebook(newNotebook([{ cell_type: "code", source: "1 + 1" }]));
 * assertEquals(parseNotebook(text).cells[0]?.source, "1 + 1");
 * ```
 */
export function parseNotebook(text: string): Notebook {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read the notebook: it is JSON, got ${(error as Error).message}`);
  }
  if (!isRecord(json) || json.nbformat !== 4 || !Array.isArray(json.cells)) {
    const got = isRecord(json) ? `nbformat ${json.nbformat}` : JSON.stringify(json).slice(0, 20);
    throw new SyntaxError(`Cannot read the notebook: it has nbformat 4 and cells, got ${got}`);
  }
  const metadata = isRecord(json.metadata) ? json.metadata : {};
  return { cells: json.cells.map(parseCell), metadata };
}

/** Returns the text of a notebook as Jupyter itself writes it. */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => {
    const { cell_type, id, metadata } = cell;
    const source = splitLines(cell.source);
    if (cell.cell_type !== "code") return { cell_type, id, metadata, source };
    const { execution_count } = cell;
    return { cell_type, execution_count, id, metadata, outputs: cell.outputs.map(split), source };
  });
  const { metadata } = notebook;
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** Returns a notebook for the Deno kernel that nobody has run yet. */
export function newNotebook(cells: readonly Pick<Cell, "cell_type" | "source">[]): Notebook {
  return {
    cells: cells.map(({ cell_type, source }, index) => {
      const id = `cell-${String(index + 1).padStart(2, "0")}`;
      const cell = { id, metadata: {}, source };
      if (cell_type !== "code") return { ...cell, cell_type };
      return { ...cell, cell_type, outputs: [], execution_count: null };
    }),
    metadata: METADATA,
  };
}

/** Returns a notebook as it is committed: as if nobody had run it. */
export function withoutOutputs(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell
  );
  return { ...notebook, cells };
}

function parseCell(cell: unknown, index: number): Cell {
  function refuse(rule: string, got: unknown): never {
    throw new SyntaxError(
      `Cannot read the notebook: ${rule}, got ${JSON.stringify(got)} in cell ${index + 1}`,
    );
  }
  if (!isRecord(cell)) refuse("a cell is an object", cell);
  const { cell_type } = cell;
  const source = joinLines(cell.source) ?? refuse("a cell's source is text", cell.source);
  const id = typeof cell.id === "string" ? cell.id : `cell-${index + 1}`;
  const metadata = isRecord(cell.metadata) ? cell.metadata : {};
  if (cell_type === "markdown" || cell_type === "raw") return { cell_type, id, metadata, source };
  if (cell_type !== "code") refuse("a cell is markdown, code or raw", cell_type);
  const execution_count = typeof cell.execution_count === "number" ? cell.execution_count : null;
  const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
  return { cell_type, id, metadata, source, execution_count, outputs: outputs.map(parseOutput) };

  function parseOutput(output: unknown): Output {
    if (!isRecord(output)) refuse("an output is an object", output);
    const metadata = isRecord(output.metadata) ? output.metadata : {};
    const data = isRecord(output.data) ? joinData(output.data) : {};
    switch (output.output_type) {
      case "stream": {
        const text = joinLines(output.text) ?? refuse("a stream's text is text", output.text);
        const name = output.name === "stderr" ? "stderr" : "stdout";
        return { output_type: "stream", name, text };
      }
      case "display_data":
        return { output_type: "display_data", data, metadata };
      case "execute_result": {
        const { execution_count } = output;
        const count = typeof execution_count === "number" ? execution_count : null;
        return { output_type: "execute_result", execution_count: count, data, metadata };
      }
      case "error": {
        const { ename, evalue, traceback } = output;
        const lines = Array.isArray(traceback) ? traceback.map(String) : [];
        return {
          output_type: "error",
          ename: String(ename),
          evalue: String(evalue),
          traceback: lines,
        };
      }
      default:
        return refuse(
          "an output is stream, display_data, execute_result or error",
          output.output_type,
        );
    }
  }
}

function split(output: Output): unknown {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.entries(output.data).map(([mime, value]) =>
    [mime, typeof value === "string" ? splitLines(value) : value] as const
  );
  return { ...output, data: Object.fromEntries(data) };
}

function joinData(data: Record<string, unknown>): Record<string, unknown> {
  // A list is lines of text, but for the types whose value is JSON itself.
  return Object.fromEntries(
    Object.entries(data).map((
      [mime, value],
    ) => [mime, mime.endsWith("json") ? value : joinLines(value) ?? value]),
  );
}

function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function joinLines(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || value.some((line) => typeof line !== "string")) return undefined;
  return value.join("");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
