/** What a program prints, cut into lines, and the waits for a line of it. */

/** How many of the last lines are kept of a program that prints without end. */
export const MAX_LINES = 10_000;

/** A longer line is cut, so that memory stays bounded. */
const MAX_LINE_LENGTH = 65_536;

/** How many lines an error message quotes. */
const QUOTED_LINES = 20;

/** What to find in a line: a part of it, or a regular expression. */
export type Pattern = string | RegExp;

/** The line that contains the part, or the match of the regular expression. */
export type Match = string | RegExpExecArray;

interface Waiter {
  readonly take: (line: string) => boolean;
  readonly fail: (why: string) => void;
}

/**
 * The lines that a program prints. Each goes to one caller that waits for it, the first one first.
 */
export class Transcript {
  readonly #waiters = new Set<Waiter>();
  #lines: string[] = [];
  #untaken: string[] = [];
  #end: string | undefined;

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-MAX_LINES);
  }

  /** Takes the next line. */
  add(line: string): void {
    this.#lines = withLine(this.#lines, line);
    for (const waiter of this.#waiters) {
      if (waiter.take(line)) return;
    }
    this.#untaken = withLine(this.#untaken, line);
  }

  /** Ends every wait, with the reason why no more lines come. */
  end(why: string): void {
    this.#end = why;
    for (const waiter of this.#waiters) waiter.fail(why);
  }

  /**
   * Waits for a line that no other wait has taken, printed before or still to come.
   *
   * @param timeout In milliseconds
   * @throws {Error} If none comes: why, and what was printed instead
   */
  wait(pattern: Pattern, timeout: number): Promise<Match> {
    for (const [index, line] of this.#untaken.entries()) {
      const match = matchIn(line, pattern);
      if (match === null) continue;
      this.#untaken.splice(index, 1);
      return Promise.resolve(match);
    }
    if (this.#end !== undefined) return Promise.reject(this.#failure(this.#end));
    const { promise, resolve, reject } = Promise.withResolvers<Match>();
    const leave = () => {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    };
    const waiter: Waiter = {
      take: (line) => {
        const match = matchIn(line, pattern);
        if (match === null) return false;
        leave(); // now, not when the promise's callbacks run: the next line goes to another wait
        resolve(match);
        return true;
      },
      fail: (why) => {
        leave();
        reject(this.#failure(why));
      },
    };
    const timer = setTimeout(() => waiter.fail(`none came within ${timeout} ms`), timeout);
    this.#waiters.add(waiter);
    return promise;
  }

  #failure(why: string): Error {
    if (this.#lines.length === 0) return new Error(`${why}, got nothing`);
    const last = this.#lines.slice(-QUOTED_LINES);
    const which = last.length < this.#lines.length ? ` (the last ${QUOTED_LINES} lines)` : "";
    return new Error(`${why}, got${which}:\n  ${last.join("\n  ")}`);
  }
}

function matchIn(line: string, pattern: Pattern): Match | null {
  if (typeof pattern === "string") return line.includes(pattern) ? line : null;
  pattern.lastIndex = 0; // with the flag g, exec() would start where the last line's match ended
  return pattern.exec(line);
}

/** Returns `lines` with one more. Up to twice as many are kept, so that few calls copy them. */
function withLine(lines: string[], line: string): string[] {
  lines.push(line);
  return lines.length > 2 * MAX_LINES ? lines.slice(-MAX_LINES) : lines;
}

/** Cuts text, which comes piece by piece, into lines without LF or CR LF. */
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
