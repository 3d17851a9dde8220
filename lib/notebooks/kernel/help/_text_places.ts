/**
 * Places in a text, in three units: Jupyter counts Unicode code points, JavaScript UTF-16 units, and the
 * Language Server Protocol lines and the UTF-16 units of a line. An emoji is one of the first and two of
 * the others.
 *
 * @module
 */
import type { Position } from "vscode-languageserver-protocol";

/** Returns the place behind a number of code points, in UTF-16 units. */
export function utf16Offset(text: string, codePoints: number): number {
  let offset = 0;
  for (let left = codePoints; left > 0 && offset < text.length; left--) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Returns the number of code points before a place that is given in UTF-16 units. */
export function codePointOffset(text: string, utf16: number): number {
  let count = 0;
  for (let offset = 0; offset < Math.min(utf16, text.length); count++) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return count;
}

/** Returns the line and column of a place that is given in UTF-16 units. */
export function positionAt(text: string, utf16: number): Position {
  const starts = lineStarts(text);
  const line = starts.findLastIndex((start) => start <= utf16);
  return { line, character: utf16 - starts[line]! };
}

/** Returns the place of a line and column in UTF-16 units. */
export function offsetAt(text: string, { line, character }: Position): number {
  return Math.min((lineStarts(text)[line] ?? text.length) + character, text.length);
}

function lineStarts(text: string): number[] {
  return [0, ...text.matchAll(/\r\n|\r|\n/g).map(({ 0: end, index }) => index + end.length)];
}
