/**
 * How a value is shown in Jupyter.
 *
 * The Deno kernel asks the last value of a cell for the method {@linkcode DISPLAY}; the
 * front end gets what that returns, and shows the richest form that it can.
 *
 * @module
 */

/** The name of the method that the Deno kernel calls on the last value of a cell. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** One value in several forms, by MIME type; a front end shows the richest that it can. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A value that a notebook can show. */
export interface Displayable {
  /** Returns the value in each of its forms. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/**
 * Returns `text` escaped for HTML, between tags or in a quoted attribute.
 *
 * @example A tag is shown as text
 * ```ts
 * import { escapeHtml } from "./display.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeHtml(`<a href="#">`), "&lt;a href=&quot;#&quot;&gt;");
 * ```
 */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
