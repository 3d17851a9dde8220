/**
 * What the check of an exercise returns: open, right, or not yet with a hint.
 *
 * @module
 */
import { DISPLAY, type Displayable, escapeHtml, type MimeBundle } from "../show/display.ts";

/** The state of an exercise. */
export type VerdictState = "open" | "right" | "not yet";

const MARKS: Readonly<Record<VerdictState, { mark: string; colour: string }>> = {
  open: { mark: "○", colour: "inherit" },
  right: { mark: "✓", colour: "#00734f" },
  "not yet": { mark: "✗", colour: "#b34700" },
};

/**
 * The result of a check. An exercise without an answer is open, which is no error: a notebook with
 * unanswered exercises runs to its end.
 *
 * @example An open exercise, and one that is not right yet
 * ```ts
 * import { Verdict } from "fourtuple/exercises";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(String(Verdict.open("write the function ask")), "○ open: write the function ask");
 * assertEquals(
 *   String(Verdict.notYet("your socket is still open", "Close it before you return")),
 *   "✗ not yet: your socket is still open. Close it before you return.",
 * );
 * ```
 */
export class Verdict implements Displayable {
  /** Whether the answer is right. */
  readonly state: VerdictState;
  /** What the check saw, as a sentence without a full stop. */
  readonly message: string;
  /** Which idea that contradicts, and what to try; undefined if the message says it all. */
  readonly hint: string | undefined;
  /** The seed of the random parts of the check, which `checkWith` takes; undefined without any. */
  readonly seed: number | undefined;

  private constructor(
    state: VerdictState,
    message: string,
    { hint, seed }: { readonly hint?: string | undefined; readonly seed?: number | undefined } = {},
  ) {
    this.state = state;
    this.message = message;
    this.hint = hint;
    this.seed = seed;
  }

  /** The exercise has no answer yet, or cannot be checked on this machine. */
  static open(message: string): Verdict {
    return new Verdict("open", message);
  }

  /** The answer is right; the message says what the check saw. */
  static right(message: string): Verdict {
    return new Verdict("right", message);
  }

  /** The answer is not right yet: what the check saw, and what to try. */
  static notYet(message: string, hint?: string): Verdict {
    return new Verdict("not yet", message, { hint });
  }

  /** Returns the same verdict with the seed of the check's random parts. */
  withSeed(seed: number): Verdict {
    return new Verdict(this.state, this.message, { hint: this.hint, seed });
  }

  /** Returns the verdict as text: state, message, hint and seed. */
  toString(): string {
    return `${MARKS[this.state].mark} ${this.state}: ${this.#text()}`;
  }

  /** Returns the verdict as a coloured line, and as text. */
  [DISPLAY](): MimeBundle {
    const { mark, colour } = MARKS[this.state];
    const html =
      `<div class="fourtuple-verdict" style="border-left:4px solid;border-color:${colour};` +
      `padding:0.3em 0.8em"><strong style="color:${colour}">${mark} ${this.state}</strong> ` +
      `${escapeHtml(this.#text())}</div>`;
    return { "text/html": html, "text/plain": this.toString() };
  }

  #text(): string {
    const stop = this.hint?.endsWith("?") ? "" : ".";
    const hint = this.hint === undefined ? "" : `. ${this.hint}${stop}`;
    const seed = this.seed === undefined ? "" : ` (seed ${this.seed})`;
    return `${this.message}${hint}${seed}`;
  }
}
