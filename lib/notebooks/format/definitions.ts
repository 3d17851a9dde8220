/**
 * The terms that a notebook defines, and where text mentions a term.
 *
 * Bold text defines a term, in the sentence that explains it. Bold text that ends with a colon, such as
 * `**Predict:**`, is a label and defines nothing.
 *
 * @module
 */
import type { Notebook } from "./notebook.ts";
import { type Passage, passages } from "./passages.ts";

/** A term and the words that explain it. */
export interface Definition {
  /** The term, as the bold text has it, without code marks and without a sentence's capital letter. */
  readonly term: string;
  /** The sentence that explains it, and the one before it where it needs that: "It is the …". */
  readonly sentence: string;
  /** The index of its cell, from 0. */
  readonly cell: number;
  /** The nearest heading over it, as markdown; undefined if there is none. */
  readonly heading: string | undefined;
  /** Whether a reader may leave it out: it is in a box or in a section marked as optional. */
  readonly isOptional: boolean;
}

const BOLD = /\*\*([^*]+)\*\*/g;
const LABEL = /^\*\*[^*]+:\*\*\s*/;
const SENTENCE_END = /(?<=[.?!][”")]?)\s+(?=[^a-z\s])/;
/** Such a sentence cannot be understood without the one before it. */
const LEANS_BACK =
  /^(?:It|Its|This|That|These|Those|They|Their|Such|Both)\b|^[^,]*, it\b|\bsuch (?!as\b)|\bfor that\b/;

/**
 * Returns the terms that a notebook defines, in reading order.
 *
 * @example A definition and a label
 * ```ts
 * import { definitions } from "./definitions.ts";
 * import { newNotebook } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const source = "A **port** is a number. It has 16 bits.\n\n**Predict:** how many are there?";
 * const [port, ...others] = definitions(newNotebook([{ cell_type: "markdown", source }]));
 * assertEquals([port?.term, port?.sentence], ["port", "A **port** is a number."]);
 * assertEquals(others, []);
 * ```
 */
export function definitions(notebook: Notebook): Definition[] {
  return passages(notebook).filter(({ kind }) => kind === "prose").flatMap(definitionsIn);
}

function definitionsIn({ text, cell, headings, isOptional }: Passage): Definition[] {
  const heading = headings.at(-1)?.text;
  return sentencesByBlock(text).flatMap((sentences) =>
    sentences.flatMap((sentence, index) => {
      const before = LEANS_BACK.test(sentence) && index > 0 ? `${sentences[index - 1]} ` : "";
      return boldTexts(sentence).filter((bold) => !bold.endsWith(":")).map((bold) => ({
        term: withoutSentenceCase(bold.replaceAll("`", ""), sentence),
        sentence: before + sentence.replace(/:$/, "."),
        cell,
        heading,
        isOptional,
      }));
    })
  );
}

/** The capital of a sentence is not the term's, except in a name: "Nagle's algorithm". */
function withoutSentenceCase(term: string, sentence: string): string {
  if (!sentence.startsWith(`**${term}`) || !/^[A-Z][a-z]+(?!\w*'s\b)/.test(term)) return term;
  return term.slice(0, 1).toLowerCase() + term.slice(1);
}

/**
 * Returns the sentences of markdown, a list of them for each paragraph, item, heading and row of a
 * table. Blocks of code have none, and a label such as `**Predict:**` is part of none.
 *
 * @example A heading and a paragraph
 * ```ts
 * import { sentencesByBlock } from "./definitions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "## Ports\n\n**Predict:** Is\n0 one? Say why.";
 * assertEquals(sentencesByBlock(text), [["Ports"], ["Is 0 one?", "Say why."]]);
 * ```
 */
export function sentencesByBlock(markdown: string): string[][] {
  return blocks(markdown).map((block) => block.replace(LABEL, "").split(SENTENCE_END));
}

/** Bold marks inside of code are none. */
function boldTexts(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(BOLD)].map((match) =>
    markdown.slice(match.index, match.index + match[0].length).replaceAll("**", "")
  );
}

const BLOCK_START = /^\s*(?:[-*+]|\d+\.)\s+|^#+\s+|^\|\s*|^>\s*/;

/** Returns the paragraphs, items, headings and rows of markdown, each in one line, without code blocks. */
function blocks(markdown: string): string[] {
  const found: string[] = [];
  let isOpen = false;
  for (const line of withoutCodeBlocks(markdown).split("\n")) {
    const text = line.replace(BLOCK_START, "").trim();
    if (isOpen && text !== "" && !BLOCK_START.test(line)) found.push(`${found.pop()} ${text}`);
    else if (text !== "") found.push(text);
    isOpen = text !== "" && !/^#|^\|/.test(line);
  }
  return found;
}

/** Code between as many backticks before it as behind it, within one paragraph. */
const CODE_SPAN = /(?<!`)(`+)(?!`)(?:(?!\n\n)[^])+?(?<!`)\1(?!`)/g;

/** Returns markdown in which code, in blocks and in lines, is blanked out, position for position. */
export function withoutCode(markdown: string): string {
  return withoutCodeBlocks(markdown).replaceAll(CODE_SPAN, blank);
}

function withoutCodeBlocks(markdown: string): string {
  return markdown.replaceAll(/^([ \t]*)(```|~~~)[^]*?^\1\2[ \t]*$/gm, blank);
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

/**
 * Returns an expression that finds a term in text, in the singular and the plural, with a blank or a
 * hyphen between its words. Capitals count where a word of the term is in capitals only.
 *
 * @example A term in the plural
 * ```ts
 * import { termPattern } from "./definitions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(termPattern("four-tuple").test("Two Four-tuples differ."), true);
 * assertEquals(termPattern("SYN").test("in sync"), false);
 * ```
 */
export function termPattern(term: string): RegExp {
  const words = singular(term).split(/[-\s]+/).map((word) => word.replaceAll(/[^\w]/g, "\\$&"));
  const last = words.pop()!;
  const plural = last.endsWith("y") ? `(?:${last}|${last.slice(0, -1)}ies)` : `${last}(?:e?s)?`;
  const isAcronym = /\b[A-Z][A-Z\d_]+\b/.test(term);
  return new RegExp(
    `(?<![\\w-])${[...words, plural].join("[-\\s]+")}(?![\\w-])`,
    isAcronym ? "g" : "gi",
  );
}

function singular(term: string): string {
  if (/(?:ss|us|is)$/.test(term)) return term;
  return term.replace(/ies$/, "y").replace(/(?<=ss|x|ch|sh)es$/, "").replace(/s$/, "");
}

/**
 * Returns which of the terms a text mentions, in the order given. Where the words of a longer term
 * contain a shorter one, only the longer one counts; code does not count, unless it is all of the term.
 *
 * @example The longer term
 * ```ts
 * import { mentionedTerms } from "./definitions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const terms = ["port", "listening socket", "socket"];
 * assertEquals(mentionedTerms("Listening sockets have a port.", terms), ["port", "listening socket"]);
 * ```
 */
export function mentionedTerms(text: string, terms: readonly string[]): string[] {
  let left = withoutCode(text.replaceAll(/`([A-Z][A-Z\d_]+)`/g, " $1 "));
  const found = new Set<string>();
  for (const term of terms.toSorted((a, b) => b.length - a.length)) {
    left = left.replaceAll(termPattern(term), (match) => {
      found.add(term);
      return blank(match);
    });
  }
  return terms.filter((term) => found.has(term));
}
