/**
 * What the cells of one Deno kernel show, each output with its cell's number: from the frames that
 * inside/outputs.ts writes, and from what programs print.
 *
 * @module
 */
import { ANSWER, decodeOutputMessage, type Frame, newMarker } from "../inside/frames.ts";
import { JoinedPipes, type PrintedBytes } from "./joined_pipes.ts";
import { OutputQueue, type OutputQueueOptions } from "./output_queue.ts";
import type { Shown } from "./shown.ts";

/** Where outputs go. */
export interface CellOutputsOptions extends OutputQueueOptions {
  /** Takes what the Deno kernel answers to a question of the engine. */
  readonly onAnswer: (data: Record<string, unknown>) => void;
}

/** `Deno.test` in a cell writes this into its streams, to find the place again. */
const TEST_MARKER = "\u200b\0\u200b\0";

/** The outputs of one Deno kernel. */
export class CellOutputs {
  readonly #marker = newMarker();
  readonly #pipes = new JoinedPipes(this.#marker);
  readonly #queue: OutputQueue;
  readonly #onAnswer: CellOutputsOptions["onAnswer"];
  readonly #decoders = {
    stdout: new TextDecoder(),
    stderr: new TextDecoder(),
    printed: { stdout: new TextDecoder(), stderr: new TextDecoder() },
  };
  readonly #ends = new Map<number, PromiseWithResolvers<void>>();
  #isClosed = false;
  /** The cell that runs, or ran last: programs print there. */
  #cell = 0;

  /** Begins with nothing shown. */
  constructor({ onAnswer, ...options }: CellOutputsOptions) {
    this.#queue = new OutputQueue(options);
    this.#onAnswer = onAnswer;
  }

  /** The marker for `installOutputs`. */
  get marker(): string {
    return this.#marker.toHex();
  }

  /**
   * Takes what the process of the Deno kernel wrote.
   *
   * @returns What programs and the Deno kernel itself printed
   */
  take(stream: "stdout" | "stderr", bytes: Uint8Array): string {
    return this.#takeAll(this.#pipes.take(stream, bytes));
  }

  /** Waits until more can be taken. */
  room(): Promise<void> {
    return this.#queue.room();
  }

  /** Shows an output that came by another way, as the error of a cell. */
  show(cell: number, output: Shown): void {
    if (output.type === "stream") {
      this.#queue.text(cell, output.content.name, output.content.text);
    } else {
      this.#queue.show(cell, output, JSON.stringify(output.content).length);
    }
  }

  /** Waits until the cell's end has come, or that of the Deno kernel, and all outputs before it are out. */
  async ended(cell: number): Promise<void> {
    await this.#end(cell).promise;
    this.#ends.delete(cell);
    await this.#queue.flushed();
  }

  /** Waits until all that has come is out. */
  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  /** Shows no more of what a cell has printed than can be shown at once: it is stopped. */
  stop(cell: number): void {
    this.#queue.stop(cell);
  }

  /** Says that front ends have been told that the kernel is idle. */
  idle(): void {
    this.#queue.idle();
  }

  /**
   * Takes the rest, when the Deno kernel has ended.
   *
   * @returns What programs and the Deno kernel itself printed
   */
  close(): string {
    const printed = this.#takeAll(this.#pipes.rest());
    this.#isClosed = true;
    for (const { resolve } of this.#ends.values()) resolve();
    return printed;
  }

  #takeAll(items: Iterable<Frame | PrintedBytes>): string {
    let printed = "";
    for (const item of items) {
      if (item.kind === "printed") printed += this.#print(item);
      else this.#frame(item);
    }
    return printed;
  }

  #print({ stream, body }: PrintedBytes): string {
    const text = this.#decoders.printed[stream].decode(body, { stream: true });
    // Before the first cell, it is the Deno kernel itself.
    if (this.#cell > 0) this.#queue.text(this.#cell, stream, text.replaceAll(TEST_MARKER, ""));
    return text;
  }

  #frame({ kind, cell, body }: Frame): void {
    switch (kind) {
      case "begin":
        this.#cell = cell;
        return;
      case "end":
        return this.#end(cell).resolve();
      case "stdout":
      case "stderr":
        return this.#queue.text(cell, kind, this.#decoders[kind].decode(body, { stream: true }));
      case "message": {
        const { type, ...message } = decodeOutputMessage(body);
        if (type === ANSWER) return this.#onAnswer(message.content);
        return this.#queue.show(cell, { type, ...message }, body.length);
      }
    }
  }

  #end(cell: number): PromiseWithResolvers<void> {
    const end = this.#ends.get(cell) ?? Promise.withResolvers();
    this.#ends.set(cell, end);
    if (this.#isClosed) end.resolve();
    return end;
  }
}
