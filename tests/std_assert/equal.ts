/** Built-in values whose whole state is in their text. */
const BY_TEXT: ReadonlySet<unknown> = new Set(
  [RegExp, URL, URLSearchParams, Intl.Locale, ...temporalClasses()].map((
    type,
  ) => type.prototype),
);

/** Tells whether two values are deeply equal; getters of classes count, `0` equals `-0`. */
export function equal(a: unknown, b: unknown): boolean {
  const open = new Map<object, object>();

  function compare(a: unknown, b: unknown): boolean {
    if (a === b || Object.is(a, b)) return true;
    if (!isObject(a) || !isObject(b) || !sameKind(a, b)) return false;
    if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
    if (BY_TEXT.has(Object.getPrototypeOf(a))) return String(a) === String(b);
    if (isBuffer(a)) {
      return sameElements(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
    }
    if (ArrayBuffer.isView(a) && "length" in a) {
      return sameElements(a as Uint8Array, b as unknown as Uint8Array);
    }
    if (a instanceof WeakMap) {
      throw new TypeError("Cannot compare WeakMap instances");
    }
    if (a instanceof WeakSet) {
      throw new TypeError("Cannot compare WeakSet instances");
    }
    if (a instanceof WeakRef) {
      return compare(a.deref(), (b as WeakRef<WeakKey>).deref());
    }
    // A cycle is equal as long as nothing on the way round differs.
    if (open.get(a) === b) return true;
    if (Object.keys(a).length !== Object.keys(b).length) return false;
    open.set(a, b);
    const same = a instanceof Map
      ? sameEntries(a, b as Map<unknown, unknown>)
      : a instanceof Set
      ? sameMembers(a, b as Set<unknown>)
      : sameProperties(a, b);
    if (!same) open.delete(a);
    return same;
  }

  function sameEntries(
    a: Map<unknown, unknown>,
    b: Map<unknown, unknown>,
  ): boolean {
    if (![...a.keys()].some(isObject)) {
      return a.size === b.size &&
        [...a].every(([key, value]) => b.has(key) && compare(value, b.get(key)));
    }
    return matchAll(
      a,
      b,
      ([key, value], [otherKey, otherValue]) =>
        compare(key, otherKey) && compare(value, otherValue),
    );
  }

  function sameMembers(a: Set<unknown>, b: Set<unknown>): boolean {
    if (a.size === b.size && [...a].every((member) => b.has(member))) {
      return true;
    }
    return matchAll(a, b, compare);
  }

  function sameProperties(a: object, b: object): boolean {
    for (const key of new Set([...readable(a), ...readable(b)])) {
      if (key in a !== key in b) return false;
      if (!compare(Reflect.get(a, key), Reflect.get(b, key))) return false;
    }
    return true;
  }

  return compare(a, b);
}

/** Tells whether each member of `a` has a partner of its own in `b`, in any order. */
function matchAll<T>(
  a: { readonly size: number } & Iterable<T>,
  b: { readonly size: number } & Iterable<T>,
  same: (a: T, b: T) => boolean,
): boolean {
  if (a.size !== b.size) return false;
  const free = [...b];
  return [...a].every((member) => {
    const partner = free.findIndex((candidate) => same(member, candidate));
    if (partner < 0) return false;
    free.splice(partner, 1);
    return true;
  });
}

/**
 * The keys that make up a value: its own enumerable ones, and for an instance of a class whatever
 * its class lets one read, or private state would never be seen.
 */
function readable(value: object): Set<string | symbol> {
  const prototype = Object.getPrototypeOf(value);
  if (
    prototype === null || prototype === Object.prototype ||
    prototype === Array.prototype
  ) {
    return new Set(Reflect.ownKeys({ ...value }));
  }
  const keys = new Set<string | symbol>();
  for (
    let level = value;
    level !== null && level !== Object.prototype && level !== Array.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level)) keys.add(key);
  }
  return keys;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function sameKind(a: object, b: object): boolean {
  const [first, second] = [Object.getPrototypeOf(a), Object.getPrototypeOf(b)];
  return (first ?? Object.prototype) === (second ?? Object.prototype);
}

function isBuffer(value: object): value is ArrayBuffer | SharedArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function sameElements(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length &&
    a.every((element, index) => element === b[index] || Object.is(element, b[index]));
}

function temporalClasses(): { prototype: unknown }[] {
  const { Temporal } = globalThis as { Temporal?: Record<string, unknown> };
  return Object.getOwnPropertyNames(Temporal ?? {}).map((name) => Temporal![name])
    .filter((type) => typeof type === "function");
}
