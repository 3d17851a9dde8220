/** How errors show what they refuse: in quotes, on one line, and never longer than a line. */

const MAX_SHOWN_CHARACTERS = 64;

/** Returns `text` in quotes; a blank that looks like another, or like nothing, is written out. */
export function quote(text: string): string {
  const shown = text.length <= MAX_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
  return JSON.stringify(shown).replace(
    /(?! )[\p{C}\p{Z}]/gu,
    (character) => `\\u{${codePoint(character)}}`,
  );
}

/** Returns the quoted text, with the code point of a character that its looks do not tell. */
export function quotePart(part: string): string {
  const [first] = part;
  return first === undefined || /[!-~]/.test(first)
    ? quote(part)
    : `${quote(part)} (U+${codePoint(first).padStart(4, "0")})`;
}

/** Returns any value as it stands in "Cannot use … as a port". */
export function quoteValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Object.is(value, -0) ? '"-0"' : `"${value}"`;
    case "bigint":
    case "boolean":
    case "undefined":
      return `"${value}"`;
    default:
      return value === null ? '"null"' : kindOf(value);
  }
}

/** Returns what sort of thing a value is, in words: "a string", "an array", "null". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Returns the end of "… is "tcp" or "udp", got": a text itself, of other things the kind. */
export function textOrKind(value: unknown): string {
  return typeof value === "string" ? quote(value) : kindOf(value);
}

/** Returns a field that is none of the known ones: a misspelt option would do nothing, silently. */
export function unknownField(value: object, known: readonly string[]): string | undefined {
  return Object.keys(value).find((field) => !known.includes(field));
}

function codePoint(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase();
}
