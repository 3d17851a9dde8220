/**
 * Runs the notebooks of a folder, several at a time, each in a kernel of its own.
 *
 * @module
 */
import { isRefusal, quote, refusal } from "../../refusal.ts";
import { Kernel, KernelError } from "../kernel/kernel.ts";
import { newNotebook, type Notebook, parseNotebook } from "../format/notebook.ts";
import { type NotebookRun, runNotebook } from "./runner.ts";

/** One notebook of the course, as read from its folder. */
export interface CourseNotebook {
  /** The file's name without its ending, as in "02_ports". */
  readonly name: string;
  /** The notebook; one without cells where the file is not a notebook. */
  readonly notebook: Notebook;
  /** Why the file could not be read, if it could not. */
  readonly problem?: string;
}

/** How notebooks are run. */
export interface CourseOptions {
  /** The folder of the notebooks, which is also where they run. */
  readonly folder: URL;
  /** How many run at a time; 2 by default. */
  readonly jobs?: number;
  /** Called when a notebook begins a cell, and when the notebook ends. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends all kernels. */
  readonly signal?: AbortSignal;
}

/** How far a notebook is. */
export interface Progress {
  /** The notebook's name. */
  readonly name: string;
  /** The number of the code cell that begins, from 1. */
  readonly cell: number;
  /** How many code cells the notebook has. */
  readonly cells: number;
  /** The result, once it has ended. */
  readonly run?: NotebookRun;
}

/** Returns the notebooks of a folder in reading order; one that cannot be read says why. */
export async function readCourse(folder: URL): Promise<CourseNotebook[]> {
  const notebooks: CourseNotebook[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    // A name that begins with "_" is a temporary file, such as a test's.
    if (isDirectory || !name.endsWith(".ipynb") || name.startsWith("_")) continue;
    notebooks.push(await readNotebook(name, folder));
  }
  return notebooks.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function readNotebook(file: string, folder: URL): Promise<CourseNotebook> {
  const name = file.slice(0, -".ipynb".length);
  try {
    // A percent sign or a question mark in a name is not part of an address.
    const text = await Deno.readTextFile(new URL(encodeURIComponent(file), folder));
    return { name, notebook: parseNotebook(text) };
  } catch (error) {
    const why = isRefusal(error) ? `${error.rule}, got ${error.part}` : (error as Error).message;
    const problem = `Cannot read ${file}: ${why.split("\n")[0]}. Restore the file or take it away`;
    return { name, notebook: newNotebook([]), problem };
  }
}

/**
 * Returns the notebooks that `selectors` name, each by its number ("02", "2") or its name ("02_ports").
 *
 * @throws {RangeError} If a selector names none
 */
export function selectNotebooks(
  course: readonly CourseNotebook[],
  selectors: readonly string[],
): CourseNotebook[] {
  if (selectors.length === 0) return [...course];
  const chosen = selectors.map((selector) => {
    const wanted = selector.replace(/^.*\//, "").replace(/\.ipynb$/, "").replace(/^\d$/, "0$&");
    const found = course.find(({ name }) => name === wanted || name.startsWith(`${wanted}_`));
    if (found) return found;
    const names = course.map(({ name }) => name).join(", ");
    throw refusal(RangeError, {
      cannot: `Cannot find notebook ${quote(selector)}`,
      rule: `the notebooks are ${names}`,
      part: quote(selector),
    });
  });
  return course.filter((notebook) => chosen.includes(notebook));
}

/** Returns whether a cell is tagged "slow", since it waits for a minute: such a notebook starts first. */
export function isSlow({ notebook }: CourseNotebook): boolean {
  return notebook.cells.some(({ metadata: { tags } }) =>
    Array.isArray(tags) && tags.includes("slow")
  );
}

/** Runs notebooks and returns the result of each; a failing one does not stop the others. */
export async function runCourse(
  notebooks: readonly CourseNotebook[],
  options: CourseOptions,
): Promise<NotebookRun[]> {
  const waiting = notebooks.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  const runs: NotebookRun[] = [];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (options.signal?.aborted) return;
      const run = await runOne(next, options).catch((error: unknown) => {
        // A kernel that is killed while it starts has no result.
        if (options.signal?.aborted) return undefined;
        const again = `Try it alone: deno task notebooks ${next.name.split("_")[0]}`;
        return notStarted(
          next.name,
          `Cannot start a kernel for ${next.name}: ${reasonOf(error)}. ${again}`,
        );
      });
      if (run === undefined) return;
      runs.push(run);
      options.onProgress?.({ name: run.name, cell: run.cells, cells: run.cells, run });
    }
  }
  await Promise.all(Array.from({ length: options.jobs ?? 2 }, work));
  return runs.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function runOne(
  { name, notebook, problem }: CourseNotebook,
  { folder, onProgress, signal }: CourseOptions,
): Promise<NotebookRun> {
  if (problem !== undefined) return notStarted(name, problem);
  await using kernel = await Kernel.start({ cwd: folder });
  // During the start there was no kernel yet that an abort could kill.
  signal?.throwIfAborted();
  const kill = () => void kernel.kill();
  signal?.addEventListener("abort", kill);
  try {
    return await runNotebook(notebook, kernel, {
      name,
      onCell: (cell, cells) => onProgress?.({ name, cell, cells }),
    });
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

function notStarted(name: string, error: string): NotebookRun {
  const failure = { cell: 0, line: undefined, source: "", error };
  return { name, notebook: newNotebook([]), cells: 0, milliseconds: 0, failure };
}

function reasonOf(error: unknown): string {
  if (error instanceof KernelError) return error.reason;
  return error instanceof Error ? error.message.split("\n")[0]! : `${error}`;
}
