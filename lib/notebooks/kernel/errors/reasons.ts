/**
 * The reason for an error for which nothing was thrown: the cell was not run at all, since it does not
 * parse, or it did not end by itself.
 *
 * @module
 */
import { parse } from "@babel/parser";
import { stripTypeScriptTypes } from "node:module";
import type { Place } from "../cells/edited_text.ts";
import { type CellError, markedLine, type TracedCell } from "./cell_error.ts";

/** An error whose place is known. */
export interface PlacedError extends CellError {
  /** The line in the cell, from 1. */
  readonly line?: number;
}

/** All that the Deno kernel says where it has nothing to say. */
const NO_REASON = "Execution failed";

/**
 * Returns the error of a cell that has thrown nothing.
 *
 * @param error What the Deno kernel said of it
 * @param isStopped Whether its user has stopped it
 */
export function withoutThrown(
  { source, label }: Pick<TracedCell, "source" | "label">,
  error: CellError,
  isStopped = false,
): PlacedError {
  const syntax = syntaxError(source, `cell ${label}, `);
  if (syntax) return syntax;
  if (error.evalue !== NO_REASON) return error;
  const ename = isStopped ? "Stopped" : "Error";
  const evalue = isStopped
    ? "The cell was stopped. Its variables keep their values"
    : "Deno ended the cell and gave no reason. " +
      "The cell may have awaited a promise that can no longer settle";
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}

/**
 * Returns why a cell does not parse; undefined if it does.
 *
 * @param cell What stands before the line: "cell 3, "
 */
export function syntaxError(source: string, cell = ""): PlacedError | undefined {
  const found = printerError(source) ?? parserError(source);
  if (found === undefined) return undefined;
  const { message, place } = found;
  const hint = hintFor(source, place);
  const traceback = [`SyntaxError: ${message}`];
  if (place) traceback.push(`    at ${cell}line ${place.line}`, ...markedLine(source, place));
  if (hint !== undefined) traceback.push(hint);
  return { ename: "SyntaxError", evalue: message, traceback, line: place?.line };
}

interface Found {
  readonly message: string;
  readonly place?: Place;
}

/** What the printer says that the Deno kernel uses too: its words are plainer than the parser's. */
function printerError(source: string): Found | undefined {
  try {
    stripTypeScriptTypes(source, { mode: "transform" });
    return undefined;
  } catch (error) {
    // Not always a SyntaxError. It puts the place at the end: "at file:///stripTypeScriptTypes.ts:2:7".
    const said = /^(?:SyntaxError: )?(.*)[^]*?\s+at \S+:(\d+):(\d+)\s*$/.exec(
      `${(error as Error).message}`,
    );
    if (!said) return undefined;
    return { message: said[1]!, place: { line: Number(said[2]), column: Number(said[3]) } };
  }
}

/** The parser knows more rules: a name is not declared twice, and `return` stands in a function. */
function parserError(source: string): Found | undefined {
  try {
    parse(source, { sourceType: "module", plugins: ["typescript"] });
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { loc } = error as SyntaxError & {
      readonly loc?: { readonly line: number; readonly column: number };
    };
    return {
      message: error.message.replace(/\.?\s*\(\d+:\d+\)$/, ""),
      place: loc && { line: loc.line, column: loc.column + 1 },
    };
  }
}

const CLOSING = [")", "}", "]", "`", '"', "'", "*/"];
const MAX_CLOSING = 3;

/** Returns what to do about an error that beginners often make. */
function hintFor(source: string, place: Place | undefined): string | undefined {
  const character = place && source.split("\n")[place.line - 1]?.[place.column - 1];
  if (character && "“”„‘’".includes(character)) {
    return `Code needs straight quotes, " or '. This one is curly: ${character}`;
  }
  const missing = missingEnd(source);
  return missing && `The cell is incomplete: add ${missing} at the end.`;
}

/** Returns what completes a cell, if a few closing characters at its end do. */
function missingEnd(source: string): string | undefined {
  let tried = [""];
  for (let length = 1; length <= MAX_CLOSING; length++) {
    tried = tried.flatMap((before) => CLOSING.map((closing) => before + closing));
    // A quote and another one are a text of their own, and do not end one.
    const found = tried.find((end) =>
      !/(["'`]).*\1/.test(end) && parserError(source + end) === undefined
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
