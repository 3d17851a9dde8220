/**
 * Who held which number, from when to when.
 *
 * @module
 */
import { readLimit } from "./_limits.ts";
import type { PortRefusalReason } from "./line_protocol.ts";

/** A number in the hands of one client. Plain data. */
export interface PortHolding {
  /** The number. */
  readonly port: number;
  /** Who has it, by the name that it said, or else "client 1" and so on. */
  readonly client: string;
  /** The connection by which it holds the number, as the server sees it. */
  readonly tuple: string;
  /** Since when, in seconds since the service began. */
  readonly from: number;
  /** Until when; `undefined` as long as it has the number. */
  readonly until: number | undefined;
}

/** Something that happened to the numbers of a service. Plain data; a list of them can be drawn. */
export interface PortEvent {
  /** When, in seconds since the service began; no two at the same time. */
  readonly at: number;
  /** To whom, by the name that it said, or else "client 1" and so on. */
  readonly client: string;
  /** It got a number, gave one back, or got none. */
  readonly what: "allocated" | "released" | "refused";
  /** The number; of a refusal the one that it wished, if it wished one. */
  readonly port?: number;
  /** Why it was refused. */
  readonly reason?: PortRefusalReason;
}

/** A client, whose name may change while it holds a number. */
export interface NamedClient {
  /** Its name now. */
  readonly name: string;
}

/** How many holdings that have ended, and how many refusals, are remembered unless told. */
const DEFAULT_LIMIT = 10_000;

type Open = Omit<PortHolding, "client" | "until"> & { readonly state: NamedClient };

/** Writes down who holds which number; of the past only the latest. */
export class PortHistory {
  readonly #limit: number;
  readonly #open = new Set<Open>();
  readonly #ended: PortHolding[] = [];
  readonly #refusals: PortEvent[] = [];
  readonly #now: () => number;
  #last = 0;

  /**
   * Begins now.
   *
   * @param limit How many ended holdings, and how many refusals, are remembered
   * @param now The clock, in milliseconds
   */
  constructor(limit: number | undefined, now: () => number = () => performance.now()) {
    this.#limit = readLimit("historyLimit", limit, { preset: DEFAULT_LIMIT, most: 1_000_000 });
    const begun = now();
    this.#now = () => (now() - begun) / 1000;
  }

  /** Seconds since the beginning; each call gives a later time, so that events have an order. */
  #tick(): number {
    return this.#last = Math.max(this.#now(), this.#last + 1e-6);
  }

  /** Writes down that a client has a number; the function that it returns, that it had it. */
  hold(port: number, state: NamedClient, tuple: string): () => void {
    const holding = { port, state, tuple, from: this.#tick() };
    this.#open.add(holding);
    return () => {
      if (this.#open.delete(holding)) add(this.#ended, ended(holding, this.#tick()), this.#limit);
    };
  }

  /** Writes down that a client got no number, and why. */
  refuse(client: string, reason: PortRefusalReason, port?: number): void {
    const wished = port === undefined ? {} : { port };
    const event = { at: this.#tick(), client, what: "refused" as const, ...wished, reason };
    add(this.#refusals, event, this.#limit);
  }

  /** Returns what is held now, in the order in which it was taken. */
  holdings(): PortHolding[] {
    return [...this.#open].map((holding) => ended(holding, undefined));
  }

  /** Returns what was held and is held, in the order in which it was taken. */
  all(): PortHolding[] {
    return [...this.#ended, ...this.holdings()].sort((one, other) => one.from - other.from);
  }

  /** Returns all that happened, in its order. */
  events(): PortEvent[] {
    const events = [...this.#refusals];
    for (const { port, client, from, until } of this.all()) {
      events.push({ at: from, client, what: "allocated", port });
      if (until !== undefined) events.push({ at: until, client, what: "released", port });
    }
    return events.sort((one, other) => one.at - other.at);
  }
}

function ended({ state, ...holding }: Open, until: number | undefined): PortHolding {
  return { ...holding, client: state.name, until };
}

/** Adds to a list that forgets its older half when it is twice as long as it may be. */
function add<Item>(list: Item[], item: Item, limit: number): void {
  list.push(item);
  if (list.length > 2 * limit) list.splice(0, list.length - limit);
}
