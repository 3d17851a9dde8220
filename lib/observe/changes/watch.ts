/**
 * What happens in the kernel's table of sockets, as it happens.
 *
 * @module
 */
import { DEFAULT_INTERVAL, Looks } from "./_samples.ts";
import type { ConnectionFilter } from "../rows/connection_filter.ts";
import { connections, type ConnectionsOptions } from "../connections.ts";
import { type SocketChange, SocketTracker } from "./socket_change.ts";

/** Options of {@linkcode watch}. */
export interface WatchOptions extends Pick<ConnectionsOptions, "network" | "source"> {
  /**
   * From one look to the next, in milliseconds, 1 to 60,000; 20 by default. A look takes about
   * a millisecond, and 20 or more where the filter lets 18,000 sockets pass.
   */
  readonly interval?: number;
  /** Ends the watch when it is aborted; by default it goes on until the loop over it is left. */
  readonly signal?: AbortSignal;
}

/**
 * Watches the kernel's table: an endless row of changes, each of one socket that appeared, changed
 * its state, or is gone.
 *
 * It looks for the first time before the call returns, and again at every multiple of the interval,
 * with no drift. What is there at the first look appears without a `since`. Within one look the
 * order is: gone, changed, appeared; what really came first, nobody knows.
 *
 * Nothing is lost that lasts longer than it takes from the begin of a look to the end of the next:
 * the interval and one look, where nothing keeps the program busy. What polling cannot see: what
 * comes and goes, or passes through a state, between two looks; and which of two changes came first. A
 * socket that changes just while the table is read can be missing from that look; it is gone then, and
 * appears again with a new number.
 *
 * Endpoints are used again, so they do not name a socket. By netlink its cookie does. From /proc and
 * the tools it is the inode, and where that is missing, in TIME_WAIT and before accept, the endpoints
 * and a state that can follow: a step back, as from TIME_WAIT to ESTABLISHED, is another socket, but
 * TIME_WAIT after TIME_WAIT is taken for one.
 *
 * A consumer that is slow loses nothing: the looks go on, and what they saw waits, some 200 bytes a
 * change, without a bound. Leaving the loop ends the watch; so does `signal`, after one last look:
 * the loop then ends after the changes up to there, without an error. The program is kept running
 * only while somebody waits for the next change.
 *
 * @param filter What a row must have, as for {@linkcode connections}; everything by default. A socket
 * that no longer passes is gone, so do not filter by state to follow a socket through its states
 * @throws {TypeError} If a field of the filter is unknown, or it or the interval of the wrong kind
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

interface Waiting {
  resolve(result: IteratorResult<SocketChange>): void;
  reject(error: unknown): void;
}

class SocketWatch implements AsyncIterableIterator<SocketChange> {
  readonly #looks: Looks;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#end(() => this.#looks.finish());
  /** What nobody has taken yet begins at `#taken`. Where something is there, nobody waits. */
  #seen: SocketChange[] = [];
  #taken = 0;
  #waiting: Waiting[] = [];
  #error: { readonly reason: unknown } | undefined;
  #isOver = false;

  constructor(
    filter: ConnectionFilter,
    { interval = DEFAULT_INTERVAL, signal, network, source }: WatchOptions,
  ) {
    const tracker = new SocketTracker();
    this.#signal = signal;
    this.#looks = new Looks({
      interval,
      read: () => connections(filter, { network, source }),
      onLook: (look) => this.#add(tracker.next(look)),
      onError: (reason) => {
        this.#error = { reason };
        this.#end(() => {});
      },
    });
    if (signal?.aborted) this.#end(() => this.#looks.stop());
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
    this.#end(() => this.#looks.stop());
    return Promise.resolve({ done: true, value: undefined });
  }

  #add(changes: readonly SocketChange[]): void {
    for (const change of changes) this.#seen.push(change);
    this.#serve();
  }

  /** Ends it, after what `stop` still sees. */
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

  /** Gives those who wait what there is, and at the end the end. */
  #serve(): void {
    while (this.#waiting.length > 0 && this.#taken < this.#seen.length) {
      this.#waiting.shift()!.resolve({ done: false, value: this.#seen[this.#taken++]! });
    }
    if (this.#taken === this.#seen.length) this.#seen.length = this.#taken = 0;
    if (this.#isOver && this.#seen.length === 0) this.#serveEnd();
    this.#looks?.keepAlive(this.#waiting.length > 0);
  }

  /** An error is told once. */
  #serveEnd(): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const error = this.#error;
      this.#error = undefined;
      if (error === undefined) resolve({ done: true, value: undefined });
      else reject(error.reason);
    }
  }
}
