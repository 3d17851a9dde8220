/**
 * The machinery of the notebooks, which knows nothing of ports. Not public.
 *
 * `format/` reads and writes .ipynb files, `kernel/` talks to the Deno kernel, `run/` runs a course,
 * `book/` writes its pages, `front_end.ts` starts Jupyter.
 *
 * @module
 */
export { type Notebook } from "./format/notebook.ts";
