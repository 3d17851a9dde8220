/** Cells that ask for documentation, as IPython's do: a name with a question mark behind it. */

/** No text of TypeScript ends so. */
const QUESTION = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?\s*$/u;

/** Returns the name that a cell such as `Deno.listen?` asks about; undefined for any other cell. */
export function questionIn(source: string): string | undefined {
  return QUESTION.exec(source)?.[1];
}
