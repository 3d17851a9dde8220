/**
 * The machinery of the notebooks, which knows nothing of ports. Not public.
 *
 * Read `format/notebook.ts` first: a notebook as a value, read from an `.ipynb` file and written again.
 * `format/passages.ts` tells its prose and code apart, and what a reader may leave out, for
 * `format/reading_time.ts` and `format/definitions.ts`. Then `kernel/engine.ts`, which runs cells in a Deno
 * kernel: in this process by `kernel/kernel.ts`, and for Jupyter's front ends by `kernel/server.ts`;
 * `run/runner.ts`, which runs one notebook and says where it stopped, and `run/course.ts`,
 * which runs a folder of them; `book/book.ts`, which writes what ran as HTML pages,
 * `book/concepts.ts`, which adds the glossary and the map, and `book/assets.ts`, which writes what all
 * pages share. Each imports only from those before it. `front_ends/front_end.ts` opens notebooks in Jupyter.
 *
 * @module
 */
export { type Notebook } from "./format/notebook.ts";
