/**
 * Whether a text is a whole cell, so that a console knows whether to run it or to wait for more lines.
 *
 * @module
 */
import { parse } from "@babel/parser";

/** What a text is, as an is_complete_reply says it. */
export type Completeness =
  | { readonly status: "complete" | "invalid" }
  | {
    readonly status: "incomplete";
    /** What the next line begins with. */
    readonly indent: string;
  };

/** What the parser says where a text ends in the middle of something, wherever it then points to. */
const UNFINISHED: ReadonlySet<string> = new Set([
  "NoCatchOrFinally",
  "UnterminatedComment",
  "UnterminatedTemplate",
]);

const INDENT = "  ";

/** Returns whether a text is a whole cell, the beginning of one, or neither. */
export function completeness(source: string): Completeness {
  try {
    parse(source, { sourceType: "module", plugins: ["typescript"] });
    return { status: "complete" };
  } catch (error) {
    const { reasonCode, pos } = error as { readonly reasonCode?: string; readonly pos?: number };
    if (pos === undefined) throw error;
    const isUnfinished = UNFINISHED.has(reasonCode ?? "") || source.slice(pos).trim() === "";
    return isUnfinished
      ? { status: "incomplete", indent: indentAfter(source) }
      : { status: "invalid" };
  }
}

/** A line is indented like the last one, and further after one that opens something. */
function indentAfter(source: string): string {
  const last = source.trimEnd().split("\n").at(-1)!;
  const own = last.slice(0, last.length - last.trimStart().length);
  return /(?:[({[]|=>)$/.test(last.trimEnd()) ? own + INDENT : own;
}
