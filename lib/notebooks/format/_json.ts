/** JSON laid out as Jupyter lays out a notebook: keys sorted, one space a level. */

/** Returns `value` as JSON text; properties that are `undefined` are left out. */
export function sortedJson(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = `${indent} `;
  const [open, close, items] = Array.isArray(value)
    ? ["[", "]", value.map((item) => sortedJson(item, inner))]
    : ["{", "}", sortedProperties(value, inner)];
  if (items.length === 0) return open + close;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** A sorted copy of the object would not do: JavaScript puts keys like "9" first, by value. */
function sortedProperties(object: object, indent: string): string[] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${JSON.stringify(key)}: ${sortedJson(value, indent)}`);
}
