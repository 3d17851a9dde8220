/** Cuts bytes into lines, in memory of a fixed size. */
import { quotePart, quoteValue, refusal } from "../refusal.ts";

const LF = 0x0a;
const CR = 0x0d;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** What is wrong with a line: it is too long ("line"), or not text ("text"). */
export type LineFault = "line" | "text";

/** Takes the bytes of a stream as they arrive, and gives its lines. */
export class LineBuffer {
  readonly #limit: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  /** Makes an empty buffer. A line has at most `limit` bytes, not counting its end (LF or CR LF). */
  constructor(limit: number) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(limit + 2);
  }

  /** Where the next bytes go; never empty after {@linkcode LineBuffer.take} found no line. */
  get free(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#size);
  }

  /** Says how many bytes were written into the free space. */
  fill(count: number): void {
    this.#size += count;
  }

  /** Takes the next line out: its text, what is wrong with it, or `undefined` if it has no end yet. */
  take(): { readonly text: string } | { readonly fault: LineFault } | undefined {
    const end = this.#bytes.subarray(0, this.#size).indexOf(LF);
    if (end < 0) return this.#size === this.#bytes.length ? { fault: "line" } : undefined;
    const length = end > 0 && this.#bytes[end - 1] === CR ? end - 1 : end;
    if (length > this.#limit) return { fault: "line" };
    const text = decode(this.#bytes.subarray(0, length));
    this.#bytes.copyWithin(0, end + 1, this.#size);
    this.#size -= end + 1;
    return text === undefined ? { fault: "text" } : { text };
  }
}

/**
 * Returns a line with its line end, as bytes.
 *
 * @throws {SyntaxError} If it contains a control character, such as a line break
 */
export function encodeLine(line: string): Uint8Array<ArrayBuffer> {
  const control = controlCharacter(line);
  if (control !== undefined) {
    throw refusal(SyntaxError, {
      cannot: `Cannot send the line ${quoteValue(line)}`,
      rule: "a line has no control characters",
      part: quotePart(control),
    });
  }
  return ENCODER.encode(`${line}\n`);
}

/** Finds the first control character of a text; such characters can control a reader's terminal. */
function controlCharacter(text: string): string | undefined {
  return /\p{Cc}/u.exec(text)?.[0];
}

function decode(bytes: Uint8Array): string | undefined {
  let text;
  try {
    text = DECODER.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
  return controlCharacter(text) === undefined ? text : undefined;
}
