/**
 * The pages about a course's terms: a glossary and a map, made from the definitions in its notebooks.
 *
 * @module
 */
import type { CourseNotebook } from "../run/course.ts";
import { conceptMapPage } from "./concept_map_page.ts";
import { glossary } from "./glossary.ts";
import { glossaryPage } from "./glossary_page.ts";
import type { PageLink } from "./page.ts";

/** Where the pages are written, and what is there already. */
export interface ConceptsOptions {
  /** The folder of the book. */
  readonly folder: URL;
  /** The names of the pages that there are. */
  readonly pages: ReadonlySet<string>;
  /** The page that lists all pages. */
  readonly index: PageLink;
}

const GLOSSARY: PageLink = { href: "glossary.html", title: "Glossary" };
const MAP: PageLink = { href: "map.html", title: "Map of the terms" };

/** Writes the glossary and the map, and returns links to them; none for a course without definitions. */
export async function writeConcepts(
  course: readonly CourseNotebook[],
  { folder, pages, index }: ConceptsOptions,
): Promise<PageLink[]> {
  const entries = glossary(course, pages);
  if (entries.length === 0) return [];
  await Deno.writeTextFile(
    new URL(GLOSSARY.href, folder),
    glossaryPage(entries, { index, map: MAP }),
  );
  await Deno.writeTextFile(new URL(MAP.href, folder), conceptMapPage(entries, { index }));
  return [GLOSSARY, MAP];
}
