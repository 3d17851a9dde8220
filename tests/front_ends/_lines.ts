/** How many events a failure shows. */
const LAST = 12;

/** Events that another process writes as lines of JSON, to be waited for in any order. */
export class Lines<T> {
  readonly #kept: T[] = [];
  readonly #summary: (event: T) => unknown;
  #hasEnded = false;
  #news = Promise.withResolvers<void>();

  /**
   * Reads until the end of the stream.
   *
   * @param summary What a failure shows of an event
   */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, summary: (event: T) => unknown) {
    this.#summary = summary;
    this.#read(stream);
  }

  /**
   * Waits for an event, and takes it out. The others stay.
   *
   * @param timeout Milliseconds
   * @throws {Error} If it does not come, with what came instead
   */
  async next(isWanted: (event: T) => boolean, timeout: number): Promise<T> {
    const late = AbortSignal.timeout(timeout);
    while (true) {
      const index = this.#kept.findIndex(isWanted);
      if (index >= 0) return this.#kept.splice(index, 1)[0]!;
      if (this.#hasEnded || late.aborted) {
        const reason = late.aborted ? "does not come" : "cannot come any more";
        const last = this.#kept.slice(-LAST).map(this.#summary);
        throw new Error(`An event ${reason}. The last ones are ${Deno.inspect(last)}`);
      }
      const isLate = Promise.withResolvers<void>();
      late.addEventListener("abort", () => isLate.resolve(), { once: true });
      await Promise.race([this.#news.promise, isLate.promise]);
    }
  }

  /** Takes all wanted ones that have come. */
  take(isWanted: (event: T) => boolean): T[] {
    const taken = this.#kept.filter(isWanted);
    for (const event of taken) this.#kept.splice(this.#kept.indexOf(event), 1);
    return taken;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.#kept.push(...lines.map((line) => JSON.parse(line)));
      this.#tell();
    }
    this.#hasEnded = true;
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }
}
