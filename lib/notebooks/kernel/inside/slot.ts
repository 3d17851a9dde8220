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
  Object.assign(slot(), functions);
}

/** Returns a function of the object, if a module has added one of that name. */
export function slotFunction(name: string): ((...args: unknown[]) => unknown) | undefined {
  return slot()[name] as ((...args: unknown[]) => unknown) | undefined;
}

function slot(): Record<string, unknown> {
  const globals = globalThis as unknown as Record<symbol, Record<string, unknown>>;
  if (!(KEY in globals)) Object.defineProperty(globals, KEY, { value: {} });
  return globals[KEY]!;
}
