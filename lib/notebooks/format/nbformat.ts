/**
 * nbformat 4 as types, and its reading by the rules of Jupyter's JSON schema: a refusal says where in
 * the notebook a rule is broken. Open `notebook.ts` first, which re-exports the types.
 *
 * @module
 */
import { refusal } from "../../refusal.ts";

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

type Json = Readonly<Record<string, unknown>>;

/** The newest minor version of nbformat 4: the one that gave cells an id. */
export const NBFORMAT_MINOR = 5;

const CELL_ID = /^[a-zA-Z0-9-_]{1,64}$/;
const JSON_MIME = /^application\/(.*\+)?json$/;

const CELL_KEYS: Record<Cell["cell_type"], readonly string[]> = {
  code: ["cell_type", "execution_count", "id", "metadata", "outputs", "source"],
  markdown: ["attachments", "cell_type", "id", "metadata", "source"],
  raw: ["attachments", "cell_type", "id", "metadata", "source"],
};

const OUTPUT_KEYS: Record<Output["output_type"], readonly string[]> = {
  stream: ["name", "output_type", "text"],
  display_data: ["data", "metadata", "output_type"],
  execute_result: ["data", "execution_count", "metadata", "output_type"],
  error: ["ename", "evalue", "output_type", "traceback"],
};

/** Returns the notebook that `value`, a notebook file's JSON, describes. */
export function readNotebook(value: unknown): Notebook {
  const place = "the notebook";
  const notebook = readObject(value, "a notebook is an object", place);
  if (notebook.nbformat !== 4) refuse("nbformat is 4", notebook.nbformat, place);
  const minor = notebook.nbformat_minor;
  if (typeof minor !== "number" || !(Number.isInteger(minor) && minor >= 0 && minor <= 5)) {
    refuse(`nbformat_minor is a whole number from 0 to ${NBFORMAT_MINOR}`, minor, place);
  }
  knowKeys(notebook, ["cells", "metadata", "nbformat", "nbformat_minor"], "a notebook", place);
  const cells = readArray(notebook.cells, "cells", place).map((cell, index) =>
    readCell(cell, `cell ${index + 1}`, minor < 5 ? `cell-${index + 1}` : undefined)
  );
  const places = new Map<string, number>();
  for (const [index, { id }] of cells.entries()) {
    const first = places.get(id);
    if (first !== undefined) {
      refuse(`each cell has an id of its own, cell ${first} has this one`, id, `cell ${index + 1}`);
    }
    places.set(id, index + 1);
  }
  return { metadata: readObject(notebook.metadata, "metadata is an object", place), cells };
}

function readCell(value: unknown, place: string, newId: string | undefined): Cell {
  const cell = readObject(value, "a cell is an object", place);
  const { cell_type: type } = cell;
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    refuse(`cell_type is "code", "markdown" or "raw"`, type, place);
  }
  knowKeys(cell, CELL_KEYS[type], `a ${type} cell`, place);
  const id = cell.id ?? newId;
  if (typeof id !== "string" || !CELL_ID.test(id)) {
    refuse("a cell's id is 1 to 64 of a-z, A-Z, 0-9, - and _", id, place);
  }
  const common = {
    id,
    metadata: readObject(cell.metadata, "metadata is an object", place),
    source: readText(cell.source, "source", place),
  };
  if (type === "code") return { cell_type: type, ...common, ...readExecution(cell, place) };
  if (cell.attachments === undefined) return { cell_type: type, ...common };
  const files = readObject(cell.attachments, "attachments is an object", place);
  const attachments = Object.fromEntries(
    Object.entries(files).map(([name, data]) => [name, readMimeData(data, name, place)]),
  );
  return { cell_type: type, ...common, attachments };
}

function readExecution(
  cell: Json,
  place: string,
): Pick<CodeCell, "execution_count" | "outputs"> {
  return {
    execution_count: readCount(cell.execution_count, place),
    outputs: readArray(cell.outputs, "outputs", place).map((output, index) =>
      readOutput(output, `output ${index + 1} of ${place}`)
    ),
  };
}

function readOutput(value: unknown, place: string): Output {
  const output = readObject(value, "an output is an object", place);
  const { output_type: type } = output;
  switch (type) {
    case "stream":
    case "display_data":
    case "execute_result":
    case "error":
      knowKeys(output, OUTPUT_KEYS[type], `an output of type ${type}`, place);
  }
  switch (type) {
    case "stream":
      return {
        output_type: type,
        name: readString(output.name, "name", place),
        text: readText(output.text, "text", place),
      };
    case "display_data":
      return { output_type: type, ...readShown(output, place) };
    case "execute_result":
      return {
        output_type: type,
        ...readShown(output, place),
        execution_count: readCount(output.execution_count, place),
      };
    case "error":
      return {
        output_type: type,
        ename: readString(output.ename, "ename", place),
        evalue: readString(output.evalue, "evalue", place),
        traceback: readArray(output.traceback, "traceback", place).map((line) =>
          readString(line, "a line of a traceback", place)
        ),
      };
    default:
      refuse(
        `output_type is "stream", "display_data", "execute_result" or "error"`,
        type,
        place,
      );
  }
}

function readShown(output: Json, place: string): { data: MimeData; metadata: Json } {
  return {
    data: readMimeData(output.data, "data", place),
    metadata: readObject(output.metadata, "metadata is an object", place),
  };
}

function readMimeData(value: unknown, name: string, place: string): MimeData {
  const data = readObject(value, `${name} is an object`, place);
  return Object.fromEntries(
    Object.entries(data).map((
      [mime, content],
    ) => [mime, JSON_MIME.test(mime) ? content : readText(content, mime, place)]),
  );
}

function readCount(value: unknown, place: string): number | null {
  if (value === null || (Number.isInteger(value) && (value as number) >= 0)) {
    return value as number | null;
  }
  refuse("execution_count is a whole number or null", value, place);
}

/** In the file, text is one string or a list of lines that keep their ends. */
function readText(value: unknown, name: string, place: string): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) {
    return value.join("");
  }
  refuse(`${name} is text or a list of lines`, value, place);
}

function readString(value: unknown, name: string, place: string): string {
  return typeof value === "string" ? value : refuse(`${name} is text`, value, place);
}

function readArray(value: unknown, name: string, place: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(`${name} is a list`, value, place);
}

function readObject(value: unknown, rule: string, place: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  refuse(rule, value, place);
}

/** An unknown key would be lost on writing, so it is refused. */
function knowKeys(object: Json, known: readonly string[], what: string, place: string): void {
  const key = Object.keys(object).find((key) => !known.includes(key));
  if (key !== undefined) refuse(`${what} has ${known.join(", ")}`, key, place);
}

function refuse(rule: string, got: unknown, place: string): never {
  const text = JSON.stringify(got) ?? "nothing";
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw refusal(SyntaxError, {
    cannot: "Cannot read a notebook",
    rule,
    part: `${shown} in ${place}`,
  });
}
