/**
 * The C library through Deno's FFI: one function for each system call, and the numbers of Linux.
 *
 * Not public. Read `calls.ts` first; `libc.ts` is the list of C functions, `constants.ts` the numbers
 * with their headers, `errno.ts` the error of a failed call and what it means.
 *
 * A new system call is a line of `FUNCTIONS` in `libc.ts`, a function in `calls.ts`, its words in
 * `errno.ts`, and a method of `Socket`.
 *
 * @module
 */
export * as calls from "./calls.ts";
