/**
 * Stoppable steps of what awaits without the word: `for await`, `yield*` in async generators, and the end of
 * `await using`. An iterator or a value is replaced by one whose promises can be rejected.
 *
 * @module
 */
import { wait } from "./stop.ts";

/** Which await it is, for a message. */
export type Place = [cell: number, line: number, awaited: string, isTop?: boolean];

/** Returns an iterable in place of that of a `for await`, whose steps are awaited stoppably. */
export function each(iterable: unknown, ...place: Place): unknown {
  const given = iterable as Iterable<unknown> & Partial<AsyncIterable<unknown>>;
  const method = given[Symbol.asyncIterator] as (() => Iterator<unknown>) | undefined | null;
  // Deno's own error names the expression, which would be this call.
  if (!method && !given[Symbol.iterator]) throw new TypeError(`${place[2]} is not async iterable`);
  const iterator = method ? method.call(given) : fromSync(given);
  if (!isObject(iterator)) return { [Symbol.asyncIterator]: () => iterator };
  const { next } = iterator;
  const stoppable = {
    next: (...args: [unknown]) => wait(called(next, iterator, args), ...place),
    get return() {
      return stoppableMethod(iterator, "return", place);
    },
    get throw() {
      return stoppableMethod(iterator, "throw", place);
    },
  };
  return { [Symbol.asyncIterator]: () => stoppable };
}

function stoppableMethod(
  iterator: Iterator<unknown>,
  name: "return" | "throw",
  place: Place,
): unknown {
  const method = iterator[name];
  if (method === undefined || method === null) return method;
  return (...args: unknown[]) => wait(called(method, iterator, args), ...place);
}

/** Calls what may be no function, with the language's own error then. */
function called(method: unknown, self: object, args: unknown[]): unknown {
  if (typeof method !== "function") throw new TypeError(`${String(method)} is not a function`);
  return Reflect.apply(method, self, args);
}

/** As the language does it: https://tc39.es/ecma262/#sec-createasyncfromsynciterator */
function fromSync(iterable: Iterable<unknown>): Iterator<unknown> {
  const iterator = iterable[Symbol.iterator]();
  const { next } = iterator;
  const settled = async (result: IteratorResult<unknown>, isOpen: boolean) => {
    if (!isObject(result)) {
      throw new TypeError(`Iterator result ${String(result)} is not an object`);
    }
    const done = Boolean(result.done);
    try {
      return { value: await result.value, done };
    } catch (error) {
      if (isOpen && !done) iterator.return?.();
      throw error;
    }
  };
  const asynchronous = {
    next: async (...args: [unknown]) => await settled(Reflect.apply(next, iterator, args), true),
    return: async (value: unknown) => {
      const result = iterator.return?.(value);
      return result === undefined ? { value, done: true } : await settled(result, false);
    },
  };
  return asynchronous as unknown as Iterator<unknown>;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

/** Returns what is disposed of in place of a value of `await using`. */
export function closing(value: unknown, ...place: Place): unknown {
  if (!isObject(value)) return value; // of which the language says what is wrong
  const given = value as Record<symbol, unknown>;
  const dispose = given[Symbol.asyncDispose];
  const isAsync = dispose !== undefined && dispose !== null;
  const method = isAsync ? dispose : given[Symbol.dispose];
  if (typeof method !== "function") return value;
  return {
    [Symbol.asyncDispose]: () => {
      const result = Reflect.apply(method, value, []);
      return isAsync ? wait(result, ...place) : undefined;
    },
  };
}
