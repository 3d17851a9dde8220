/**
 * fourtuple: ports, sockets and four-tuples, live.
 *
 * @module
 */
export {
  type Article,
  type Example,
  type ExampleName,
  EXAMPLES,
  exampleUrl,
} from "./examples/mod.ts";
export { DISPLAY, type Displayable, type MimeBundle } from "./jupyter/display.ts";
export { Figure, type FigureOptions, type Layout, type Trace } from "./jupyter/figure.ts";
export {
  type CommandOptions,
  Program,
  ProgramError,
  type ProgramOptions,
  type ProgramResult,
  type StopOptions,
  type WaitOptions,
} from "./jupyter/program.ts";
export { Source, source } from "./jupyter/source.ts";
export { Table, type TableCell, type TableOptions } from "./jupyter/table.ts";
