/** How much a cell has shown, and how much it may show. */
import type { Shown } from "./shown.ts";

/** A cell shows at most so many characters in texts and displays that are not cleared. */
export const MAX_CELL_CHARACTERS = 10_000_000;

/** A cell has at most so many outputs; lines of one stream that follow each other are one. */
export const MAX_CELL_OUTPUTS = 10_000;

const [CHARACTERS, OUTPUTS] = [MAX_CELL_CHARACTERS, MAX_CELL_OUTPUTS]
  .map((limit) => limit.toLocaleString("en"));

/** What a cell that shows more says. */
export const CUT: string =
  `\nThe rest is not shown: a cell shows at most ${CHARACTERS} characters and ` +
  `${OUTPUTS} outputs. If the cell is still running, press Stop (■) to end it.\n`;

/** What one cell has shown. */
export class CellUsage {
  #characters = 0;
  #outputs = 0;
  /** The stream that it showed something in last. */
  #stream: string | undefined;
  #isCut = false;
  #clearsNext = false;

  /** How many characters it shows now. */
  get characters(): number {
    return this.#characters;
  }

  /** Whether it has tried to show more than it may. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Counts a text, and returns as much of it as the cell may show. */
  text(stream: string, text: string): string {
    if (this.#isCut || text === "") return "";
    this.#clear();
    if (stream !== this.#stream) this.#outputs++;
    this.#stream = stream;
    const allowed = beginning(text, MAX_CELL_CHARACTERS - this.#characters);
    this.#characters += allowed.length;
    this.#isCut = allowed.length < text.length || this.#outputs > MAX_CELL_OUTPUTS;
    return this.#outputs > MAX_CELL_OUTPUTS ? "" : allowed;
  }

  /** Counts an output of so many characters that is not a text, and returns whether it may be shown. */
  output({ type, content }: Pick<Shown, "type" | "content">, characters: number): boolean {
    if (type === "update_display_data") return true; // it replaces what is there
    if (type === "clear_output") {
      this.#clearsNext = true;
      if (!content?.wait) this.#clear();
      return true;
    }
    this.#clear();
    this.#stream = undefined;
    // A cell's last output tells how it ended.
    if (type === "execute_result" || type === "error") return true;
    if (this.#isCut) return false;
    this.#outputs++;
    this.#characters += characters;
    this.#isCut = this.#characters > MAX_CELL_CHARACTERS || this.#outputs > MAX_CELL_OUTPUTS;
    return !this.#isCut;
  }

  /** A cell that clears its outputs may show others for ever. */
  #clear(): void {
    if (!this.#clearsNext) return;
    this.#characters = this.#outputs = 0;
    this.#stream = undefined;
    this.#isCut = this.#clearsNext = false;
  }
}

/** Returns the beginning of a text, at most `length` code units, no character cut in two. */
export function beginning(text: string, length: number): string {
  if (length <= 0) return "";
  if (text.length <= length) return text;
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? length - 1 : length);
}
