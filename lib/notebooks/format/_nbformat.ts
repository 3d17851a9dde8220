/** Reading nbformat 4: what Jupyter's JSON schema asks for, each breach told with its place. */
import type { Cell, CodeCell, MimeData, Notebook, Output } from "./notebook.ts";

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

/** Text stands in the file as one string or as a list of lines that keep their ends. */
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

/** What is not known would be lost on writing, so it is refused. */
function knowKeys(object: Json, known: readonly string[], what: string, place: string): void {
  const key = Object.keys(object).find((key) => !known.includes(key));
  if (key !== undefined) refuse(`${what} has ${known.join(", ")}`, key, place);
}

function refuse(rule: string, got: unknown, place: string): never {
  const text = JSON.stringify(got) ?? "nothing";
  const part = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new SyntaxError(`Cannot read a notebook: ${rule}, got ${part} in ${place}`);
}
