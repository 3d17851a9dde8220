/**
 * Outputs on their way to the front ends, in their order: small texts are merged, large ones are split,
 * all leave at a pace that a Jupyter server bears, and a cell that shows without end is cut.
 *
 * A page draws the whole text of a cell again for each message that adds to it. So the more a cell has
 * shown, the larger and the rarer its messages are; otherwise a loop that prints makes the page hang.
 *
 * @module
 */
import { beginning, CellUsage, CUT } from "./cell_usage.ts";
import { Pace } from "./pace.ts";
import { type Shown, streamed } from "./shown.ts";

/** How long a cell's first texts wait for more, in milliseconds: nobody notices. */
const MERGE_MS = 25;
const MAX_MERGE_MS = 500;

/** A cell's first texts have at most so many characters, and the later ones more. */
const TEXT = 64 * 1024;
const MAX_TEXT = 1_000_000;
const MAX_TEXT_BYTES = MAX_TEXT + 1_000;

/** How much may wait before whoever produces it has to. */
const MAX_WAITING_CHARACTERS = 1_000_000;
const MAX_WAITING_OUTPUTS = 200;

/** How a queue lets outputs go. */
export interface OutputQueueOptions {
  /** Takes each output with its cell's number. */
  readonly onShow: (cell: number, output: Shown) => void;
  /** Whether a Jupyter server may come between the kernel and its page, so that a pace is kept. */
  readonly isPaced: boolean;
}

/** A text that may still become longer. */
interface WaitingText {
  readonly cell: number;
  readonly stream: "stdout" | "stderr";
  readonly texts: string[];
  readonly maxLength: number;
  /** When it leaves at the latest, unless the pace keeps it. */
  readonly due: number;
  characters: number;
}

interface WaitingOutput {
  readonly cell: number;
  readonly output: Shown;
  readonly characters: number;
}

/** Somebody who waits for all that came before. */
interface WaitingReader {
  readonly done: () => void;
  readonly characters: 0;
}

/** The outputs of all cells of one kernel. */
export class OutputQueue {
  readonly #options: OutputQueueOptions;
  readonly #pace = new Pace();
  readonly #waiting: (WaitingText | WaitingOutput | WaitingReader)[] = [];
  readonly #usages = new Map<number, CellUsage>();
  #characters = 0;
  #isSending = false;
  #changed = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  /** The cell that has been stopped and has not ended, and how many characters it did not show. */
  #stopped: { readonly cell: number; leftOut: number } | undefined;

  /** Begins empty. */
  constructor(options: OutputQueueOptions) {
    this.#options = options;
  }

  /** Adds a text to a stream of a cell. */
  text(cell: number, stream: "stdout" | "stderr", text: string): void {
    const usage = this.#usage(cell);
    const wasCut = usage.isCut;
    this.#add(cell, stream, usage.text(stream, text));
    if (usage.isCut && !wasCut) this.#add(cell, "stderr", CUT);
  }

  /** Adds an output that is not a text, and takes so many characters. */
  show(cell: number, output: Shown, characters: number): void {
    const usage = this.#usage(cell);
    const wasCut = usage.isCut;
    if (usage.output(output, characters)) this.#push({ cell, output, characters });
    if (usage.isCut && !wasCut) this.#add(cell, "stderr", CUT);
  }

  /** Waits until all that was added is out. */
  flushed(): Promise<void> {
    return new Promise((done) => this.#push({ done, characters: 0 }));
  }

  /** Waits until few enough outputs wait. */
  async room(): Promise<void> {
    while (
      this.#characters > MAX_WAITING_CHARACTERS || this.#waiting.length > MAX_WAITING_OUTPUTS
    ) await this.#room.promise;
  }

  /** Leaves texts out that would have to wait, until the kernel is idle, since a cell is stopped. */
  stop(cell: number): void {
    this.#stopped ??= { cell, leftOut: 0 };
    this.#change();
  }

  /** Says that front ends have been told that the kernel is idle. */
  idle(): void {
    this.#pace.reset();
    this.#stopped = undefined;
  }

  #usage(cell: number): CellUsage {
    const usage = this.#usages.get(cell) ?? new CellUsage();
    this.#usages.set(cell, usage);
    return usage;
  }

  #add(cell: number, stream: "stdout" | "stderr", text: string): void {
    const { characters: shown } = this.#usage(cell);
    const maxLength = Math.min(Math.max(TEXT, shown >> 1), MAX_TEXT);
    const due = performance.now() + Math.min(MERGE_MS * (1 + shown / TEXT), MAX_MERGE_MS);
    while (text !== "") {
      const last = this.#waiting.at(-1);
      const isSame = last !== undefined && "texts" in last && last.cell === cell &&
        last.stream === stream;
      const part = beginning(text, isSame ? last.maxLength - last.characters : maxLength);
      text = text.slice(part.length);
      if (isSame && part !== "") {
        last.texts.push(part);
        last.characters += part.length;
        this.#characters += part.length;
        if (!this.#mayGrow()) this.#change();
      } else {
        this.#push({ cell, stream, texts: [part], characters: part.length, maxLength, due });
      }
    }
  }

  #push(waiting: WaitingText | WaitingOutput | WaitingReader): void {
    this.#waiting.push(waiting);
    this.#characters += waiting.characters;
    this.#change();
    if (!this.#isSending) this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      await this.#grown();
      const head = this.#waiting.shift()!;
      if ("texts" in head) await this.#showText(head);
      else if ("output" in head) await this.#show(head.cell, head.output);
      else await this.#tell(head);
      this.#characters -= head.characters;
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    }
    this.#isSending = false;
  }

  /** Whether the text that is next can still become longer. */
  #mayGrow(): boolean {
    const [head, next] = this.#waiting;
    return head !== undefined && "texts" in head && next === undefined &&
      head.characters < head.maxLength;
  }

  /** Waits until the text that is next is as long as it gets. */
  async #grown(): Promise<void> {
    while (this.#mayGrow()) {
      const left = (this.#waiting[0] as WaitingText).due - performance.now();
      if (left <= 0) return;
      await this.#changedOr(left);
    }
  }

  async #showText({ cell, stream, texts }: WaitingText): Promise<void> {
    for (const { text, bytes } of bearable(texts.join(""))) {
      if (await this.#turn(bytes)) this.#give(cell, streamed(stream, text));
      else this.#stopped!.leftOut += text.length;
    }
  }

  async #show(cell: number, output: Shown): Promise<void> {
    await this.#turn(0);
    this.#give(cell, output);
  }

  /** Gives an output away. One that its taker cannot read must not keep back those behind it. */
  #give(cell: number, output: Shown): void {
    try {
      this.#options.onShow(cell, output);
    } catch (error) {
      console.error(`An output of type "${output.type}" cannot be shown:`, error);
    }
  }

  async #tell({ done }: WaitingReader): Promise<void> {
    const { cell = 0, leftOut = 0 } = this.#stopped ?? {};
    if (leftOut > 0) {
      this.#stopped = { cell, leftOut: 0 };
      const text = `\n${leftOut.toLocaleString("en")} characters were not shown, because ` +
        `the cell was stopped first.\n`;
      await this.#show(cell, streamed("stderr", text));
    }
    done();
  }

  /** Waits until an output may leave; returns false for a text that is left out instead. */
  async #turn(bytes: number): Promise<boolean> {
    if (!this.#options.isPaced) return true;
    for (let wait; (wait = this.#pace.wait(bytes)) > 0;) {
      if (bytes > 0 && this.#stopped !== undefined) return false;
      await this.#changedOr(wait);
    }
    this.#pace.count(bytes);
    return true;
  }

  #change(): void {
    this.#changed.resolve();
  }

  /** Waits until something is added or hurries, at most `timeout` milliseconds. */
  async #changedOr(timeout: number): Promise<void> {
    this.#changed = Promise.withResolvers();
    const timer = setTimeout(this.#changed.resolve, timeout);
    await this.#changed.promise;
    clearTimeout(timer);
  }
}

const encoder = new TextEncoder();

/** Splits a text where it takes too many bytes for one message: a character takes up to six. */
function* bearable(text: string): Generator<{ readonly text: string; readonly bytes: number }> {
  const bytes = encoder.encode(JSON.stringify(text)).length;
  if (bytes <= MAX_TEXT_BYTES) return yield { text, bytes };
  const first = beginning(text, Math.ceil(text.length / 2));
  yield* bearable(first);
  yield* bearable(text.slice(first.length));
}
