/**
 * The lives of sockets, collected in the background, to be looked at and drawn.
 *
 * @module
 */
import { ShownAsTable, Table } from "../../show/table.ts";
import {
  callback,
  check,
  checkOptions,
  oneOf,
  quote,
  refusal,
  text as anyText,
  wholeNumber,
} from "../../refusal.ts";
import { Sampler, samplingInterval } from "../../sampler.ts";
import { until, type WithinOptions } from "../../time_limit.ts";
import { type QueueSample, type SocketLife, SocketLives, type StateSpan } from "./_socket_lives.ts";
import { Connections, isWaiting, TABLE_SOURCES } from "../rows/connection.ts";
import { networkTable } from "../sources/_sources.ts";
import type { ConnectionFilter } from "../rows/connection_filter.ts";
import { connections, type ConnectionsOptions } from "../connections.ts";
import type { SocketChange } from "./socket_change.ts";

export type { QueueSample, SocketLife, StateSpan };

/** Options of {@linkcode recordTimeline}. */
export interface RecordTimelineOptions extends Pick<ConnectionsOptions, "network" | "source"> {
  /** From one sample to the next, in milliseconds, 1 to 60,000; 20 by default. */
  readonly interval?: number;
}

/** A moment that the program has named. */
export interface TimelineMark {
  /** When, in milliseconds after the start. */
  readonly time: number;
  /** What happened. */
  readonly text: string;
}

/** In milliseconds. A small table takes a tenth of a millisecond to read. */
export const DEFAULT_INTERVAL_MS = 20;
const CANNOT_WAIT = "Cannot wait for the samples of a timeline";
/** A notebook file would carry all of them. */
const MAX_SHOWN = 40;

/**
 * What a {@linkcode TimelineRecorder} has seen: the life of each socket, and the changes one by one.
 * It shows itself as a table, a row a socket.
 */
export class Timeline extends ShownAsTable {
  /** What was seen of each socket, in the order in which they appeared. */
  readonly sockets: readonly SocketLife[];
  /** Each change, in the order in which they were seen. */
  readonly events: readonly SocketChange[];
  /** The moments that the program has named, in their order. */
  readonly marks: readonly TimelineMark[];
  /** How long it was recorded, in milliseconds. */
  readonly duration: number;
  /** How often the table was sampled. */
  readonly samples: number;
  /**
   * In milliseconds: whatever lasted longer was seen, and no time is wrong by more. It is the longest
   * time from the beginning of a sample to the end of the next, so it is longer than the interval
   * where the program was too busy to take a sample.
   */
  readonly resolution: number;

  /** Makes a timeline of its parts. */
  constructor(
    parts: Pick<Timeline, "sockets" | "events" | "marks" | "duration" | "samples" | "resolution">,
  ) {
    super();
    this.sockets = parts.sockets;
    this.events = parts.events;
    this.marks = parts.marks;
    this.duration = parts.duration;
    this.samples = parts.samples;
    this.resolution = parts.resolution;
  }

  /** Returns the timeline of only those sockets that pass, and their events. */
  only(passes: (life: SocketLife) => boolean): Timeline {
    const sockets = this.sockets.filter(passes);
    const numbers = new Set(sockets.map(({ socket }) => socket));
    const events = this.events.filter(({ socket }) => numbers.has(socket));
    const { marks, duration, samples, resolution } = this;
    return new Timeline({ sockets, events, marks, duration, samples, resolution });
  }

  /** Returns a row a socket, at most 40: its ends, and how long it was in each of its states. */
  override toTable(): Table {
    return new Table({
      columns: ["protocol", "local", "remote", "states", "at the end"],
      rows: this.sockets.slice(0, MAX_SHOWN).map((life) => [
        life.protocol,
        String(life.local),
        isWaiting({ state: life.spans.at(-1)!.state }) ? "*" : String(life.remote),
        life.spans.map(({ state, from, to }) => `${state} ${durationText(to - from)}`).join(", "),
        life.isThere ? "there" : "gone",
      ]),
      caption: this.#caption(),
    });
  }

  #caption(): string {
    const count = this.sockets.length;
    const shown = count > MAX_SHOWN ? `The first ${MAX_SHOWN} of ` : "";
    return `${shown}${count} socket${count === 1 ? "" : "s"} in ${durationText(this.duration)}; ` +
      `what lasted under ${durationText(this.resolution)} may be missing.`;
  }
}

/** Records in the background, until it is stopped. */
export class TimelineRecorder implements Disposable {
  readonly #lives = new SocketLives();
  readonly #marks: TimelineMark[] = [];
  readonly #sampler: Sampler<Connections>;
  readonly #interval: number;
  #rows = new Connections();
  #error: { readonly reason: unknown } | undefined;
  #timeline: Timeline | undefined;

  /** Begins; {@linkcode recordTimeline} calls this. */
  constructor(
    filter: ConnectionFilter,
    options: RecordTimelineOptions,
  ) {
    checkOptions(options, {
      interval: samplingInterval,
      network: networkTable,
      source: oneOf(...TABLE_SOURCES),
    }, "Cannot record a timeline");
    const { interval = DEFAULT_INTERVAL_MS, network, source } = options;
    this.#interval = interval;
    this.#sampler = new Sampler({
      interval,
      read: () => connections(filter, { network, source }),
      onSample: (sample) => {
        this.#rows = sample.value;
        this.#lives.add(sample);
      },
      onError: (reason) => this.#error = { reason },
    });
    this.#sampler.start();
  }

  /**
   * Names this moment, so that the timeline shows what the program did then.
   *
   * @param text What happens: "client.close()"
   * @throws {TypeError} If it is not a string
   * @throws {RangeError} If it is blank, or the recorder has stopped
   */
  mark(text: string): void {
    const cannot = "Cannot mark a moment in a timeline";
    check(text, anyText, { cannot, what: "what happens" });
    if (text.trim() === "") {
      throw refusal(RangeError, { cannot, rule: "what happens has a word", part: quote(text) });
    }
    if (this.#timeline !== undefined) {
      const rule = "a moment is before stop()";
      throw refusal(RangeError, { cannot, rule, part: `${quote(text)} after it` });
    }
    this.#marks.push({ time: this.#sampler.now(), text });
  }

  /**
   * Waits for a sample whose rows are as expected, and returns those rows: the next one or a later
   * one. So what the program waits for is in the timeline too.
   *
   * @param condition What has to hold of the rows
   * @param options The limit, 5 seconds by default
   * @throws {DOMException} With the name "TimeoutError", if no sample is as expected in time
   * @throws {TypeError} If the condition is not a function, or an option is unknown or of the wrong kind
   * @throws {RangeError} If the recorder has stopped, or the limit is out of bounds
   */
  async when(
    condition: (rows: Connections) => boolean,
    options: Pick<WithinOptions, "timeout"> = {},
  ): Promise<Connections> {
    check(condition, callback<typeof condition>(), { cannot: CANNOT_WAIT, what: "a condition" });
    const before = this.#sampler.count;
    let rows: Connections | undefined;
    await this.#until(() => {
      if (this.#sampler.count === before || !condition(this.#rows)) return false;
      rows = this.#rows;
      return true;
    }, options);
    return rows!;
  }

  /**
   * Waits until so many more samples were taken, so that a state that lasts is drawn with some width.
   * On a busy machine that takes longer, and the samples are there all the same.
   *
   * @param count How many, 1 to 10,000
   * @throws {DOMException} With the name "TimeoutError", if that takes longer than the limit, 5 seconds
   * beyond twice the samples' own time
   * @throws {RangeError} If the count is out of bounds, or the recorder has stopped
   */
  async take(count: number): Promise<void> {
    check(count, wholeNumber({ least: 1, most: 10_000 }), {
      cannot: CANNOT_WAIT,
      what: "a number of samples",
    });
    const enough = this.#sampler.count + count;
    const timeout = 5_000 + 2 * count * this.#interval;
    await this.#until(() => this.#sampler.count >= enough, { timeout });
  }

  async #until(
    condition: () => boolean,
    options: Pick<WithinOptions, "timeout">,
  ): Promise<void> {
    if (this.#timeline !== undefined) {
      const rule = "a recorder takes samples until stop()";
      throw refusal(RangeError, { cannot: CANNOT_WAIT, rule, part: "a wait after it" });
    }
    const what = "the samples of a timeline";
    await until(() => this.#error !== undefined || condition(), { ...options, what });
    if (this.#error !== undefined) throw this.#error.reason;
  }

  /**
   * Takes a last sample, stops, and returns what was seen. Called again, it returns the same.
   *
   * @throws If the table could not be read: the error of that sample
   */
  stop(): Timeline {
    try {
      this.#sampler.finish();
    } catch (reason) {
      this.#error = { reason };
    }
    if (this.#error !== undefined) throw this.#error.reason;
    this.#timeline ??= new Timeline({
      sockets: this.#lives.lives(),
      events: this.#lives.events,
      marks: this.#marks,
      duration: this.#sampler.now(),
      samples: this.#sampler.count,
      resolution: this.#sampler.resolution,
    });
    return this.#timeline;
  }

  /** Stops. */
  [Symbol.dispose](): void {
    this.#sampler.stop();
  }
}

/**
 * Records in the background what becomes of sockets; `stop()` returns what was seen. The first sample
 * is taken before the call returns, the last by `stop()`.
 *
 * What it sees and what it cannot see is as with {@linkcode watch}; the timeline's `resolution` says
 * how long something can have lasted and still be missing. It keeps one entry for each change of a
 * state or a queue, and does not keep the program running.
 *
 * @param filter What a row must have, as for {@linkcode connections}; everything by default
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind
 * @throws {RangeError} If a port or the interval is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example The side that closes first waits
 * ```ts
 * import { connectionsWhen, recordTimeline } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const recorder = recordTimeline({ port }, { interval: 5 });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * const end = { localPort: client.localAddr.port, remotePort: port };
 * const server = await listener.accept();
 * await new Promise((resolve) => setTimeout(resolve, 50));
 * recorder.mark("client.close()");
 * client.close();
 * server.close();
 * await connectionsWhen(end, ([row]) => row?.state === "TIME_WAIT");
 *
 * const { sockets } = recorder.stop();
 * const life = sockets.findLast(({ local }) => local.port === end.localPort)!;
 * // ESTABLISHED comes before it, unless this machine was too busy to take a sample in 50 ms.
 * assertEquals(life.spans.at(-1)!.state, "TIME_WAIT");
 * ```
 */
export function recordTimeline(
  filter: ConnectionFilter = {},
  options: RecordTimelineOptions = {},
): TimelineRecorder {
  return new TimelineRecorder(filter, options);
}

function durationText(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  return whole < 1000 ? `${whole} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
