import { suffix } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/** A class of errors. */
// deno-lint-ignore no-explicit-any
export type ErrorClass<E> = new (...args: any[]) => E;

/** Asserts that a value is an error, of this class and with this in its message if given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was ` +
        `"${error.constructor?.name}"${suffix(msg)}`,
      { cause: error },
    );
  }
  if (!msgMatches) return;
  const holds = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (holds) return;
  const wanted = typeof msgMatches === "string" ? JSON.stringify(msgMatches) : `${msgMatches}`;
  throw new AssertionError(
    `Expected error message to include ${wanted}, but got ` +
      `${JSON.stringify(error.message)}${suffix(msg)}`,
  );
}

/** Asserts that a function throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws an error of a class, with a text in its message if given. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  let caught: Caught | undefined;
  try {
    fn();
  } catch (error) {
    caught = { error };
  }
  if (!caught) {
    throw new AssertionError(`Expected function to throw${suffix(wanted.msg)}`);
  }
  return judge(caught.error, wanted, "thrown");
}

/** Asserts that a function returns a promise that is rejected, and returns with what. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that a promise is rejected with an error of a class, with a text in its message if given. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  let promise: unknown;
  try {
    promise = fn();
  } catch {
    // Told below, with a promise that never came.
  }
  if (!isThenable(promise)) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(wanted.msg)}`,
    );
  }
  let caught: Caught | undefined;
  try {
    await promise;
  } catch (error) {
    caught = { error };
  }
  if (!caught) {
    throw new AssertionError(
      `Expected function to reject${suffix(wanted.msg)}`,
    );
  }
  return judge(caught.error, wanted, "rejected");
}

/** In a box, or a thrown `undefined` would look like nothing thrown. */
interface Caught {
  error: unknown;
}

interface Expectation<E> {
  ErrorClass: ErrorClass<E> | undefined;
  msgIncludes: string | undefined;
  msg: string | undefined;
}

function expectation<E>(
  classOrMsg: ErrorClass<E> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): Expectation<E> {
  return typeof classOrMsg === "string"
    ? { ErrorClass: undefined, msgIncludes: undefined, msg: classOrMsg }
    : { ErrorClass: classOrMsg, msgIncludes, msg };
}

function judge<E extends Error>(
  error: unknown,
  wanted: Expectation<E>,
  how: string,
): unknown {
  if (!wanted.ErrorClass) return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `A non-Error object was ${how}${suffix(wanted.msg)}`,
    );
  }
  assertIsError(error, wanted.ErrorClass, wanted.msgIncludes, wanted.msg);
  return error;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
