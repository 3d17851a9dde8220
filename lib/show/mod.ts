/**
 * Values that show themselves in a notebook.
 *
 * A class that implements {@linkcode Displayable} says how it looks as text and as HTML; a cell that
 * ends on such a value shows it. Start with `display.ts`, the interface; then `table.ts` and
 * `figure.ts` (plotly.js), which everything else returns; `source.ts` shows a file; `guard.ts` keeps
 * each output in its cell under the plain Deno kernel.
 *
 * @module
 */
export { DISPLAY, type Displayable, type MimeBundle } from "./display.ts";
export { Figure, type FigureOptions, type Layout, type Trace } from "./figure.ts";
export { guardOutputs } from "./guard.ts";
export { Source, source } from "./source.ts";
export { Table, type TableCell, type TableOptions } from "./table.ts";
