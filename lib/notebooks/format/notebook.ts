/**
 * Jupyter notebooks as values: read from `.ipynb` text and written as Jupyter writes it.
 *
 * The properties have nbformat's own names (`cell_type`, `execution_count`), so a value is what the
 * file holds, except that text is one string here and a list of lines there.
 *
 * @see {@link https://nbformat.readthedocs.io/en/latest/format_description.html}
 * @module
 */
import { refusal } from "../../refusal.ts";
import {
  type Cell,
  type Metadata,
  type MimeData,
  NBFORMAT_MINOR,
  type Notebook,
  type Output,
  readNotebook,
} from "./nbformat.ts";

export type {
  Cell,
  CellBase,
  CodeCell,
  DisplayOutput,
  ErrorOutput,
  MarkdownCell,
  Metadata,
  MimeData,
  Notebook,
  Output,
  RawCell,
  ResultOutput,
  StreamOutput,
} from "./nbformat.ts";

/**
 * The metadata of a notebook that our kernel runs, or the Deno kernel alone: where only one kernel of this
 * language is installed, front ends with a page take that one without a question.
 */
export const DENO_METADATA: Metadata = {
  kernelspec: { name: "fourtuple", display_name: "Deno (fourtuple)", language: "typescript" },
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
 * are given "cell-1", "cell-2" and so on. What nbformat's schema does not have is refused, since it
 * would be lost when the notebook is written.
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
    throw refusal(SyntaxError, {
      cannot: "Cannot read a notebook",
      rule: "its text is JSON",
      part: message,
    });
  }
  return readNotebook(json);
}

/**
 * Returns the text of the notebook's `.ipynb` file, as Jupyter would write it: keys sorted, one space
 * a level, text as a list of lines, a line feed at the end. `deno fmt` leaves the layout alone.
 *
 * @example Text is written as lines
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
 * Returns a notebook for the Deno kernel that has not been run.
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
 * Returns the notebook as it is committed: no outputs, no execution counts and no times of execution.
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

/**
 * Returns `value` as JSON text as Jupyter lays it out: keys sorted, one space a level. Properties that
 * are `undefined` are left out.
 */
function sortedJson(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = `${indent} `;
  const [open, close, items] = Array.isArray(value)
    ? ["[", "]", value.map((item) => sortedJson(item, inner))]
    : ["{", "}", sortedProperties(value, inner)];
  if (items.length === 0) return open + close;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** A sorted copy of the object would not do: JavaScript puts keys like "9" first, by value. */
function sortedProperties(object: object, indent: string): string[] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${JSON.stringify(key)}: ${sortedJson(value, indent)}`);
}
