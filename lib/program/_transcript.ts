/** What a program says, line by line, and those who wait for a line of it. */

/** Of a program that never stops talking, only so many of the last lines are kept. */
export const MAX_LINES = 10_000;

/** How many lines an error message quotes. */
const QUOTED_LINES = 20;

/** What is looked for in a line: a part of it, or a regular expression. */
export type Pattern = string | RegExp;

/** The line that has the part, or the regular expression's match. */
export type Match = string | RegExpExecArray;

interface Waiter {
  readonly take: (line: string) => boolean;
  readonly fail: (why: string) => void;
}

/** The lines of a program; each is given to one that waits for it, in the order of asking. */
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

  /** Says that no line will come any more, and why. */
  end(why: string): void {
    this.#end = why;
    for (const waiter of this.#waiters) waiter.fail(why);
  }

  /**
   * Waits for a line that nobody was given yet, said before or to come.
   *
   * @param timeout In milliseconds
   * @throws {Error} If none comes: why, and what was said instead
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
        leave(); // now, not when the promise's callbacks run: the next line is another one's
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
  pattern.lastIndex = 0; // with the flag g it would go on where it stopped in the line before
  return pattern.exec(line);
}

/** Returns `lines` with one more; not to copy them each time, a few too many are kept. */
function withLine(lines: string[], line: string): string[] {
  lines.push(line);
  return lines.length > 2 * MAX_LINES ? lines.slice(-MAX_LINES) : lines;
}
