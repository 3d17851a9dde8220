/**
 * Shows on a terminal how far the notebooks have run, and at the end the result of each.
 *
 * @module
 */
import type { Progress } from "./course.ts";
import { failureText, type NotebookRun } from "./runner.ts";
import { Table } from "../../show/table.ts";

const BAR_CELLS = 24;
const DEFAULT_COLUMNS = 80;

/** Where progress is shown. */
export interface ProgressOptions {
  /** Writes text unchanged. */
  readonly write: (text: string) => void;
  /** Whether a line can be overwritten; if not, each notebook gets a line when it ends. */
  readonly isTerminal: boolean;
  /** How many columns the terminal has; 80 by default. */
  readonly columns?: () => number;
  /** How many notebooks there are. */
  readonly total: number;
}

/** Shows progress on one line that is overwritten, or on a line for each notebook. */
export class ProgressBar {
  readonly #options: ProgressOptions;
  readonly #running = new Map<string, Progress>();
  #done = 0;

  /** Makes a progress bar that has shown nothing yet. */
  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Shows one step. */
  show(progress: Progress): void {
    const { write, isTerminal, total, columns = () => DEFAULT_COLUMNS } = this.#options;
    if (progress.run) {
      this.#done++;
      this.#running.delete(progress.name);
      write(`${isTerminal ? "\r\x1b[K" : ""}${outcomeText(progress.run)}\n`);
    } else {
      this.#running.set(progress.name, progress);
    }
    if (!isTerminal || this.#done === total) return;
    // A line that reaches the last column would wrap, and could not be overwritten any more.
    write(`\r\x1b[K${this.#line(columns() - 1)}`);
  }

  /** The count, then as much as there is room for: the notebooks that run, their names, a bar. */
  #line(room: number): string {
    const count = `${this.#done}/${this.#options.total}`;
    const running = [...this.#running.values()];
    const join = (name: (progress: Progress) => string) =>
      [count, ...running.map((each) => `${name(each)} ${each.cell}/${each.cells}`)].join("  ");
    const long = join(({ name }) => name);
    const short = join(({ name }) => name.split("_")[0]!);
    const withBar = `${bar(this.#share(), BAR_CELLS)} ${long}`;
    const fits = [withBar, long, short, count].find((line) => line.length <= room);
    return fits ?? count.slice(0, Math.max(0, room));
  }

  /** The share of the work that is done; each notebook has the same weight. */
  #share(): number {
    const begun = [...this.#running.values()].map(({ cell, cells }) => (cell - 1) / cells);
    return begun.reduce((sum, share) => sum + share, this.#done) / this.#options.total;
  }
}

/** Returns the closing table: notebook, cells, seconds, outcome. */
export function closingTable(runs: readonly NotebookRun[]): Table {
  return new Table({
    columns: ["notebook", "cells", "seconds", "outcome"],
    rows: runs.map((run) => [
      run.name,
      run.cells,
      Number((run.milliseconds / 1000).toFixed(1)),
      outcomeOf(run),
    ]),
  });
}

/** Returns where and why a notebook failed, and the command that runs it alone. */
export function failureReport(run: NotebookRun): string {
  if (!run.failure) return "";
  if (run.failure.cell === 0) return run.failure.error;
  const number = run.name.split("_")[0];
  return `${failureText(run.name, run.failure)}\n\nRun it alone: deno task notebooks ${number}`;
}

function outcomeText(run: NotebookRun): string {
  const seconds = `${(run.milliseconds / 1000).toFixed(1)} s`;
  return `${run.name}  ${run.cells} cells  ${seconds}  ${outcomeOf(run)}`;
}

function outcomeOf({ failure }: NotebookRun): string {
  if (failure === undefined) return "ok";
  return failure.cell === 0 ? "did not start" : `failed in cell ${failure.cell}`;
}

function bar(share: number, cells: number): string {
  const full = Math.round(share * cells);
  return `[${"#".repeat(full)}${".".repeat(cells - full)}]`;
}
