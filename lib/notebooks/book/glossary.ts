/**
 * The terms of a whole course, with what each is explained by.
 *
 * @module
 */
import { type Definition, definitions, mentionedTerms } from "../format/definitions.ts";
import { outline } from "../format/outline.ts";
import type { CourseNotebook } from "../run/course.ts";
import { plainText, Prose } from "./_page_markdown.ts";

/** A term of the course. */
export interface GlossaryEntry extends Definition {
  /** Its anchor on the glossary's page: "accept-queue". */
  readonly id: string;
  /** The notebook that explains it. */
  readonly place: GlossaryPlace;
  /** The entries that its sentence mentions, explained before it, in reading order. */
  readonly needs: readonly GlossaryEntry[];
}

/** The notebook that explains a term. */
export interface GlossaryPlace {
  /** Its number, as in "04"; its name where it has none. */
  readonly number: string;
  /** Its title, as plain text. */
  readonly title: string;
  /** The address of its page; undefined where there is none. */
  readonly page: string | undefined;
}

/**
 * Returns the terms in reading order. A term that is defined again is listed once, where it is
 * defined first.
 *
 * @param pages The names of the pages that there are
 */
export function glossary(
  course: readonly CourseNotebook[],
  pages: ReadonlySet<string>,
): GlossaryEntry[] {
  const entries = new Map<string, GlossaryEntry>();
  for (const { name, notebook } of course) {
    const page = `${name}.html`;
    const { title = name } = outline(notebook);
    const place = {
      number: name.match(/^\d+(?=_)/)?.[0] ?? name,
      title: plainText(new Prose().renderInline(title)),
      page: pages.has(page) ? page : undefined,
    };
    for (const definition of definitions(notebook)) {
      const key = definition.term.toLowerCase();
      if (entries.has(key)) continue;
      const id = key.replaceAll(/[^a-z\d]+/g, "-").replaceAll(/^-|-$/g, "");
      const needs = needsOf(definition, [...entries.values()]);
      entries.set(key, { ...definition, id, place, needs });
    }
  }
  return [...entries.values()];
}

/** What the sentence mentions, and what the term itself is made of: a listening socket is a socket. */
function needsOf(
  { term, sentence }: Definition,
  earlier: readonly GlossaryEntry[],
): readonly GlossaryEntry[] {
  const terms = earlier.map((entry) => entry.term);
  const mentioned = [
    ...mentionedTerms(sentence.replaceAll("**", ""), [...terms, term]),
    ...mentionedTerms(term, terms),
  ];
  return earlier.filter((entry) => mentioned.includes(entry.term));
}

/** Returns what an entry needs that nothing else it needs needs already: the arrows that say something. */
export function nearestNeeds(entry: GlossaryEntry): GlossaryEntry[] {
  const further = new Set(entry.needs.flatMap((need) => [...allNeeds(need)]));
  return entry.needs.filter((need) => !further.has(need));
}

function allNeeds(entry: GlossaryEntry): Set<GlossaryEntry> {
  return new Set(entry.needs.flatMap((need) => [need, ...allNeeds(need)]));
}
