/**
 * The lives of sockets, collected in the background, to be looked at and drawn.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../../show/display.ts";
import { Table } from "../../show/table.ts";
import { kindOf, quoteValue } from "../../refusal.ts";
import { DEFAULT_INTERVAL, Looks } from "./_samples.ts";
import { type QueueSample, type SocketLife, SocketLives, type StateSpan } from "./_socket_lives.ts";
import { isWaiting } from "../rows/connection.ts";
import type { ConnectionFilter } from "../rows/connection_filter.ts";
import { connections, type ConnectionsOptions } from "../connections.ts";
import type { SocketChange } from "./socket_change.ts";

export type { QueueSample, SocketLife, StateSpan };

/** Options of {@linkcode recordTimeline}. */
export interface RecordTimelineOptions extends Pick<ConnectionsOptions, "network" | "source"> {
  /** From one look to the next, in milliseconds, 1 to 60,000; 20 by default. */
  readonly interval?: number;
}

/** A moment that the program has named. */
export interface TimelineMark {
  /** When, in milliseconds after the start. */
  readonly time: number;
  /** What happened. */
  readonly text: string;
}

/** Nobody reads more rows than this, and a notebook would carry all of them. */
const MAX_SHOWN = 40;

/**
 * What a {@linkcode TimelineRecorder} has seen: the life of each socket, and the changes one by one.
 * It shows itself as a table, a row a socket.
 */
export class Timeline implements Displayable {
  /** What was seen of each socket, in the order in which they appeared. */
  readonly sockets: readonly SocketLife[];
  /** Each change, in the order in which they were seen. */
  readonly events: readonly SocketChange[];
  /** The moments that the program has named, in their order. */
  readonly marks: readonly TimelineMark[];
  /** How long was watched, in milliseconds. */
  readonly duration: number;
  /** How often the table was looked at. */
  readonly looks: number;
  /**
   * In milliseconds: whatever lasted longer was seen, and no time is wrong by more. It is the longest
   * time from the begin of a look to the end of the next, so it is longer than the interval where the
   * program was too busy to look.
   */
  readonly blind: number;

  /** Makes a timeline of its parts. */
  constructor(
    parts: Pick<Timeline, "sockets" | "events" | "marks" | "duration" | "looks" | "blind">,
  ) {
    this.sockets = parts.sockets;
    this.events = parts.events;
    this.marks = parts.marks;
    this.duration = parts.duration;
    this.looks = parts.looks;
    this.blind = parts.blind;
  }

  /** Returns the same timeline with those sockets only that pass, and their events. */
  only(passes: (life: SocketLife) => boolean): Timeline {
    const sockets = this.sockets.filter(passes);
    const numbers = new Set(sockets.map(({ socket }) => socket));
    const events = this.events.filter(({ socket }) => numbers.has(socket));
    const { marks, duration, looks, blind } = this;
    return new Timeline({ sockets, events, marks, duration, looks, blind });
  }

  /** Returns a row a socket, at most 40: its ends, and how long it was in each of its states. */
  toTable(): Table {
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
      `what lasted under ${durationText(this.blind)} may be missing.`;
  }

  /** Returns the table as lines of text. */
  toString(): string {
    return this.toTable().toString();
  }

  /** Returns the table as HTML and as text. */
  [DISPLAY](): MimeBundle {
    return this.toTable()[DISPLAY]();
  }
}

/** Watches in the background, until it is stopped. */
export class TimelineRecorder implements Disposable {
  readonly #lives = new SocketLives();
  readonly #marks: TimelineMark[] = [];
  readonly #looks: Looks;
  #error: { readonly reason: unknown } | undefined;
  #timeline: Timeline | undefined;

  /** Begins; {@linkcode recordTimeline} calls this. */
  constructor(
    filter: ConnectionFilter,
    { interval = DEFAULT_INTERVAL, network, source }: RecordTimelineOptions,
  ) {
    this.#looks = new Looks({
      interval,
      read: () => connections(filter, { network, source }),
      onLook: (look) => this.#lives.add(look),
      onError: (reason) => this.#error = { reason },
    });
  }

  /**
   * Names this moment, so that the timeline tells what the program did then.
   *
   * @param text What happens: "client.close()"
   * @throws {TypeError} If it is not a string
   * @throws {RangeError} If it is blank, or nothing is collected any more
   */
  mark(text: string): void {
    const cannot = `Cannot mark ${quoteValue(text)} in a timeline`;
    if (typeof text !== "string") {
      throw new TypeError(`${cannot}: it takes a string, got ${kindOf(text)}`);
    }
    if (text.trim() === "") throw new RangeError(`${cannot}: it takes words, got nothing to read`);
    if (this.#timeline !== undefined) {
      throw new RangeError(`${cannot}: it takes a moment before stop(), got one after it`);
    }
    this.#marks.push({ time: this.#looks.now(), text });
  }

  /**
   * Looks a last time, stops, and returns what was seen. Called again, it returns the same.
   *
   * @throws If the table could not be read: the error of that look
   */
  stop(): Timeline {
    if (this.#error !== undefined) throw this.#error.reason;
    if (this.#timeline === undefined) {
      this.#looks.finish();
      this.#timeline = new Timeline({
        sockets: this.#lives.lives(),
        events: this.#lives.events,
        marks: this.#marks,
        duration: this.#looks.now(),
        looks: this.#looks.count,
        blind: this.#looks.blind,
      });
    }
    return this.#timeline;
  }

  /** Stops. */
  [Symbol.dispose](): void {
    this.#looks.stop();
  }
}

/**
 * Begins to collect, at once and in the background, what becomes of sockets; `stop()` gives what was
 * seen. The first look is made before the call returns, the last by `stop()`.
 *
 * What it sees and what it cannot see is as with {@linkcode watch}; the timeline's `blind` says how
 * long something can have lasted and still be missing. It keeps one entry for each change of a state
 * or a queue, and does not keep the program running.
 *
 * @param filter What a row must have, as for {@linkcode connections}; everything by default
 * @throws {TypeError} If a field of the filter is unknown, or it or the interval of the wrong kind
 * @throws {RangeError} If a port or the interval is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example Who closes first, waits
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
 * // Before it stands ESTABLISHED, unless this machine was too busy to look in 50 ms.
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
