/**
 * The reason for an error of which the Deno kernel says no more than "Execution failed".
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { Script } from "node:vm";
import { type CellError, markedLine } from "./cell_error.ts";

/** An error whose place is known. */
export interface PlacedError extends CellError {
  /** The line in the cell, from 1. */
  readonly line?: number;
}

/** Returns the error of a cell that the Deno kernel did not run, or did not run to its end. */
export function unexplained(source: string): PlacedError {
  const syntax = syntaxError(source);
  if (syntax) return syntax;
  const evalue = "Deno ended the cell without a reason. " +
    "It may have awaited a promise that nothing can settle any more";
  return { ename: "Error", evalue, traceback: [`Error: ${evalue}`] };
}

/** Says why a cell does not parse: as TypeScript, or as the JavaScript that is left of it. */
export function syntaxError(source: string): PlacedError | undefined {
  try {
    new Script(`(async () => {${stripTypeScriptTypes(source, { mode: "transform" })}\n})`);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Node's stripper puts the place at the end: "at file:///stripTypeScriptTypes.ts:2:7".
    const place = /^([^]*?)\s+at \S+:(\d+):(\d+)\s*$/.exec(error.message);
    if (!place) {
      return {
        ename: "SyntaxError",
        evalue: error.message,
        traceback: [`SyntaxError: ${error.message}`],
      };
    }
    const [line, column] = [Number(place[2]), Number(place[3])];
    const evalue = place[1]!.split("\n")[0]!.replace(/^SyntaxError: /, "");
    const traceback = [`SyntaxError: ${evalue}`, ...markedLine(source, { line, column })];
    return { ename: "SyntaxError", evalue, traceback, line };
  }
}
