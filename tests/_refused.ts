import { assert, assertThrows } from "@std/assert";
import { isRefusal, type Refusal } from "../lib/refusal.ts";

/** Runs what must be refused with an error of this class, and returns the error with its fields. */
export function refused(action: () => unknown, Class: ErrorConstructor): Refusal {
  const error = assertThrows(action, Class);
  assert(isRefusal(error), `an error without rule and part: ${error}`);
  return error;
}
