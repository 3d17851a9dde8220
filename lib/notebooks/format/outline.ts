/**
 * What the prose of a notebook says about the notebook: its title, summary and minutes.
 *
 * @module
 */
import { marked, type Token, type Tokens } from "marked";
import type { Notebook } from "./notebook.ts";

/** How a first paragraph gives the notebook's time and its place in the course. */
const MINUTES = /It takes (?:about )?\d+(?:(?: to |–)\d+)? minutes?(?:\.|$)/;
const BEFORE = /Before this one comes (?:\[[^\]]*\]\([^)]*\)|[^.?!])+(?:[.?!]|$)/;
const FIRST = /No notebook comes before this one(?:\.|$)/;

/** What {@linkcode outline} finds. */
export interface Outline {
  /** The first heading of the first level, as markdown; undefined if there is none. */
  readonly title: string | undefined;
  /**
   * The first paragraph, as markdown, without the sentences that say how long the notebook takes
   * and which one comes before it; undefined if nothing is left.
   */
  readonly summary: string | undefined;
  /** The minutes that the first cell gives, the longer of two times; undefined if it gives none. */
  readonly minutes: number | undefined;
}

/**
 * Returns the title, the first paragraph and the minutes of a notebook.
 *
 * @example A first cell
 * ```ts
 * import { outline } from "./outline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const source = "# What is a port?\n\nSixteen bits. It takes 20 to 25 minutes.";
 * const cells = [{ cell_type: "markdown", id: "a", metadata: {}, source } as const];
 * assertEquals(outline({ metadata: {}, cells }), {
 *   title: "What is a port?",
 *   summary: "Sixteen bits.",
 *   minutes: 25,
 * });
 * ```
 */
export function outline(notebook: Notebook): Outline {
  const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown");
  const tokens = prose.flatMap(({ source }) => marked.lexer(source));
  const title = tokens.find(isTitle);
  const summary = tokens.find(isParagraph);
  const minutes = prose[0]?.source.match(/(\d+)\s+minutes?\b/)?.[1];
  return {
    title: title?.text,
    summary: summary && withoutPlace(summary.text),
    minutes: minutes === undefined ? undefined : Number(minutes),
  };
}

function withoutPlace(paragraph: string): string | undefined {
  const left = [MINUTES, BEFORE, FIRST]
    .reduce((text, sentence) => text.replace(sentence, ""), paragraph);
  return left === paragraph ? paragraph : left.replaceAll(/\s+/g, " ").trim() || undefined;
}

function isTitle(token: Token): token is Tokens.Heading {
  return token.type === "heading" && (token as Tokens.Heading).depth === 1;
}

function isParagraph(token: Token): token is Tokens.Paragraph {
  return token.type === "paragraph";
}
