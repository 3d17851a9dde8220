/**
 * The programs of the articles, one file each, on Deno's own API.
 *
 * They import nothing from this library: copy one and run it. `catalog.ts` lists them by article.
 *
 * @module
 */
export { type Article, type Example, type ExampleName, EXAMPLES, exampleUrl } from "./catalog.ts";
