/** A stream of text, cut into lines. */

/** A line that goes on beyond this many characters is cut, so that memory stays bounded. */
const MAX_LINE_LENGTH = 65_536;

/** Takes text piece by piece and gives its lines, without LF or CR LF. */
export class LineSplitter {
  #rest = "";

  /** Returns the lines that `piece` completes. */
  push(piece: string): string[] {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop()!;
    while (this.#rest.length >= MAX_LINE_LENGTH) {
      lines.push(this.#rest.slice(0, MAX_LINE_LENGTH));
      this.#rest = this.#rest.slice(MAX_LINE_LENGTH);
    }
    return lines.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  /** Returns the last line, if the text did not end with a line end. */
  end(): string[] {
    const last = this.#rest;
    this.#rest = "";
    return last === "" ? [] : [last];
  }
}

/** Calls `take` with each line of `stream`, until it ends or `signal` aborts. */
export async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const reader = stream.getReader();
  const cancel = () => reader.cancel();
  options.signal.addEventListener("abort", cancel, { once: true });
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  try {
    for (let next; !(next = await reader.read()).done;) {
      splitter.push(decoder.decode(next.value, { stream: true })).forEach(take);
    }
    splitter.push(decoder.decode()).forEach(take);
    splitter.end().forEach(take);
  } finally {
    options.signal.removeEventListener("abort", cancel);
  }
}
