/**
 * The errors of one notebook's cells: knows which cells have been run, and turns what the Deno kernel
 * says of an error into what a learner reads.
 *
 * @module
 */
import { cellScript } from "../cells/script.ts";
import type { EditedText } from "../cells/edited_text.ts";
import { rewriteImports } from "../cells/imports.ts";
import { KERNEL_SLOT } from "../inside/slot.ts";
import { cellAddress } from "../inside/stack.ts";
import type { StopPlace } from "../inside/stop_flag.ts";
import type { Thrown } from "../inside/thrown.ts";
import {
  type CellError,
  type CellPlace,
  cellPlaces,
  thrownError,
  type TracedCell,
} from "./cell_error.ts";
import { withoutThrown } from "./reasons.ts";
import { stoppedError } from "./stopped.ts";
import { sentenceAt, statementAt, typeProblems } from "./type_sentence.ts";

/** How the cells of a notebook are run. */
export interface CellErrorsOptions {
  /** The folder in which they run. */
  readonly folder: string | URL;
}

/** A cell that is about to be run. */
export interface NewCell {
  /** A number that no other cell of this kernel has. */
  readonly id: number;
  /** The number in the brackets at its side. */
  readonly label: number;
  /** Its text, as its author wrote it. */
  readonly source: string;
}

/** An error with the place at which it happened, where that is in a cell. */
export interface ExplainedError extends CellError {
  /** The innermost place in a cell. */
  readonly place?: CellPlace;
  /** The line of the failed cell itself, from 1: where it called what failed. */
  readonly line?: number;
}

/** The errors for which the type checker may know a reason. */
const TYPE_CHECKED: ReadonlySet<string> = new Set([
  "RangeError",
  "ReferenceError",
  "TypeError",
]);

/** The cells of one notebook, and their errors. */
export class CellErrors {
  readonly #cells = new Map<number, TracedCell>();
  /** The cells of which an import failed: the type checker would say nothing but that. */
  readonly #unimported = new Set<number>();
  readonly #folder: string | URL;

  /** Knows no cell yet. */
  constructor({ folder }: CellErrorsOptions) {
    this.#folder = folder;
  }

  /**
   * Returns the text that the Deno kernel gets for a cell, so that its errors can be explained.
   *
   * @param edits Further changes of the text, each of which keeps its lines
   * @param first A statement on one line that comes first, without a value
   */
  script(
    { id, label, source }: NewCell,
    edits: readonly ((text: string) => EditedText)[] = [],
    first = "",
  ): string {
    // An edit throws when the cell does not parse.
    this.#cells.set(id, { label, source, placeInCell: () => undefined });
    const script = cellScript(source, {
      address: cellAddress(id),
      edits: [(text) => rewriteImports(text, KERNEL_SLOT), ...edits],
      first: (lines) => `void ${KERNEL_SLOT}.cell(${id}, ${label}, "${lines.join()}"); ${first}`,
    });
    this.#cells.set(id, { label, source, placeInCell: script.placeInCell });
    return script.text;
  }

  /**
   * Explains the error of a cell.
   *
   * @param error What the Deno kernel replied
   * @param ask Runs an expression in the Deno kernel and returns its value, which is a string
   * @param isStopped Whether the cell's user has stopped it
   */
  async explain(
    id: number,
    error: CellError,
    ask: (expression: string) => Promise<string>,
    isStopped = false,
  ): Promise<ExplainedError> {
    const { ename, evalue, traceback } = error;
    const named: ExplainedError = traceback.length > 0
      ? error
      : { ...error, traceback: [`${ename}: ${evalue}`] };
    const texts = [ename, evalue].map((text) => JSON.stringify(text));
    const asked = ask(`${KERNEL_SLOT}.lastThrown(${[id, ...texts].join(", ")})`);
    // The Deno kernel may have ended, or a late stop or the cell's own names have spoilt the answer.
    const thrown = await asked.then(thrownIn).catch(() => undefined);
    const cell = this.#cells.get(id);
    if (thrown === undefined || cell === undefined) return named;
    if (thrown === null) return withoutThrown(cell, named, isStopped);
    const places = cellPlaces(thrown, this.#cells);
    const [place] = places;
    if (place && this.#isImport(place)) this.#unimported.add(place.cell);
    return {
      ...thrownError(thrown, this.#cells),
      place,
      line: places.findLast(({ cell }) => cell === id)?.line,
    };
  }

  /**
   * Returns the error of a cell that was stopped.
   *
   * @param place Where it was; undefined if it was in code of no cell
   */
  stopped(id: number, place: StopPlace | undefined): ExplainedError {
    return stoppedError(id, place, this.#cells);
  }

  /**
   * Returns what the type checker says of the place at which a cell failed, as a line for people. It
   * takes seconds; undefined if it knows nothing, does not answer in time, or `signal` ends the question.
   */
  async typeSentence(
    { ename, place }: ExplainedError,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (place === undefined || !TYPE_CHECKED.has(ename)) return undefined;
    if (this.#unimported.has(place.cell)) return undefined;
    const ids = [...this.#cells.keys()]
      .filter((id) => id <= place.cell && !this.#unimported.has(id));
    const sources = ids.map((id) => this.#cells.get(id)!.source);
    const index = ids.indexOf(place.cell);
    try {
      const options = { folder: this.#folder, signal };
      const problems = await typeProblems(sources, options);
      const sentence = sentenceAt(problems, sources, { ...place, index });
      return sentence && `The type checker says: ${sentence}`;
    } catch {
      return undefined; // what it would add is not worth another error
    }
  }

  #isImport(place: CellPlace): boolean {
    return statementAt(this.#cells.get(place.cell)!.source, place).type === "ImportDeclaration";
  }
}

/** Reads an answer of the Deno kernel: null if nothing was thrown, undefined if it is no such answer. */
function thrownIn(json: string): Thrown | null | undefined {
  const thrown = JSON.parse(json) as Thrown | null;
  return thrown === null || Array.isArray(thrown.frames) ? thrown : undefined;
}
