/**
 * What all pages of a book share, each in one file beside them: the styles, the script, plotly.js, and
 * the index of the search. They are scripts, since a page that was opened from the file system may
 * read nothing else.
 *
 * @module
 */
import { plotlyScript } from "../../show/figure.ts";
import { searchScript, type SearchSection } from "./search_index.ts";
import style from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };

/** The addresses of the files, relative to a page. */
export const ASSETS = {
  style: "assets/page.css",
  script: "assets/page.js",
  plotly: "assets/plotly.js",
  search: "assets/search.js",
} as const;

/** Writes the files beside the pages of a folder; the search finds the sections. */
export async function writeAssets(folder: URL, sections: readonly SearchSection[]): Promise<void> {
  await Deno.mkdir(new URL("assets/", folder), { recursive: true });
  const files: readonly (readonly [name: string, text: string])[] = [
    [ASSETS.style, style],
    [ASSETS.script, script],
    [ASSETS.plotly, await plotlyScript()],
    [ASSETS.search, searchScript(sections)],
  ];
  for (const [name, text] of files) await Deno.writeTextFile(new URL(name, folder), text);
}
