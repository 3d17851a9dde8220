/**
 * Shows on a terminal how far the notebooks have run, and at the end the result of each.
 *
 * @module
 */
import type { Progress } from "./course.ts";
import { failureText, type NotebookRun } from "./runner.ts";
import { Table } from "../../show/table.ts";

const BAR_CELLS = 24;

/** Where progress is shown. */
export interface ProgressOptions {
  /** Writes text unchanged. */
  readonly write: (text: string) => void;
  /** Whether a line can be overwritten; if not, each notebook gets a line when it ends. */
  readonly isTerminal: boolean;
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
    const { write, isTerminal, total } = this.#options;
    if (progress.run) {
      this.#done++;
      this.#running.delete(progress.name);
      write(`${isTerminal ? "\r\x1b[K" : ""}${outcomeText(progress.run)}\n`);
    } else {
      this.#running.set(progress.name, progress);
    }
    if (!isTerminal || this.#done === total) return;
    const parts = [...this.#running.values()].map(({ name, cell, cells }) =>
      `${name} ${cell}/${cells}`
    );
    write(`\r\x1b[K${bar(this.#share(), BAR_CELLS)} ${this.#done}/${total}  ${parts.join("  ")}`);
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
      run.failure ? `failed in cell ${run.failure.cell}` : "ok",
    ]),
  });
}

/** Returns where and why a notebook failed, and the command that runs it alone. */
export function failureReport(run: NotebookRun): string {
  if (!run.failure) return "";
  const number = run.name.split("_")[0];
  return `${failureText(run.name, run.failure)}\n\nRun it alone: deno task notebooks ${number}`;
}

function outcomeText(run: NotebookRun): string {
  const seconds = `${(run.milliseconds / 1000).toFixed(1)} s`;
  const outcome = run.failure ? `failed in cell ${run.failure.cell}` : "ok";
  return `${run.name}  ${run.cells} cells  ${seconds}  ${outcome}`;
}

function bar(share: number, cells: number): string {
  const full = Math.round(share * cells);
  return `[${"#".repeat(full)}${".".repeat(cells - full)}]`;
}
