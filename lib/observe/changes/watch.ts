/**
 * What happens in the kernel's table of sockets, as it happens.
 *
 * @module
 */
import { type Check, checkOptions, instanceOf, oneOf } from "../../refusal.ts";
import { Sampler, samplingInterval } from "../../sampler.ts";
import { type Connections, TABLE_SOURCES } from "../rows/connection.ts";
import type { ConnectionFilter } from "../rows/connection_filter.ts";
import { networkTable } from "../sources/_sources.ts";
import { connections, type ConnectionsOptions } from "../connections.ts";
import { DEFAULT_INTERVAL_MS } from "./timeline.ts";
import { type SocketChange, SocketTracker } from "./socket_change.ts";

/** Options of {@linkcode watch}. */
export interface WatchOptions extends Pick<ConnectionsOptions, "network" | "source"> {
  /**
   * From one sample to the next, in milliseconds, 1 to 60,000; 20 by default. A sample takes about a
   * millisecond, and 20 or more where the filter lets 18,000 sockets pass.
   */
  readonly interval?: number;
  /** Ends the watch when it is aborted; by default it goes on until the loop over it is left. */
  readonly signal?: AbortSignal;
}

/**
 * Watches the kernel's table: an endless series of changes, each of one socket that appeared, changed
 * its state, or is gone.
 *
 * The first sample is taken before the call returns, and others at every multiple of the interval,
 * without drift. What is in the first sample appears without a `since`. Within one sample the order
 * is: gone, changed, appeared. Which of them really came first, nobody knows.
 *
 * Nothing is lost that lasts longer than the time from the beginning of a sample to the end of the
 * next: the interval and one sample, unless the program is busy. What sampling cannot see: what comes
 * and goes, or passes through a state, between two samples, and which of two changes came first. A
 * socket that changes just while the table is read can be missing from that sample: then it is gone,
 * and appears again with a new number.
 *
 * Endpoints are used again, so they do not identify a socket. By netlink its cookie does. From /proc
 * and the tools it is the inode, and where that is missing, in TIME_WAIT and before accept, the
 * endpoints and a state that can follow: a step back, as from TIME_WAIT to ESTABLISHED, is another
 * socket, but TIME_WAIT after TIME_WAIT is taken for the same one.
 *
 * A slow consumer loses nothing: sampling goes on, and the changes wait, about 200 bytes each, without
 * a bound. Leaving the loop ends the watch. So does `signal`, after one last sample: the loop then
 * ends after the changes up to there, without an error. The program is kept running only while it
 * waits for the next change.
 *
 * @param filter What a row must have, as for {@linkcode connections}; everything by default. A socket
 * that no longer passes is gone, so do not filter by state to follow a socket through its states
 * @throws {TypeError} If a field of the filter or an option is unknown or of the wrong kind
 * @throws {RangeError} If a port or the interval is out of bounds
 * @throws {SyntaxError} If the address is none
 * @throws {Deno.errors.NotSupported} If no source of the table is there
 *
 * @example A listener comes and goes
 * ```ts
 * import { watch } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const seen: string[] = [];
 * for await (const { kind, row } of watch({ localPort: port, protocol: "tcp" })) {
 *   seen.push(`${row.state} ${kind}`);
 *   if (kind === "gone") break;
 *   listener.close();
 * }
 * assertEquals(seen, ["LISTEN appeared", "LISTEN gone"]);
 * ```
 */
export function watch(
  filter: ConnectionFilter = {},
  options: WatchOptions = {},
): AsyncIterableIterator<SocketChange> {
  return new SocketWatch(filter, options);
}

const abortSignal: Check<AbortSignal> = instanceOf(AbortSignal, "an AbortSignal");

interface Reader {
  resolve(result: IteratorResult<SocketChange>): void;
  reject(error: unknown): void;
}

class SocketWatch implements AsyncIterableIterator<SocketChange> {
  readonly #sampler: Sampler<Connections>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#end(() => this.#sampler.finish());
  /** Changes from `#taken` on were not taken yet. Either this or `#waiting` is empty. */
  #seen: SocketChange[] = [];
  #taken = 0;
  #waiting: Reader[] = [];
  #error: { readonly reason: unknown } | undefined;
  #isOver = false;

  constructor(
    filter: ConnectionFilter,
    options: WatchOptions,
  ) {
    checkOptions(options, {
      interval: samplingInterval,
      signal: abortSignal,
      network: networkTable,
      source: oneOf(...TABLE_SOURCES),
    }, "Cannot watch the kernel's table of sockets");
    const { interval = DEFAULT_INTERVAL_MS, signal, network, source } = options;
    const tracker = new SocketTracker();
    this.#signal = signal;
    this.#sampler = new Sampler({
      interval,
      read: () => connections(filter, { network, source }),
      onSample: (sample) => this.#add(tracker.next(sample)),
      onError: (reason) => {
        this.#error = { reason };
        this.#end(() => {});
      },
    });
    this.#sampler.start();
    if (signal?.aborted) this.#end(() => this.#sampler.stop());
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<SocketChange>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<SocketChange>> {
    this.#seen.length = this.#taken = 0;
    this.#error = undefined;
    this.#end(() => this.#sampler.stop());
    return Promise.resolve({ done: true, value: undefined });
  }

  #add(changes: readonly SocketChange[]): void {
    for (const change of changes) this.#seen.push(change);
    this.#serve();
  }

  /** Ends the watch; `stop` may still take a sample. */
  #end(stop: () => void): void {
    try {
      stop();
    } catch (reason) {
      this.#error = { reason };
    }
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#serve();
  }

  /** Hands changes to readers that wait, and at the end says that it is the end. */
  #serve(): void {
    while (this.#waiting.length > 0 && this.#taken < this.#seen.length) {
      this.#waiting.shift()!.resolve({ done: false, value: this.#seen[this.#taken++]! });
    }
    if (this.#taken === this.#seen.length) this.#seen.length = this.#taken = 0;
    if (this.#isOver && this.#seen.length === 0) this.#serveEnd();
    this.#sampler.keepAlive(this.#waiting.length > 0);
  }

  /** An error is reported once. */
  #serveEnd(): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const error = this.#error;
      this.#error = undefined;
      if (error === undefined) resolve({ done: true, value: undefined });
      else reject(error.reason);
    }
  }
}
