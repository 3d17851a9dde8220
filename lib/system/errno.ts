/**
 * What a system call that fails has to say.
 *
 * @module
 */
import { constants } from "node:os";
import type { Endpoint } from "../tuples/endpoint.ts";
import { meaningOf, purposeOf, type SystemCall } from "./errno_meanings.ts";

export type { SystemCall };

const NUMBERS: Readonly<Record<string, number | undefined>> = constants.errno;
// Two names of one number, such as EAGAIN and EWOULDBLOCK: the manual pages use the first of them.
const CODES = new Map(Object.entries(NUMBERS).reverse().map(([code, number]) => [number, code]));
for (const code of ["EAGAIN", "EOPNOTSUPP"]) CODES.set(NUMBERS[code], code);

/**
 * Returns the name of an error number of this machine: "EADDRINUSE" for Linux's 98.
 *
 * @param errno The number
 * @returns The name, or "errno 4711" if the number has none
 */
export function errnoCode(errno: number): string {
  return CODES.get(errno) ?? `errno ${errno}`;
}

/**
 * Returns the number that an error's name has on this machine.
 *
 * @param code The name, such as "EADDRINUSE"
 * @throws {RangeError} If this machine has no such error
 */
export function errnoOf(code: string): number {
  const errno = NUMBERS[code];
  if (errno === undefined) {
    throw new RangeError(
      `Cannot find the number of "${code}": it is the name of an error of this machine, got none`,
    );
  }
  return errno;
}

/** What a {@linkcode SocketError} says besides call and errno. */
export interface SocketErrorOptions {
  /** The endpoint that the call was about; none by default. */
  readonly endpoint?: Endpoint;
  /** What the call was about, if it was no endpoint: the name of an option. None by default. */
  readonly subject?: string;
  /** What the errno means here; by default what it means of this call. */
  readonly meaning?: string;
}

/**
 * A system call failed. The message says what it was asked for, what the error means of this very
 * call, and its name: EADDRINUSE means one thing when binding and another when listening.
 *
 * @example The same call twice
 * ```ts
 * import { Socket, SocketError } from "fourtuple/sockets";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * using first = Socket.tcp();
 * first.bind("127.0.0.1:0");
 * using second = Socket.tcp();
 * const error = assertThrows(() => second.bind(first.localEndpoint()), SocketError);
 * assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
 * assertEquals(error.endpoint, first.localEndpoint());
 * ```
 */
export class SocketError extends Error {
  /** The error's name, "SocketError". */
  override readonly name = "SocketError";
  /** The system call, by its name in the manual: `man 2 bind`. */
  readonly call: SystemCall;
  /** The name of the error: "EADDRINUSE". */
  readonly code: string;
  /** The number of the error on this machine: Linux's EADDRINUSE is 98. */
  readonly errno: number;
  /** The endpoint that the call was about, if there was one. */
  readonly endpoint: Endpoint | undefined;

  /**
   * Makes the error of a call.
   *
   * @param call The system call
   * @param errno The number that it left
   */
  constructor(call: SystemCall, errno: number, options: SocketErrorOptions = {}) {
    const code = errnoCode(errno);
    const { endpoint, subject = endpoint, meaning = meaningOf(call, code) } = options;
    super(`Cannot ${purposeOf(call, subject?.toString())}: ${meaning}, got ${code}`);
    this.call = call;
    this.code = code;
    this.errno = errno;
    this.endpoint = endpoint;
  }
}
