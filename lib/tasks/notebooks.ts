/**
 * `deno task notebooks [02 …] [--jobs 2] [--folder notebooks] [--book book]`: runs the notebooks of
 * a folder live, all or those named, and writes the book.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeBook } from "../notebooks/book/book.ts";
import {
  type CourseNotebook,
  readCourse,
  runCourse,
  selectNotebooks,
} from "../notebooks/run/course.ts";
import { closingTable, failureReport, ProgressBar } from "../notebooks/run/progress.ts";
import { loopbackRemedy, loopbackTrial } from "../observe/machine/loopback.ts";

const USAGE = "Usage: deno task notebooks [02 …] [--jobs 2] [--folder notebooks] [--book book]";
const MAX_JOBS = 64;
/** About what a page and its notebook need, with the figures' script in the notebook. */
const PAGE_BYTES = 1_000_000;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;
const root = new URL("../../", import.meta.url);

const encoder = new TextEncoder();
let outputProblem: string | undefined;
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => ending.abort());
}

const { values, positionals } = readArguments();
if (values.help) {
  print(`${USAGE}\n`);
  Deno.exit(outputProblem === undefined ? 0 : 1);
}
for (const name of ["folder", "book"] as const) {
  if (values[name] === "") refuse(`Cannot use --${name} "": name a folder`);
}
const folder = pathToFileURL(`${values.folder}/`);
const book = pathToFileURL(`${values.book}/`);
const jobs = Number(values.jobs);
if (!/^\d+$/.test(values.jobs) || jobs < 1 || jobs > MAX_JOBS) {
  refuse(`Cannot run "${values.jobs}" notebooks at a time: --jobs is from 1 to ${MAX_JOBS}`);
}
const course = await readFolder();
if (course.length === 0) {
  refuse(`Cannot find a notebook in "${values.folder}": name a folder with .ipynb files in it`);
}
let notebooks: CourseNotebook[] = [];
try {
  notebooks = selectNotebooks(course, positionals);
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  refuse(error.message);
}
tryBookFolder();
await tryLoopback();

const progress = new ProgressBar({
  write: print,
  isTerminal: Deno.stdout.isTerminal(),
  // Some terminals do not know their size, and say 0.
  columns: () => Deno.consoleSize().columns || 80,
  total: notebooks.length,
});
const runs = await runCourse(notebooks, {
  folder,
  jobs,
  signal: ending.signal,
  onProgress: (step) => ending.signal.aborted || progress.show(step),
});
if (outputProblem !== undefined) {
  console.error(`Stopped: the output cannot be written: ${outputProblem}`);
  Deno.exit(1);
}
if (ending.signal.aborted) {
  console.error("\nInterrupted: the kernels have ended");
  Deno.exit(INTERRUPTED);
}

const failed = runs.filter((run) => run.failure);
print(`\n${closingTable(runs)}\n\n`);
for (const run of failed) print(`${failureReport(run)}\n\n`);
try {
  await writeBook(runs, { course, folder: book });
} catch (error) {
  console.error(cannotWriteBook(error));
  Deno.exit(1);
}
print(`The book: ${fileURLToPath(new URL("index.html", book))}\n`);
Deno.exit(failed.length > 0 ? 1 : 0);

function refuse(message: string): never {
  console.error(message);
  Deno.exit(WRONG_USAGE);
}

/** Prints, and ends the run when that fails: its pipe or terminal is closed, its disk is full. */
function print(text: string): void {
  if (outputProblem !== undefined) return;
  try {
    const bytes = encoder.encode(text);
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  } catch (error) {
    outputProblem = firstLine(error);
    ending.abort();
  }
}

/** Tries to write into the book's folder before a minute is spent on what goes there. */
function tryBookFolder(): void {
  const probe = new URL(`_probe_${Deno.pid}`, book);
  const isThere = existsSync(book);
  let problem: unknown;
  try {
    Deno.mkdirSync(book, { recursive: true });
    const page = new Uint8Array(PAGE_BYTES);
    for (const _ of notebooks) Deno.writeFileSync(probe, page, { append: true });
  } catch (error) {
    problem = error;
  }
  for (const left of isThere ? [probe] : [probe, book]) {
    try {
      Deno.removeSync(left);
    } catch {
      // It could not be made.
    }
  }
  if (problem !== undefined) refuse(cannotWriteBook(problem));
}

/** A kernel is called at 127.0.0.1: without it, each would be waited for in vain. */
async function tryLoopback(): Promise<void> {
  const refusal = await loopbackTrial();
  if (refusal === undefined) return;
  const isFull = (refusal as { code?: string }).code === "EMFILE";
  const remedy = isFull
    ? "let it open more files, by ulimit -n"
    : loopbackRemedy({ os: Deno.build.os, needsSudo: Deno.uid() !== 0 });
  refuse(`Cannot call a kernel at 127.0.0.1: ${refusal.message}. Remedy: ${remedy}`);
}

function cannotWriteBook(error: unknown): string {
  const isFull = (error as { code?: string }).code === "ENOSPC";
  return `Cannot write the book into "${values.book}": ${firstLine(error)}. ` +
    (isFull ? "Free space there, or name another folder with --book" : "Name another with --book");
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : `${error}`).split("\n")[0]!;
}

function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        help: { type: "boolean", short: "h" },
        jobs: { type: "string", default: "2" },
        folder: { type: "string", default: fileURLToPath(new URL("notebooks", root)) },
        book: { type: "string", default: fileURLToPath(new URL("book", root)) },
      },
      allowPositionals: true,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    Deno.exit(WRONG_USAGE);
  }
}

async function readFolder(): Promise<CourseNotebook[]> {
  try {
    return await readCourse(folder);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is none" : firstLine(error);
    refuse(`Cannot read the notebooks' folder "${values.folder}": ${why}. Name one with --folder`);
  }
}
