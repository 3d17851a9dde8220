/**
 * Outputs on their way to the front ends, in their order: small texts are merged, large ones are split,
 * all leave at a pace that a Jupyter server bears, and a cell that shows without end is cut.
 *
 * @module
 */
import { Pace } from "./pace.ts";
import { type Shown, streamed } from "./shown.ts";

/** A cell shows at most so many characters: texts, displays and updates that are not cleared. */
export const MAX_CELL_CHARACTERS = 10_000_000;

/** A cell has at most so many outputs; lines of one stream that follow each other are one. */
export const MAX_CELL_OUTPUTS = 10_000;

/** How long a text waits for more, in milliseconds: nobody notices, and a loop's lines become few. */
const MERGE_MS = 25;

/** A text of so many characters waits no longer. */
const MAX_TEXT = 64 * 1024;

/** How much may wait before whoever produces it has to. */
const MAX_WAITING_CHARACTERS = 64 * 1024;
const MAX_WAITING_OUTPUTS = 200;

/** How a queue lets outputs go. */
export interface OutputQueueOptions {
  /** Takes each output with its cell's number. */
  readonly onShow: (cell: number, output: Shown) => void;
  /** Whether a Jupyter server may come between the kernel and its page, so that a pace is kept. */
  readonly isPaced: boolean;
}

interface Waiting {
  readonly cell: number;
  readonly output: Shown | (() => void);
  /** A text in its pieces; then `output` is a stream without text. */
  readonly texts?: string[];
  characters: number;
  readonly since: number;
}

/** What a cell has shown so far. */
interface Usage {
  characters: number;
  outputs: number;
  /** The stream that it showed something in last. */
  stream: string | undefined;
  isCut: boolean;
  clearsNext: boolean;
}

const EMPTY: Readonly<Usage> = {
  characters: 0,
  outputs: 0,
  stream: undefined,
  isCut: false,
  clearsNext: false,
};

/** The outputs of all cells of one kernel. */
export class OutputQueue {
  readonly #options: OutputQueueOptions;
  readonly #pace = new Pace();
  readonly #waiting: Waiting[] = [];
  readonly #usages = new Map<number, Usage>();
  #characters = 0;
  #isSending = false;
  #changed: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  /** Begins empty. */
  constructor(options: OutputQueueOptions) {
    this.#options = options;
  }

  /** Adds a text to a stream of a cell. */
  text(cell: number, name: "stdout" | "stderr", text: string): void {
    const usage = this.#usage(cell);
    if (text === "" || usage.isCut) return;
    this.#clear(usage);
    const allowed = splitAt(text, MAX_CELL_CHARACTERS - usage.characters);
    usage.characters += allowed.length;
    if (usage.stream !== name) usage.outputs++;
    usage.stream = name;
    for (let left = allowed; left !== "";) {
      const last = this.#waiting.at(-1);
      const isSame = last?.texts !== undefined && last.cell === cell &&
        (last.output as Shown).content.name === name && last.characters < MAX_TEXT;
      const part = splitAt(left, isSame ? MAX_TEXT - last.characters : MAX_TEXT);
      left = left.slice(part.length);
      if (isSame && part !== "") {
        last.texts.push(part);
        last.characters += part.length;
        this.#characters += part.length;
      } else {
        const output = streamed(name, "");
        this.#push({ cell, output, texts: [part], characters: part.length, since: now() });
      }
    }
    if (allowed.length < text.length || usage.outputs > MAX_CELL_OUTPUTS) this.#cut(cell, usage);
    this.#send();
  }

  /** Adds an output that is not a text, and takes so many characters. */
  show(cell: number, output: Shown, characters: number): void {
    const usage = this.#usage(cell);
    const { type, content } = output;
    if (type === "clear_output") {
      usage.clearsNext = true;
      if (!content.wait) this.#clear(usage);
    } else if (type !== "update_display_data") { // which replaces what is there
      const isLast = type === "execute_result" || type === "error";
      if (usage.isCut && !isLast) return;
      this.#clear(usage);
      usage.outputs++;
      usage.stream = undefined;
      usage.characters += characters;
      const isOver = usage.characters > MAX_CELL_CHARACTERS || usage.outputs > MAX_CELL_OUTPUTS;
      if (isOver && !isLast) return this.#cut(cell, usage);
    }
    this.#push({ cell, output, characters, since: now() });
    this.#send();
  }

  /** Waits until all that was added is out. */
  async flushed(): Promise<void> {
    await new Promise<void>((done) => {
      this.#push({ cell: 0, output: done, characters: 0, since: now() });
      this.#send();
    });
  }

  /** Waits until few enough outputs wait. */
  async room(): Promise<void> {
    while (
      this.#characters > MAX_WAITING_CHARACTERS || this.#waiting.length > MAX_WAITING_OUTPUTS
    ) {
      await (this.#room ??= Promise.withResolvers()).promise;
    }
  }

  /** Says that front ends have been told that the kernel is idle. */
  idle(): void {
    this.#pace.reset();
  }

  #usage(cell: number): Usage {
    let usage = this.#usages.get(cell);
    if (usage === undefined) {
      usage = { ...EMPTY };
      this.#usages.set(cell, usage);
    }
    return usage;
  }

  /** A cell that clears its outputs may show others for ever. */
  #clear(usage: Usage): void {
    if (usage.clearsNext) Object.assign(usage, EMPTY);
  }

  #cut(cell: number, usage: Usage): void {
    usage.isCut = true;
    const [characters, outputs] = [MAX_CELL_CHARACTERS, MAX_CELL_OUTPUTS]
      .map((limit) => limit.toLocaleString("en"));
    const text = `\nThe rest is not shown: a cell shows at most ${characters} characters and ` +
      `${outputs} outputs. If it still runs, Stop ends it.\n`;
    const output = streamed("stderr", "");
    this.#push({ cell, output, texts: [text], characters: text.length, since: now() });
    this.#send();
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#characters += waiting.characters;
    this.#changed?.resolve();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return void (this.#isMerged() || this.#changed?.resolve());
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      await this.#merged();
      const head = this.#waiting.shift()!;
      if (typeof head.output === "function") head.output();
      else await this.#show(head as Waiting & { output: Shown });
      this.#characters -= head.characters;
      this.#room?.resolve();
      this.#room = undefined;
    }
    this.#isSending = false;
  }

  /** Whether the first text can still become longer. */
  #isMerged(): boolean {
    const [head, next] = this.#waiting;
    return head?.texts !== undefined && next === undefined && head.characters < MAX_TEXT;
  }

  /** Waits until the first text is as long as it gets. */
  async #merged(): Promise<void> {
    for (let left; this.#isMerged() && (left = this.#waiting[0]!.since + MERGE_MS - now()) > 0;) {
      await this.#changedOr(left);
    }
  }

  async #show({ cell, output, texts }: Waiting & { output: Shown }): Promise<void> {
    const text = texts?.join("");
    if (this.#options.isPaced) {
      const bytes = text === undefined ? 0 : encoder.encode(JSON.stringify(text)).length;
      for (let wait; (wait = this.#pace.wait(bytes)) > 0;) {
        await new Promise((done) => setTimeout(done, wait));
      }
      this.#pace.count(bytes);
    }
    const content = text === undefined ? output.content : { ...output.content, text };
    this.#options.onShow(cell, { ...output, content });
  }

  /** Waits until something is added, at most `timeout` milliseconds. */
  async #changedOr(timeout: number): Promise<void> {
    this.#changed = Promise.withResolvers();
    const timer = setTimeout(this.#changed.resolve, timeout);
    await this.#changed.promise;
    clearTimeout(timer);
  }
}

const encoder = new TextEncoder();

function now(): number {
  return performance.now();
}

/** Returns the first characters of a text, at most `length` code units, no character cut in two. */
function splitAt(text: string, length: number): string {
  if (length <= 0) return "";
  if (text.length <= length) return text;
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? length - 1 : length);
}
