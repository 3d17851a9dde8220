/**
 * The one name that our kernel adds to the globals of the cells: an object with the functions that the
 * rewritten cells and the engine call.
 *
 * @module
 */

const KEY = Symbol.for("fourtuple.kernel");

/** The object, as code that a cell or the engine runs. */
export const KERNEL_SLOT = 'globalThis[Symbol.for("fourtuple.kernel")]';

/** Adds functions to the object. */
export function addToSlot(functions: Readonly<Record<string, unknown>>): void {
  const globals = globalThis as unknown as Record<symbol, Record<string, unknown>>;
  if (!(KEY in globals)) Object.defineProperty(globals, KEY, { value: {} });
  Object.assign(globals[KEY]!, functions);
}
