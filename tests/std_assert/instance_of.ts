import { suffix } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/** Any class. */
// deno-lint-ignore no-explicit-any
export type AnyConstructor = new (...args: any[]) => any;

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const seen = kind(actual);
  const but = seen === expectedType.name
    ? ""
    : seen === "function"
    ? " but was not an instanced object"
    : ` but was "${seen}"`;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}"${but}${suffix(msg)}`,
  );
}

/** Asserts that a value is not an instance of a class. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  // deno-lint-ignore no-explicit-any
  unexpectedType: abstract new (...args: any[]) => T,
  msg?: string,
): asserts actual is Exclude<A, T> {
  if (!(actual instanceof unexpectedType)) return;
  throw new AssertionError(
    `Expected object to not be an instance of "${typeof unexpectedType}"${suffix(msg)}`,
  );
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value !== "object") return typeof value;
  return value.constructor?.name ?? "Object";
}
