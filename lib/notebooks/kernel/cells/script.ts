/**
 * The text that the Deno kernel gets for a cell, and where each place of it is in the cell.
 *
 * @module
 */
import { parseExpression } from "@babel/parser";
import MagicString from "magic-string";
import {
  type EditedText,
  editedText,
  inTurn,
  linesBefore,
  type Place,
  printedText,
  unedited,
} from "./edited_text.ts";

/** A cell's text as the Deno kernel runs it. */
export interface CellScript {
  /** The text for the Deno kernel. */
  readonly text: string;
  /** Returns the place in the cell of a place that V8 names; undefined if it is not in the cell. */
  placeInCell(place: Place): Place | undefined;
}

/** How a cell becomes a script. */
export interface ScriptOptions {
  /** The script's address, which V8 names in stacks. */
  readonly address: string;
  /** Changes the cell's text, one after another; each keeps the lines. */
  readonly edits: readonly ((text: string) => EditedText)[];
  /**
   * Returns a statement on one line that comes first, without a value. It gets the cell's line, from 1,
   * for each line that V8 names.
   */
  readonly first: (lines: readonly number[]) => string;
}

const NAME = "//# sourceURL=";

/** Returns the script of a cell. */
export function cellScript(
  source: string,
  { address, edits, first }: ScriptOptions,
): CellScript {
  const edited = [objectAsValue, ...edits].reduce(
    (before, edit) => inTurn(before, edit(before.text)),
    unedited(source),
  );
  const headed = (statement: string) => {
    const edit = new MagicString(edited.text).prepend(`${NAME}${address}\n${statement}\n`);
    // V8 takes the last name, and the cell may have one of its own, as a program that was copied.
    if (edited.text.includes(NAME)) edit.append(`\n${NAME}${address}`);
    return inTurn(edited, editedText(edit));
  };
  // What stands in the first statement does not change the lines, since it is printed as one.
  const printed = inTurn(headed(first([])), printedText(headed(first([])).text));
  return {
    text: headed(first(linesBefore(printed))).text,
    placeInCell: (place) => place.line > HEAD_LINES ? printed.before(place) : undefined,
  };
}

/** How many of the printed lines come before the cell: the comment and the first statement. */
const HEAD_LINES = 2;

/**
 * A cell such as `{ a: 1 }` is an object, as in the Deno kernel by itself, where it is recognised by its
 * first character. That would be the script's own now.
 */
function objectAsValue(text: string): EditedText {
  if (!text.trimStart().startsWith("{") || text.trimEnd().endsWith(";")) return unedited(text);
  try {
    parseExpression(text, { plugins: ["typescript"] });
  } catch {
    return unedited(text); // a block
  }
  const edit = new MagicString(text);
  // The last line may end in a comment.
  return editedText(edit.appendLeft(text.indexOf("{"), "(").append("\n)"));
}
