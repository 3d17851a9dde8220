/**
 * The JSON of a notebook's file, with all that other programs have written into it.
 *
 * `format/notebook.ts` refuses what nbformat does not have; here it stays, since the file is a learner's.
 *
 * @module
 */

/** An object of a notebook's file. */
export type Json = Readonly<Record<string, unknown>>;

/** A notebook's file, as far as its cells go. */
export interface NotebookJson extends Json {
  /** The cells. */
  readonly cells: readonly Json[];
  /** Facts about the notebook. */
  readonly metadata: Json;
}

/** What JavaScript has and TypeScript's types do not know yet. */
const json = JSON as unknown as {
  parse(
    text: string,
    revive: (key: string, value: unknown, at: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: object): boolean;
};

/**
 * Reads the text of a notebook's file. Numbers that JavaScript would write in another way, such as
 * `1.0`, stay as they are.
 *
 * @throws {SyntaxError} If the text is not JSON
 * @throws {TypeError} If it is not a notebook in nbformat 4
 */
export function readJson(text: string): NotebookJson {
  const value = json.parse(text, (_key, value, { source }) => {
    if (typeof value !== "number" || String(value) === source) return value;
    return json.rawJSON(source!);
  }) as NotebookJson;
  const isNotebook = value?.nbformat === 4 && isObject(value.metadata) &&
    Array.isArray(value.cells) &&
    value.cells.every((cell) => isObject(cell) && isObject(cell.metadata));
  if (!isNotebook) throw new TypeError("it is not a notebook in nbformat 4");
  return value;
}

/** Returns the text of a notebook's file, laid out as Jupyter does it. */
export function jsonText(notebook: NotebookJson): string {
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

/** Whether two values are the same JSON, in whatever order their keys are. */
export function isSame(a: unknown, b: unknown): boolean {
  return sortedText(a) === sortedText(b);
}

/** Returns a value as text that does not depend on the order of keys. It need not be JSON. */
export function sortedText(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || json.isRawJSON(value)) return value;
  const pairs = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return { object: pairs.map(([key, each]) => [key, sorted(each)]) };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
