/**
 * A service that runs until it is closed, and can be asked which client holds which port.
 *
 * @module
 */
import type { PortRange } from "../ports/port_range.ts";
import { type OptionChecks, wholeNumber } from "../refusal.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import type { PortEvent, PortHistory, PortHolding } from "./_port_history.ts";
import {
  ACCEPT_LOOP_CHECKS,
  type AcceptCounts,
  type AcceptLoop,
  type AcceptLoopOptions,
} from "./accept_loop.ts";

export type { PortEvent, PortHolding };

/** How a service runs: the limits of its accept loop, and one for its memory. */
export interface ServiceOptions extends Omit<AcceptLoopOptions, "reject"> {
  /**
   * Against many clients that come and go: how many past holdings, and how many refusals, the
   * service remembers at least. It drops the oldest when it has twice as many. 10,000 by default.
   */
  readonly historyLimit?: number;
}

const { reject: _, ...LIMIT_CHECKS } = ACCEPT_LOOP_CHECKS;

/** What the options of a service have to be. */
export const SERVICE_CHECKS: OptionChecks<ServiceOptions> = {
  ...LIMIT_CHECKS,
  historyLimit: wholeNumber({ least: 1, most: 1_000_000 }),
};

/** A service at one moment. Plain data: `JSON.stringify` takes it. */
export interface ServiceSnapshot extends AcceptCounts {
  /** Where the service listens. */
  readonly endpoint: string;
  /** The ports that it allocates, or `undefined` if it allocates none. */
  readonly range: string | undefined;
  /** What is held now, in the order in which it was allocated. */
  readonly holdings: readonly PortHolding[];
}

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
  /** The ports that it allocates, or `undefined` if it allocates none. */
  readonly range: PortRange | undefined;
  readonly #loop: AcceptLoop;
  readonly #history: PortHistory;

  /** Made by the functions that start a service. */
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

  /** Returns all holdings, past and present, in the order in which they began. */
  history(): PortHolding[] {
    return this.#history.all();
  }

  /** Returns all that happened to the ports, in order, for a figure over time. */
  events(): PortEvent[] {
    return this.#history.events();
  }

  /**
   * Ends everything: all conversations, and all ports that are allocated. Closing twice does no harm.
   *
   * @throws {AggregateError} If the service itself failed while serving a client
   */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** Ends everything, as `close` does. */
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
