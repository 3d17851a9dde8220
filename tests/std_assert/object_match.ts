import { assertEquals } from "./equals.ts";

/** Asserts that an object has, deeply, all that `expected` has; what it has besides is ignored. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(
    common(actual, expected, new Map()),
    common(expected, expected, new Map()),
    msg,
  );
}

/** The part of `value` that `wanted` speaks of; instances of classes become plain objects. */
function common(
  value: unknown,
  wanted: unknown,
  open: Map<unknown, unknown>,
): unknown {
  if (open.get(value) === wanted) return value;
  if (Array.isArray(value) && Array.isArray(wanted)) {
    open.set(value, wanted);
    return value.slice(0, wanted.length).map((item, index) => common(item, wanted[index], open));
  }
  if (value instanceof Map && wanted instanceof Map) {
    open.set(value, wanted);
    return new Map(
      [...value].filter(([key]) => wanted.has(key))
        .map(([key, item]) => [key, common(item, wanted.get(key), open)]),
    );
  }
  if (value instanceof Set && wanted instanceof Set) {
    return value.intersection(wanted);
  }
  if (!isRecord(value) || !isRecord(wanted)) return value;
  open.set(value, wanted);
  const keys = Reflect.ownKeys(value);
  const shared = keys.filter((key) => Object.hasOwn(wanted, key));
  // With nothing in common the whole value tells more than an empty object.
  if (shared.length === 0 && Reflect.ownKeys(wanted).length > 0) {
    return { ...value };
  }
  return Object.fromEntries(
    shared.map((key) => [key, common(value[key], wanted[key], open)]),
  );
}

/** Built-in values keep what they are in slots that no key shows; they are compared whole. */
function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null &&
    !["Date", "RegExp", "URL", "Map", "Set", "Array"].includes(
      value.constructor?.name,
    ) &&
    !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer);
}
