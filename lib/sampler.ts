/** Reads something again and again, at a steady pace. */
import { callback, type Check, checkOptions, flag } from "./refusal.ts";

const MIN_INTERVAL = 1;
const MAX_INTERVAL = 60_000;

/** Allows the time from one sample to the next. */
export const samplingInterval: Check<number> = {
  rule: `a number of milliseconds from ${MIN_INTERVAL} to ${MAX_INTERVAL}`,
  isBounded: true,
  allows: (value): value is number =>
    typeof value === "number" && value >= MIN_INTERVAL && value <= MAX_INTERVAL,
};

/** What was read, and when, in milliseconds after the start. */
export interface Sample<Value> {
  /** When the reading began. */
  readonly begin: number;
  /** When it was done. */
  readonly end: number;
  /** What was read. */
  readonly value: Value;
}

/** How often to read, and what to do then. */
export interface SamplerOptions<Value> {
  /** From one sample to the next, in milliseconds, 1 to 60,000. */
  readonly interval: number;
  /** Reads the value. */
  readonly read: () => Value;
  /** Takes each sample. */
  readonly onSample: (sample: Sample<Value>) => void;
  /** Takes the error of a sample that failed; it is the last one. */
  readonly onError: (error: unknown) => void;
  /** Whether the program goes on running for the next sample; by default it does not. */
  readonly keepsAlive?: boolean;
}

/**
 * Takes a sample when it starts, and then at whole multiples of the interval, however long each
 * sample takes, so that the pace does not drift. Samples that could not be taken in time, because the
 * program was busy, are left out. After each sample it pauses for at least as long as that sample
 * took, so that it uses at most half of the time.
 */
export class Sampler<Value> {
  readonly #options: SamplerOptions<Value>;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keepsAlive: boolean;
  #isOver = false;
  #next = 0;
  #previousBegin: number | undefined;
  #count = 0;
  #resolution = 0;

  /**
   * Makes a sampler, which has not started.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind
   * @throws {RangeError} If the interval is out of bounds
   */
  constructor(options: SamplerOptions<Value>) {
    checkOptions(options, {
      interval: samplingInterval,
      read: callback(),
      onSample: callback(),
      onError: callback(),
      keepsAlive: flag,
    }, "Cannot take samples");
    this.#options = options;
    this.#keepsAlive = options.keepsAlive ?? false;
  }

  /** How many samples there were. */
  get count(): number {
    return this.#count;
  }

  /**
   * The longest time, in milliseconds, from the beginning of a sample to the end of the next: what
   * lasted longer was seen.
   */
  get resolution(): number {
    return this.#resolution;
  }

  /** Milliseconds since the start. */
  now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Takes the first sample; what that throws, this throws. */
  start(): void {
    this.#startedAt = performance.now();
    this.#wait(this.#sample());
  }

  /** Says whether the program goes on running for the next sample. */
  keepAlive(keeps: boolean): void {
    this.#keepsAlive = keeps;
    if (this.#timer === undefined) return;
    if (keeps) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  /** Takes a last sample, unless it has stopped already. */
  finish(): void {
    if (this.#isOver) return;
    this.stop();
    this.#sample();
  }

  /** Takes no more samples. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Returns how long it took. */
  #sample(): number {
    const begin = this.now();
    const value = this.#options.read();
    const end = this.now();
    this.#count++;
    this.#resolution = Math.max(this.#resolution, end - (this.#previousBegin ?? begin));
    this.#previousBegin = begin;
    this.#options.onSample({ begin, end, value });
    return end - begin;
  }

  #wait(pause: number): void {
    // onSample may have stopped it.
    if (this.#isOver) return;
    const { interval } = this.#options;
    const now = this.now();
    // A timer may fire a little early; that must not make two samples of one.
    this.#next = Math.max(this.#next + interval, nextSample(now + pause, interval));
    this.#timer = setTimeout(() => this.#again(), this.#next - now);
    if (!this.#keepsAlive) Deno.unrefTimer(this.#timer);
  }

  #again(): void {
    try {
      this.#wait(this.#sample());
    } catch (error) {
      this.stop();
      this.#options.onError(error);
    }
  }
}

/** Returns the first whole multiple of the interval that is not before `earliest`. */
export function nextSample(earliest: number, interval: number): number {
  return Math.ceil(earliest / interval) * interval;
}
