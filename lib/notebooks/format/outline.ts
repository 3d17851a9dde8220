/**
 * What the first cell of a notebook says about it: its question, its time, whether it belongs to the
 * core of the course, and what the reader can do after it.
 *
 * @module
 */
import { marked, type Token, type Tokens } from "marked";
import type { Notebook } from "./notebook.ts";

/** Whether a notebook is part of the core of the course. */
export type CoursePath = "core" | "optional";

/** What {@linkcode outline} finds. */
export interface Outline {
  /** The first heading of the first level, as markdown; undefined if there is none. */
  readonly title: string | undefined;
  /** The minutes of the line `**Time:** 41 minutes. Core.`; undefined without that line. */
  readonly minutes: number | undefined;
  /** The path of that line. */
  readonly path: CoursePath | undefined;
  /**
   * As markdown: what the reader can do afterwards, if the first cell has a paragraph that begins with
   * `**After it you can:**`; else its first paragraph; undefined if it has none.
   */
  readonly summary: string | undefined;
}

/** The line that gives the time; its parts are the minutes and the path. */
const TIME = /^\*\*Time:\*\* (\d+) minutes?\. (Core|Optional)\.$/m;
const GOAL = /^\*\*After it you can:\*\*\s*([^]*?)\s*(?=^\*\*[^*]+:\*\*|^#|(?![^]))/m;
const TIME_PARTS = /^\*\*Time:\*\* \d+ minutes?\./m;

/**
 * Returns the title, the time, the path and the summary of a notebook.
 *
 * @example A first cell
 * ```ts
 * import { newNotebook } from "./notebook.ts";
 * import { outline } from "./outline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const source = "# What is a port?\n\n**Time:** 25 minutes. Core.\n\n**After it you can:** name one.";
 * assertEquals(outline(newNotebook([{ cell_type: "markdown", source }])), {
 *   title: "What is a port?",
 *   minutes: 25,
 *   path: "core",
 *   summary: "After it you can name one.",
 * });
 * ```
 */
export function outline(notebook: Notebook): Outline {
  const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown");
  const title = prose.values().flatMap(({ source }) => marked.lexer(source)).find(isTitle);
  const first = prose[0]?.source ?? "";
  const [, minutes, path] = first.match(TIME) ?? [];
  return {
    title: title?.text,
    minutes: minutes === undefined ? undefined : Number(minutes),
    path: path === undefined ? undefined : path.toLowerCase() as CoursePath,
    summary: goal(first) ?? firstParagraph(first),
  };
}

/**
 * Returns the first cell's text with another time; the same text if it names none.
 *
 * @example A minute more
 * ```ts
 * import { withMinutes } from "./outline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withMinutes("**Time:** 41 minutes. Core.", 42), "**Time:** 42 minutes. Core.");
 * ```
 */
export function withMinutes(firstCell: string, minutes: number): string {
  return firstCell.replace(TIME_PARTS, `**Time:** ${minutes} minutes.`);
}

/** A sentence continues the label, a list follows it. */
function goal(markdown: string): string | undefined {
  const text = markdown.match(GOAL)?.[1];
  if (text === undefined || text === "") return undefined;
  return /^[-*] /.test(text) ? `After it you can:\n\n${text}` : `After it you can ${text}`;
}

function firstParagraph(markdown: string): string | undefined {
  return marked.lexer(markdown).find((token): token is Tokens.Paragraph =>
    token.type === "paragraph"
  )?.text;
}

function isTitle(token: Token): token is Tokens.Heading {
  return token.type === "heading" && (token as Tokens.Heading).depth === 1;
}
