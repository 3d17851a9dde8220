/**
 * fourtuple: ports, sockets and four-tuples, live.
 *
 * The folders of the library, in reading order; each is an entry point of its own, such as
 * `fourtuple/ports`, and each `mod.ts` says which file to open first. Arrows point up this list: a
 * folder imports only from those above it.
 *
 * | folder | what it is about |
 * | --- | --- |
 * | `show` | values that show themselves in a notebook |
 * | `program` | programs beside a notebook |
 * | `ports` | numbers, ranges, service names, an allocator |
 * | `tuples` | endpoints, four-tuples, and which socket gets a segment |
 * | `sockets` | the system calls, one method each (Linux) |
 * | `networks` | private networks (Linux) |
 * | `observe` | what the kernel says about its sockets |
 * | `experiments` | trials on the kernel |
 * | `services` | servers that outlive a cell (Linux) |
 * | `figures` | plots |
 * | `examples` | programs to run and to copy |
 * | `exercises` | the checks of the notebooks' exercises |
 *
 * @module
 */
export { until, type UntilOptions, within, type WithinOptions } from "./time_limit.ts";
export * from "./show/mod.ts";
export * from "./program/mod.ts";
export * from "./ports/mod.ts";
export * from "./tuples/mod.ts";
export * from "./sockets/mod.ts";
export * from "./networks/mod.ts";
export * from "./observe/mod.ts";
export * from "./experiments/mod.ts";
export * from "./services/mod.ts";
export * from "./figures/mod.ts";
export * from "./examples/mod.ts";
export * from "./exercises/mod.ts";
