/**
 * The programs of the articles, one file each, on Deno's own API.
 *
 * Each imports nothing from this library: copy the file and run it. `catalog.ts` lists the programs by
 * article and says what each one does.
 *
 * @module
 */
export { type Article, type Example, type ExampleName, EXAMPLES, exampleUrl } from "./catalog.ts";
