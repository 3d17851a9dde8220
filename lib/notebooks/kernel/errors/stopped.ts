/**
 * The error of a cell that was stopped.
 *
 * @module
 */
import type { StopPlace } from "../inside/stop_flag.ts";
import { type CellError, markedLine, type TracedCell } from "./cell_error.ts";

const STILL_PENDING =
  "What the cell waited for was not cancelled: a pending accept() still takes the next " +
  "connection, and a pending read() the next bytes, until you close the socket.";
const FROM_OUTSIDE =
  "The cell's variables keep their values. If anything else that was running no longer " +
  "responds, restart the kernel.";

/** Returns the error that a stopped cell shows, with the line at which it was. */
export function stoppedError(
  id: number,
  place: StopPlace | undefined,
  cells: ReadonlyMap<number, Pick<TracedCell, "label" | "source">>,
): CellError & { readonly line?: number } {
  if (place === undefined) {
    const evalue = "in code that this cell called";
    return { ename: "Stopped", evalue, traceback: [`Stopped ${evalue}`, FROM_OUTSIDE] };
  }
  const { cell, line, awaited } = place;
  const source = cells.get(cell)?.source ?? "";
  const ofCell = cell === id ? "" : ` of cell ${cells.get(cell)?.label ?? "?"}`;
  const waiting = awaited === undefined ? "" : `, while waiting for: ${awaited}`;
  const evalue = `at line ${line}${ofCell}${waiting}`;
  const traceback = [
    `Stopped ${evalue}`,
    ...markedLine(source, { line, column: column(source, place) }),
  ];
  if (awaited !== undefined) traceback.push(STILL_PENDING);
  return { ename: "Stopped", evalue, traceback, ...(cell === id && { line }) };
}

/** Where the caret is: under what was awaited, or under the beginning of the line. */
function column(source: string, { line, awaited }: StopPlace): number {
  const text = source.split("\n")[line - 1] ?? "";
  const at = awaited === undefined ? -1 : text.indexOf(awaited.replace(/…$/, ""));
  return (at < 0 ? text.length - text.trimStart().length : at) + 1;
}
