/**
 * A program's text, shown in a notebook.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "./display.ts";

/** The text of a TypeScript program, shown in colours. */
export class Source implements Displayable {
  /** The program's text. */
  readonly text: string;

  /** Makes a source of a program's text. */
  constructor(text: string) {
    this.text = text;
  }

  /** Returns the program's text. */
  toString(): string {
    return this.text;
  }

  /** Returns the text as HTML in colours, as Markdown, and as it is. */
  async [DISPLAY](): Promise<MimeBundle> {
    const { highlightedHtml } = await import("./_highlight.ts"); // 20 ms: only if one is shown
    const fence = fenceFor(this.text);
    return {
      "text/html": highlightedHtml(this.text),
      "text/markdown": `${fence}ts\n${this.text.trimEnd()}\n${fence}`,
      "text/plain": this.text,
    };
  }
}

/**
 * Reads a program's text to show it.
 *
 * @param file A path, relative to the working directory, or a `file:` URL
 * @throws {Deno.errors.NotFound} If there is no such file
 *
 * @example An example's text
 * ```ts
 * import { source } from "fourtuple/show";
 * import { exampleUrl } from "fourtuple/examples";
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes(String(source(exampleUrl("echo_server.ts"))), "listener.accept()");
 * ```
 */
export function source(file: string | URL): Source {
  return new Source(Deno.readTextFileSync(file));
}

/** Returns three backquotes, or one more than the longest run of them in `text`. */
function fenceFor(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
}
