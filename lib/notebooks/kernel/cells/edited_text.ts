/**
 * Texts that were edited, which know where each of their places was before.
 *
 * @module
 */
import { SourceMap, stripTypeScriptTypes } from "node:module";

/** Edits of a text, as magic-string makes them. */
export interface Edits {
  /** Returns the text that they make. */
  toString(): string;
  /** Returns where its places were. */
  generateMap(options: { readonly hires: true }): { toString(): string };
}

/** A place in a text. */
export interface Place {
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

/** A text that was edited. */
export interface EditedText {
  /** The text. */
  readonly text: string;
  /** Returns where a place of it was before the edit; undefined if that is not known. */
  before(place: Place): Place | undefined;
}

/** Returns a text that was not changed. */
export function unedited(text: string): EditedText {
  return { text, before: (place) => place };
}

/** Returns the text that edits have made; where its places were is only worked out when asked for. */
export function editedText(edit: Edits): EditedText {
  let map: SourceMap | undefined;
  return {
    text: edit.toString(),
    before(place) {
      map ??= new SourceMap(JSON.parse(edit.generateMap({ hires: true }).toString()));
      return before(map, place);
    },
  };
}

/** Returns `second`, an edit of the text of `first`, as an edit of what `first` was made from. */
export function inTurn(first: EditedText, second: EditedText): EditedText {
  return {
    text: second.text,
    before(place) {
      const between = second.before(place);
      return between && first.before(between);
    },
  };
}

/**
 * Returns a text as the Deno kernel prints it before it runs it: without types and blank lines. Node's
 * type stripper uses the same printer. A text that it cannot read, as one with JSX, counts as unchanged.
 */
export function printedText(text: string): EditedText {
  try {
    const printed = stripTypeScriptTypes(text, { mode: "transform", sourceMap: true });
    const at = printed.lastIndexOf("\n//# sourceMappingURL=");
    const encoded = printed.slice(printed.indexOf(",", at) + 1).trim();
    const json = new TextDecoder().decode(Uint8Array.fromBase64(encoded));
    const map = new SourceMap(JSON.parse(json));
    return { text: printed.slice(0, at), before: (place) => before(map, place) };
  } catch {
    return unedited(text);
  }
}

/** For each line of a text that was edited, the line from which its first mapped character came. */
export function linesBefore({ text, before }: EditedText): number[] {
  let last = 1;
  return text.split("\n").map((content, index) => {
    const first = content.length - content.trimStart().length + 1;
    last = before({ line: index + 1, column: first })?.line ?? last;
    return last;
  });
}

function before(map: SourceMap, { line, column }: Place): Place | undefined {
  const entry = map.findEntry(line - 1, column - 1);
  if (!("originalLine" in entry) || entry.originalLine === undefined) return undefined;
  return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
