/**
 * Jupyter notebooks as values: read from `.ipynb` text and written as Jupyter writes it.
 *
 * The properties bear nbformat's own names (`cell_type`, `execution_count`), so a value is what the
 * file holds, save that text is one string here and a list of lines there.
 *
 * @see {@link https://nbformat.readthedocs.io/en/latest/format_description.html}
 * @module
 */
import { sortedJson } from "./_json.ts";
import { NBFORMAT_MINOR, readNotebook } from "./_nbformat.ts";

/** Free-form facts about a notebook, a cell or an output. */
export type Metadata = Readonly<Record<string, unknown>>;

/** One value in several forms, by MIME type: text as a string, JSON types as any value. */
export type MimeData = Readonly<Record<string, unknown>>;

/** A notebook of nbformat 4.5. */
export interface Notebook {
  /** Facts about the notebook; {@linkcode DENO_METADATA} in those of the Deno kernel. */
  readonly metadata: Metadata;
  /** The cells, in reading order. */
  readonly cells: readonly Cell[];
}

/** A cell of any type. */
export type Cell = CodeCell | MarkdownCell | RawCell;

/** What cells of every type have. */
export interface CellBase {
  /** 1 to 64 letters, digits, hyphens and underscores; no other cell of the notebook has it. */
  readonly id: string;
  /** Facts about the cell: its tags, for example. */
  readonly metadata: Metadata;
  /** The text of the cell, lines joined. */
  readonly source: string;
}

/** A cell that the kernel runs. */
export interface CodeCell extends CellBase {
  /** Tells the type of the cell. */
  readonly cell_type: "code";
  /** The kernel's count of executions when it ran the cell; null if it has not been run. */
  readonly execution_count: number | null;
  /** What came out, in order of arrival. */
  readonly outputs: readonly Output[];
}

/** A cell of prose. */
export interface MarkdownCell extends CellBase {
  /** Tells the type of the cell. */
  readonly cell_type: "markdown";
  /** Files that the prose shows, by name. */
  readonly attachments?: Readonly<Record<string, MimeData>>;
}

/** A cell that is neither run nor rendered. */
export interface RawCell extends CellBase {
  /** Tells the type of the cell. */
  readonly cell_type: "raw";
  /** Files that belong to the cell, by name. */
  readonly attachments?: Readonly<Record<string, MimeData>>;
}

/** What a code cell put out. */
export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

/** Text that a cell logged. */
export interface StreamOutput {
  /** Tells the type of the output. */
  readonly output_type: "stream";
  /** "stdout" or "stderr". */
  readonly name: string;
  /** The text, lines joined. */
  readonly text: string;
}

/** A value that a cell displayed while it ran. */
export interface DisplayOutput {
  /** Tells the type of the output. */
  readonly output_type: "display_data";
  /** The value in each of its forms. */
  readonly data: MimeData;
  /** Facts about the forms. */
  readonly metadata: Metadata;
}

/** The value on which a cell ended. */
export interface ResultOutput {
  /** Tells the type of the output. */
  readonly output_type: "execute_result";
  /** The value in each of its forms. */
  readonly data: MimeData;
  /** Facts about the forms. */
  readonly metadata: Metadata;
  /** The kernel's count of executions. */
  readonly execution_count: number | null;
}

/** What a cell threw. */
export interface ErrorOutput {
  /** Tells the type of the output. */
  readonly output_type: "error";
  /** The name of the error: "TypeError". */
  readonly ename: string;
  /** The message of the error. */
  readonly evalue: string;
  /** The stack, often with ANSI colours. */
  readonly traceback: readonly string[];
}

/** The metadata of a notebook that the Deno kernel runs, as the kernel of this Deno reports it. */
export const DENO_METADATA: Metadata = {
  kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
  language_info: {
    name: "typescript",
    version: Deno.version.typescript,
    mimetype: "text/x.typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    codemirror_mode: "typescript",
    nbconvert_exporter: "script",
  },
};

/**
 * Reads the text of an `.ipynb` file of nbformat 4.0 to 4.5. Cells older than 4.5 have no ids and
 * are given "cell-1", "cell-2" and so on. What nbformat's schema does not know is refused, for it
 * could not be written again.
 *
 * @throws {SyntaxError} If the text is not JSON or not a notebook; the message says what and where
 *
 * @example The cells of a notebook
 * ```ts
 * import { DENO_METADATA, formatNotebook, parseNotebook } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatNotebook({
 *   metadata: DENO_METADATA,
 *   cells: [{ cell_type: "markdown", id: "title", metadata: {}, source: "# Ports\n\nA question." }],
 * });
 * assertEquals(parseNotebook(text).cells[0]!.source, "# Ports\n\nA question.");
 * ```
 */
export function parseNotebook(text: string): Notebook {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw new SyntaxError(`Cannot read a notebook: its text is JSON, got ${message}`, { cause });
  }
  return readNotebook(json);
}

/**
 * Returns the text of the notebook's `.ipynb` file, as Jupyter would write it: keys sorted, one space
 * a level, text as a list of lines, a line feed at the end. `deno fmt` leaves the layout alone.
 *
 * @example Text stands as lines
 * ```ts
 * import { formatNotebook } from "./notebook.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const text = formatNotebook({
 *   metadata: {},
 *   cells: [{ cell_type: "raw", id: "a", metadata: {}, source: "one\ntwo" }],
 * });
 * assertStringIncludes(text, `"source": [\n    "one\\n",\n    "two"\n   ]`);
 * ```
 */
export function formatNotebook(notebook: Notebook): string {
  const metadata = omit(notebook.metadata, "orig_nbformat", "orig_nbformat_minor", "signature");
  const cells = notebook.cells.map(fileCell);
  return `${sortedJson({ cells, metadata, nbformat: 4, nbformat_minor: NBFORMAT_MINOR })}\n`;
}

/**
 * Returns a notebook for the Deno kernel that nobody has run yet.
 *
 * @example A notebook of two cells
 * ```ts
 * import { newNotebook } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = newNotebook([
 *   { cell_type: "markdown", source: "# Six times seven?" },
 *   { cell_type: "code", source: "6 * 7" },
 * ]);
 * assertEquals(notebook.cells.map((cell) => cell.id), ["cell-01", "cell-02"]);
 * ```
 */
export function newNotebook(
  cells: readonly { readonly cell_type: "code" | "markdown"; readonly source: string }[],
): Notebook {
  return {
    metadata: DENO_METADATA,
    cells: cells.map(({ cell_type, source }, index) => {
      const id = `cell-${String(index + 1).padStart(2, "0")}`;
      const cell = { id, metadata: {}, source };
      if (cell_type === "markdown") return { ...cell, cell_type };
      return { ...cell, cell_type, outputs: [], execution_count: null };
    }),
  };
}

/**
 * Returns the notebook as one commits it: no outputs, no execution counts and no times of execution.
 *
 * @example A notebook that was run
 * ```ts
 * import { withoutOutputs } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = { cell_type: "code", id: "a", metadata: {}, source: "6 * 7" } as const;
 * const data = { "text/plain": "42" };
 * const result = { output_type: "execute_result", data, metadata: {}, execution_count: 1 } as const;
 * const ran = { metadata: {}, cells: [{ ...cell, execution_count: 1, outputs: [result] }] };
 * assertEquals(withoutOutputs(ran).cells, [{ ...cell, execution_count: null, outputs: [] }]);
 * ```
 */
export function withoutOutputs(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell): Cell => {
    if (cell.cell_type !== "code") return cell;
    const metadata = omit(cell.metadata, "execution");
    return { ...cell, metadata, execution_count: null, outputs: [] };
  });
  return { ...notebook, cells };
}

/** Jupyter marks trusted cells in memory only, so that a file cannot claim to be trusted. */
function fileCell(cell: Cell): unknown {
  const common = { ...cell, metadata: omit(cell.metadata, "trusted"), source: lines(cell.source) };
  if (cell.cell_type === "code") return { ...common, outputs: cell.outputs.map(fileOutput) };
  if (cell.attachments === undefined) return common;
  const attachments = Object.entries(cell.attachments).map((
    [name, data],
  ) => [name, fileData(data)]);
  return { ...common, attachments: Object.fromEntries(attachments) };
}

function fileOutput(output: Output): unknown {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: lines(output.text) };
    case "display_data":
    case "execute_result":
      return { ...output, data: fileData(output.data) };
    case "error":
      return output;
  }
}

const SPLIT_MIME = /^text\/|^application\/javascript$|^image\/svg\+xml$/;

function fileData(data: MimeData): MimeData {
  return Object.fromEntries(
    Object.entries(data).map(([mime, content]) => [
      mime,
      SPLIT_MIME.test(mime) && typeof content === "string" ? lines(content) : content,
    ]),
  );
}

/** Jupyter is written in Python, whose `splitlines` knows more line ends than the line feed. */
// deno-lint-ignore no-control-regex
const LINE_END = /(?<=\r\n|\r(?!\n)|[\n\v\f\x1c-\x1e\x85\u2028\u2029])/;

function lines(text: string): string[] {
  return text === "" ? [] : text.split(LINE_END);
}

function omit(metadata: Metadata, ...keys: readonly string[]): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !keys.includes(key)));
}
