/**
 * How a value tells Jupyter what it looks like.
 *
 * The Deno kernel asks the last value of a cell for the method {@linkcode DISPLAY}; what it returns
 * is sent to the front end, which shows the richest form that it can.
 *
 * @module
 */

/** The name of the method that the Deno kernel calls on the last value of a cell. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** One value in several forms, by MIME type; a front end shows the richest that it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A value that knows how it looks in a notebook. */
export interface Displayable {
  /** Returns the value in every form that it has. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/**
 * Returns `text` safe to stand in HTML, between tags or in a quoted attribute.
 *
 * @example A tag is shown, not obeyed
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
