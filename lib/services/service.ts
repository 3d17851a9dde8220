/**
 * A service that runs until it is closed, and tells who holds which number.
 *
 * @module
 */
import type { PortRange } from "../ports/port_range.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import type { PortEvent, PortHistory, PortHolding } from "./_port_history.ts";
import type { AcceptLoop } from "./accept_loop.ts";
import type { AcceptCounts, AcceptLoopOptions } from "./accept_options.ts";

export type { PortEvent, PortHolding };

/** How a service runs: the limits of its accept loop, and one of its memory. */
export interface ServiceOptions extends AcceptLoopOptions {
  /**
   * Against many who come and go: how many holdings that have ended, and how many refusals, are
   * remembered at least; the oldest are forgotten when there are twice as many. 10,000 by default.
   */
  readonly historyLimit?: number;
}

/** A service at one moment. Plain data: `JSON.stringify` takes it. */
export interface ServiceSnapshot extends AcceptCounts {
  /** Where the service listens. */
  readonly endpoint: string;
  /** The numbers that it lends, or `undefined` if it lends none. */
  readonly range: string | undefined;
  /** What is held now, in the order in which it was taken. */
  readonly holdings: readonly PortHolding[];
}

/** What a service is made of. */
interface ServiceParts {
  readonly loop: AcceptLoop;
  readonly history: PortHistory;
  readonly range?: PortRange;
}

/**
 * A service that is running: started by `startServerAllocated`, `startClientSpecified` or
 * `startByFourTuple`.
 */
export class Service implements AsyncDisposable {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  /** The numbers that it lends, or `undefined` if it lends none. */
  readonly range: PortRange | undefined;
  readonly #loop: AcceptLoop;
  readonly #history: PortHistory;

  /** Services are made by their starters. */
  constructor({ loop, history, range }: ServiceParts) {
    this.endpoint = loop.endpoint;
    this.range = range;
    this.#loop = loop;
    this.#history = history;
  }

  /** Returns the service as it is now. */
  snapshot(): ServiceSnapshot {
    return {
      endpoint: `${this.endpoint}`,
      range: this.range?.toString(),
      ...this.#loop.counts,
      holdings: this.#history.holdings(),
    };
  }

  /** Returns who held which number and who holds it, in the order in which they got it. */
  history(): PortHolding[] {
    return this.#history.all();
  }

  /** Returns all that happened to the numbers, in its order, as a figure over time wants it. */
  events(): PortEvent[] {
    return this.#history.events();
  }

  /**
   * Ends everything: every conversation, and every port that is lent. Closing twice does no harm.
   *
   * @throws {AggregateError} If the service itself failed while it served a client
   */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** Ends everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns where it listens, as text. */
  toString(): string {
    return `${this.endpoint}`;
  }

  /** What Deno prints, and the Deno kernel shows, of a service. */
  [Symbol.for("Deno.customInspect")](): string {
    const { connected, holdings } = this.snapshot();
    return `Service { ${this}, ${connected} connected, ${holdings.length} held }`;
  }
}
