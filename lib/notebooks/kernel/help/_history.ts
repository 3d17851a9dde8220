/**
 * The cells that were run, as a console asks for them.
 * Source: "History" of https://jupyter-client.readthedocs.io/en/stable/messaging.html
 *
 * @module
 */

/** A cell, or with its output, of which nothing is kept: session, number, text. */
type Entry = readonly [number, number, string | readonly [string, null]];

/** The kernel keeps no history of earlier sessions, so the current one is the first. */
const SESSION = 1;

/** The history of one kernel. */
export class History {
  readonly #cells: { readonly number: number; readonly source: string }[] = [];

  /** Adds a cell. */
  add(number: number, source: string): void {
    this.#cells.push({ number, source });
  }

  /** Returns the entries that a history_request asks for. */
  entries(content: Readonly<Record<string, unknown>>): readonly Entry[] {
    return this.#chosen(content).map(({ number, source }) =>
      content.output === true ? [SESSION, number, [source, null]] : [SESSION, number, source]
    );
  }

  #chosen(content: Readonly<Record<string, unknown>>) {
    const { hist_access_type, session, start, stop, n, pattern, unique } = content;
    switch (hist_access_type) {
      case "tail":
        return lastOf(this.#cells, n);
      case "range": {
        // 0 is the current session, and so is its number; a negative one is an earlier session.
        if (session !== undefined && session !== null && session !== 0 && session !== SESSION) {
          return [];
        }
        const first = typeof start === "number" ? start : 0;
        const end = typeof stop === "number" ? stop : Infinity;
        return this.#cells.filter(({ number }) => number >= first && number < end);
      }
      case "search": {
        const wanted = globPattern(typeof pattern === "string" ? pattern : "*");
        const found = this.#cells.filter(({ source }) => wanted.test(source));
        const last = new Map(found.map((cell) => [cell.source, cell]));
        return lastOf(
          unique === true ? found.filter((cell) => last.get(cell.source) === cell) : found,
          n,
        );
      }
      default:
        return [];
    }
  }
}

function lastOf<T>(items: readonly T[], n: unknown): readonly T[] {
  return typeof n === "number" ? items.slice(Math.max(0, items.length - n)) : items;
}

/** A glob of the whole text, in which `*` is any text and `?` any character. */
function globPattern(glob: string): RegExp {
  const parts = [...glob].map((sign) =>
    sign === "*" ? "[^]*" : sign === "?" ? "[^]" : RegExp.escape(sign)
  );
  return new RegExp(`^${parts.join("")}$`, "u");
}
