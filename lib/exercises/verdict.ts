/**
 * What a checked exercise answers: open, right, or not yet with one hint at what to look at.
 *
 * @module
 */
import { DISPLAY, type Displayable, escapeHtml, type MimeBundle } from "../show/display.ts";

/** How an exercise stands. */
export type VerdictState = "open" | "right" | "not yet";

const MARKS: Readonly<Record<VerdictState, { mark: string; colour: string }>> = {
  open: { mark: "○", colour: "inherit" },
  right: { mark: "✓", colour: "#00734f" },
  "not yet": { mark: "✗", colour: "#b34700" },
};

/**
 * The answer of a check. An exercise nobody has answered yet is open, which is no error: a notebook
 * with unanswered exercises runs to its end.
 *
 * @example An open exercise
 * ```ts
 * import { Verdict } from "fourtuple/exercises";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(String(Verdict.open("Write your client above")), "○ open: Write your client above");
 * ```
 */
export class Verdict implements Displayable {
  /** How the exercise stands. */
  readonly state: VerdictState;
  /** One sentence: what was seen, and what to look at next. */
  readonly message: string;

  private constructor(state: VerdictState, message: string) {
    this.state = state;
    this.message = message;
  }

  /** The exercise has no answer yet. */
  static open(message: string): Verdict {
    return new Verdict("open", message);
  }

  /** The answer holds; the message says what was seen. */
  static right(message: string): Verdict {
    return new Verdict("right", message);
  }

  /** The answer does not hold; the message says what was seen instead. */
  static notYet(message: string): Verdict {
    return new Verdict("not yet", message);
  }

  /** Returns the verdict as one line. */
  toString(): string {
    return `${MARKS[this.state].mark} ${this.state}: ${this.message}`;
  }

  /** Returns the verdict as a coloured line, and as text. */
  [DISPLAY](): MimeBundle {
    const { mark, colour } = MARKS[this.state];
    const html =
      `<div class="fourtuple-verdict" style="border-left:4px solid;border-color:${colour};` +
      `padding:0.3em 0.8em"><strong style="color:${colour}">${mark} ${this.state}</strong> ` +
      `${escapeHtml(this.message)}</div>`;
    return { "text/html": html, "text/plain": this.toString() };
  }
}
