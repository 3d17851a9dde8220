/**
 * The C library through Deno's FFI: one function for each system call, and the numbers of Linux.
 *
 * Not public. Read `calls.ts` first; `libc.ts` is the list of C functions, `constants.ts` the numbers
 * with their headers, `errno_meanings.ts` what each error means for each call.
 *
 * @module
 */
export * as calls from "./calls.ts";
