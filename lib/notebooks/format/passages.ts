/**
 * A notebook in passages: the prose under each heading, the boxes in it, and the code cells, each with
 * whether it is on the timed path.
 *
 * @module
 */
import type { Notebook } from "./notebook.ts";

/** A heading that stands over a passage. */
export interface PassageHeading {
  /** 1 to 6. */
  readonly depth: number;
  /** What it says, as markdown. */
  readonly text: string;
}

/** A stretch of one cell. */
export interface Passage {
  /** Whether it is prose, or the source of a code cell. */
  readonly kind: "prose" | "code";
  /** Its text: markdown that begins with its heading, if it has one of its own, or code. */
  readonly text: string;
  /** The index of its cell, from 0. */
  readonly cell: number;
  /** The headings over it, the highest first, its own included. */
  readonly headings: readonly PassageHeading[];
  /** Whether it is inside a box, which is a `<details>` element. */
  readonly isBoxed: boolean;
  /**
   * Whether a reader may leave it out: it is in a box, or under a heading that ends in "(optional)"
   * or begins with "More practice".
   */
  readonly isOptional: boolean;
}

const HEADING = /^(#{1,6})\s+(.*?)\s*$/;
const FENCE = /^\s*(?:```|~~~)/;
const OPTIONAL = /^More practice|\(optional\)$/;

/**
 * Returns the passages of a notebook in reading order. A heading holds until the next one of its
 * depth or above, in later cells too; raw cells have no passage.
 *
 * @example A section, a box in it, and a section that may be left out
 * ```ts
 * import { newNotebook } from "./notebook.ts";
 * import { passages } from "./passages.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = newNotebook([
 *   { cell_type: "markdown", source: "## Ports\n\nA number.\n\n<details>\nMore.\n</details>" },
 *   { cell_type: "markdown", source: "## Ranges (optional)" },
 *   { cell_type: "code", source: "6 * 7" },
 * ]);
 * assertEquals(passages(notebook).map(({ kind, isOptional }) => [kind, isOptional]), [
 *   ["prose", false],
 *   ["prose", true], // the box
 *   ["prose", true],
 *   ["code", true],
 * ]);
 * ```
 */
export function passages(notebook: Notebook): Passage[] {
  const found: Passage[] = [];
  let headings: readonly PassageHeading[] = [];
  for (const [cell, { cell_type: type, source }] of notebook.cells.entries()) {
    if (type === "code") {
      found.push(passage("code", source, { cell, headings, isBoxed: false }));
    } else if (type === "markdown") {
      for (const { text, heading, isBoxed } of stretches(source)) {
        if (heading !== undefined) {
          headings = [...headings.filter(({ depth }) => depth < heading.depth), heading];
        }
        found.push(passage("prose", text, { cell, headings, isBoxed }));
      }
    }
  }
  return found;
}

function passage(
  kind: Passage["kind"],
  text: string,
  place: Pick<Passage, "cell" | "headings" | "isBoxed">,
): Passage {
  const isOptional = place.isBoxed || place.headings.some((each) => OPTIONAL.test(each.text));
  return { kind, text, ...place, isOptional };
}

/** Part of a cell of prose. */
interface Stretch {
  readonly heading: PassageHeading | undefined;
  readonly isBoxed: boolean;
  readonly text: string;
}

/** Cuts markdown at its headings and at the edges of its boxes; a "#" in a code block is no heading. */
function stretches(markdown: string): Stretch[] {
  const found: Stretch[] = [];
  let heading: PassageHeading | undefined;
  let lines: string[] = [];
  let isInCode = false;
  let isBoxed = false;
  const cut = () => {
    const text = lines.join("\n");
    if (text.trim() !== "") found.push({ heading, isBoxed, text });
    heading = undefined;
    lines = [];
  };
  for (const line of markdown.split("\n")) {
    if (FENCE.test(line)) isInCode = !isInCode;
    const [, marks, text] = (!isInCode && !isBoxed && line.match(HEADING)) || [];
    if (marks !== undefined) {
      cut();
      heading = { depth: marks.length, text: text! };
    }
    if (!isInCode && !isBoxed && line.includes("<details")) {
      cut();
      isBoxed = true;
    }
    lines.push(line);
    if (!isInCode && isBoxed && line.includes("</details>")) {
      cut();
      isBoxed = false;
    }
  }
  cut();
  return found;
}
