/**
 * Puts what comes by a Deno kernel's standard output and standard error into the order in which it was
 * written: each frame on the one stands where its mark stands on the other (see inside/frames.ts).
 *
 * @module
 */
import { type Frame, FrameReader, MarkReader } from "../inside/frames.ts";

/** Bytes that are not in a frame: what programs print. */
export interface PrintedBytes {
  /** Tells them from a frame. */
  readonly kind: "printed";
  /** The stream they came by. */
  readonly stream: "stdout" | "stderr";
  /** The bytes. */
  readonly body: Uint8Array;
}

/** The two streams of one Deno kernel. */
export class JoinedPipes {
  readonly #frames: FrameReader;
  readonly #marks: MarkReader;
  readonly #out: (Frame | Uint8Array)[] = [];
  readonly #err: (number | Uint8Array)[] = [];

  /** Begins with nothing read. */
  constructor(marker: Uint8Array) {
    this.#frames = new FrameReader(marker);
    this.#marks = new MarkReader(marker);
  }

  /** Takes bytes of one stream, and returns what is known to come next. */
  *take(stream: "stdout" | "stderr", bytes: Uint8Array): Generator<Frame | PrintedBytes> {
    if (stream === "stdout") this.#out.push(...this.#frames.read(bytes));
    else this.#err.push(...this.#marks.read(bytes));
    while (true) {
      yield* this.#printed();
      const frame = this.#out[0] as Frame | undefined;
      const mark = this.#err[0] as number | undefined;
      if (frame === undefined || mark === undefined) return;
      this.#err.shift();
      // A writer that is interrupted between the two leaves a mark without its frame.
      if (mark === frame.number) yield this.#out.shift() as Frame;
    }
  }

  /** Returns the rest, when both streams have ended. */
  *rest(): Generator<Frame | PrintedBytes> {
    this.#out.push(this.#frames.rest());
    this.#err.push(this.#marks.rest());
    while (this.#out.length > 0 || this.#err.length > 0) {
      yield* this.#printed();
      this.#err.shift();
      const frame = this.#out.shift();
      if (frame !== undefined) yield frame as Frame;
    }
  }

  *#printed(): Generator<PrintedBytes> {
    yield* printed("stdout", this.#out);
    yield* printed("stderr", this.#err);
  }
}

/** Takes the bytes at the head of a queue out of it. */
function* printed(
  stream: "stdout" | "stderr",
  queue: unknown[],
): Generator<PrintedBytes> {
  for (let body; (body = queue[0]) instanceof Uint8Array;) {
    queue.shift();
    if (body.length > 0) yield { kind: "printed", stream, body };
  }
}
