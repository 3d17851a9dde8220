/**
 * What a notebook shows in the place of something that this machine cannot show.
 *
 * @module
 */
import { callback, check, quote, refusal, text } from "../refusal.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "../show/display.ts";

/** What would have been seen, in words, and why it was not. */
export class Unseen implements Displayable {
  /** What would have been seen. */
  readonly what: string;
  /** Why it was not, such as that there is no private network, and the remedy. */
  readonly why: string;

  /** `LabNetwork.inPrivate` makes one where there is only loopback. */
  constructor(what: string, why: string) {
    this.what = what;
    this.why = why;
  }

  /** Returns both as lines of text. */
  toString(): string {
    return `What would have been seen: ${this.what}\n${this.why}`;
  }

  /** Returns the same for a notebook. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": String(this) };
  }

  /** How Deno prints it. */
  [Symbol.for("Deno.customInspect")](): string {
    return String(this);
  }
}

/** Refuses arguments of `LabNetwork.inPrivate`, wherever it is called: a lesson is often written elsewhere. */
export function checkInPrivate(what: string, work: () => unknown): void {
  const cannot = "Cannot do something in a private network only";
  check(what, text, { cannot, what: "what would have been seen" });
  if (what.trim() === "") {
    const rule = "what would have been seen is not blank";
    throw refusal(RangeError, { cannot, rule, part: quote(what) });
  }
  check(work, callback(), { cannot, what: "what is done" });
}
