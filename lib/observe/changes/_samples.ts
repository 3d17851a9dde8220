/** Looks at the kernel's table at a steady pace. */
import { kindOf, quoteValue } from "../../refusal.ts";
import type { Connection } from "../rows/connection.ts";
import type { Look } from "./socket_change.ts";

/** In milliseconds. A small table takes a tenth of it to read. */
export const DEFAULT_INTERVAL = 20;
const MIN_INTERVAL = 1;
const MAX_INTERVAL = 60_000;

/** How often to look, and what to do then. */
export interface LooksOptions {
  /** From one look to the next, in milliseconds. */
  readonly interval: number;
  /** Reads the table. */
  readonly read: () => readonly Connection[];
  /** Takes what was read. */
  readonly onLook: (look: Look) => void;
  /** Takes the error of a look that failed; no other follows. */
  readonly onError: (error: unknown) => void;
}

/**
 * Looks once when it is made, and then at whole multiples of the interval, however long each look
 * takes, so that the pace does not drift. Looks that could not be made in time, because the program
 * was busy, are left out and not made up for. At least as long as a look takes, it rests.
 *
 * It does not keep the program running, unless it is told to.
 */
export class Looks {
  /** `performance.now()` at the start, in milliseconds. */
  readonly startedAt: number = performance.now();
  readonly #options: LooksOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keepsAlive = false;
  #isOver = false;
  #previousBegin: number | undefined;
  #count = 0;
  #blind = 0;

  /** Looks for the first time; what that throws, this throws. */
  constructor(options: LooksOptions) {
    assertInterval(options.interval);
    this.#options = options;
    this.#wait(this.#look());
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** The longest time, in milliseconds, from the begin of a look to the end of the next. */
  get blind(): number {
    return this.#blind;
  }

  /** Milliseconds since the start. */
  now(): number {
    return performance.now() - this.startedAt;
  }

  /** Says whether the program is to go on running for the next look's sake. */
  keepAlive(keeps: boolean): void {
    this.#keepsAlive = keeps;
    if (this.#timer === undefined) return;
    if (keeps) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  /** Looks a last time, unless it is over already. */
  finish(): void {
    if (this.#isOver) return;
    this.stop();
    this.#look();
  }

  /** Looks no more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Returns how long it took. */
  #look(): number {
    const begin = this.now();
    const rows = this.#options.read();
    const end = this.now();
    this.#count++;
    this.#blind = Math.max(this.#blind, end - (this.#previousBegin ?? begin));
    this.#previousBegin = begin;
    this.#options.onLook({ begin, end, rows });
    return end - begin;
  }

  #wait(rest: number): void {
    const now = this.now();
    const next = nextLook(now + rest, this.#options.interval);
    this.#timer = setTimeout(() => this.#again(), next - now);
    if (!this.#keepsAlive) Deno.unrefTimer(this.#timer);
  }

  #again(): void {
    try {
      const took = this.#look();
      // Whoever is told of a look may have ended it.
      if (!this.#isOver) this.#wait(took);
    } catch (error) {
      this.stop();
      this.#options.onError(error);
    }
  }
}

/** Returns the first whole multiple of the interval that is not before `earliest`. */
export function nextLook(earliest: number, interval: number): number {
  return Math.ceil(earliest / interval) * interval;
}

function assertInterval(interval: unknown): asserts interval is number {
  const cannot =
    `Cannot look every ${quoteValue(interval)} ms: an interval is ${MIN_INTERVAL} to ` +
    `${MAX_INTERVAL} milliseconds, got`;
  if (typeof interval !== "number") throw new TypeError(`${cannot} ${kindOf(interval)}`);
  if (!(interval >= MIN_INTERVAL && interval <= MAX_INTERVAL)) {
    throw new RangeError(`${cannot} ${interval}`);
  }
}
