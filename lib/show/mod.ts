/**
 * Values that show themselves in a notebook.
 *
 * A class that implements {@linkcode Displayable} returns its forms, such as text and HTML; a cell
 * whose last value is of such a class shows it. Start with `display.ts`, the interface; then read
 * `table.ts` and `figure.ts` (plotly.js), which the other folders use; `source.ts` shows a file;
 * `guard.ts` keeps each output in its cell under the plain Deno kernel.
 *
 * @module
 */
export { DISPLAY, type Displayable, type MimeBundle } from "./display.ts";
export { Figure, type FigureOptions, type Layout, type Trace } from "./figure.ts";
export { guardOutputs } from "./guard.ts";
export { Source, source } from "./source.ts";
export { ShownAsTable, Table, type TableCell, type TableOptions } from "./table.ts";
