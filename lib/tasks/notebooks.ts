/**
 * `deno task notebooks [02 …] [--jobs 2] [--folder notebooks] [--book book]`: runs the notebooks of
 * a folder live, all or those named, and writes the book.
 *
 * @module
 */
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

const USAGE = "Usage: deno task notebooks [02 …] [--jobs 2] [--folder notebooks] [--book book]";
const WRONG_USAGE = 2;
const INTERRUPTED = 130;
const root = new URL("../../", import.meta.url);

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => ending.abort());
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const folder = pathToFileURL(`${values.folder}/`);
const book = pathToFileURL(`${values.book}/`);
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1) {
  console.error(`Cannot run "${values.jobs}" notebooks at a time: it is 1 or more`);
  Deno.exit(WRONG_USAGE);
}
const course = await readFolder();
let notebooks: CourseNotebook[] = [];
try {
  notebooks = selectNotebooks(course, positionals);
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  Deno.exit(WRONG_USAGE);
}

const encoder = new TextEncoder();
const progress = new ProgressBar({
  write: (text) => Deno.stdout.writeSync(encoder.encode(text)),
  isTerminal: Deno.stdout.isTerminal(),
  total: notebooks.length,
});
const runs = await runCourse(notebooks, {
  folder,
  jobs,
  signal: ending.signal,
  onProgress: (step) => ending.signal.aborted || progress.show(step),
});
if (ending.signal.aborted) {
  console.error("\nInterrupted: the kernels have ended");
  Deno.exit(INTERRUPTED);
}

await writeBook(runs, { course, folder: book });
console.log(`\n${closingTable(runs)}\n`);
const failed = runs.filter((run) => run.failure);
for (const run of failed) console.log(`${failureReport(run)}\n`);
console.log(`The book: ${fileURLToPath(new URL("index.html", book))}`);
Deno.exit(failed.length > 0 ? 1 : 0);

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
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`Cannot find the notebooks' folder "${values.folder}": there is none`);
    Deno.exit(WRONG_USAGE);
  }
}
