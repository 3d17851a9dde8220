/**
 * Which client held which port, from when to when.
 *
 * @module
 */
import type { PortRefusalReason } from "./line_protocol.ts";

/** A port that a client holds or held. Plain data. */
export interface PortHolding {
  /** The port. */
  readonly port: number;
  /** The client, by the name that it gave, or else "client 1" and so on. */
  readonly client: string;
  /** The connection by which it holds the port, as the server sees it. */
  readonly tuple: string;
  /** When it got the port, in seconds since the service began. */
  readonly from: number;
  /** When it released the port; `undefined` while it still has it. */
  readonly until: number | undefined;
}

/** Something that happened to the ports of a service. Plain data; a list of them can be drawn. */
export interface PortEvent {
  /** When, in seconds since the service began; no two events have the same time. */
  readonly at: number;
  /** The client, by the name that it gave, or else "client 1" and so on. */
  readonly client: string;
  /** The client got a port, released one, or was refused one. */
  readonly what: "allocated" | "released" | "refused";
  /** The port; of a refusal the requested one, if the client requested one. */
  readonly port?: number;
  /** Why it was refused. */
  readonly reason?: PortRefusalReason;
}

/** A client, whose name may change while it holds a port. */
export interface NamedClient {
  /** Its name now. */
  readonly name: string;
}

type Open = Omit<PortHolding, "client" | "until"> & { readonly state: NamedClient };

/** Records which client holds which port. Of the past it keeps only the latest part. */
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
   * @param limit How many past holdings, and how many refusals, it remembers
   * @param now The clock, in milliseconds
   */
  constructor(limit = 10_000, now: () => number = () => performance.now()) {
    this.#limit = limit;
    const begun = now();
    this.#now = () => (now() - begun) / 1000;
  }

  /** Returns the seconds since the beginning. Each call returns a later time, so events are ordered. */
  #tick(): number {
    return this.#last = Math.max(this.#now(), this.#last + 1e-6);
  }

  /** Records that a client has a port; the function that it returns records that it released it. */
  hold(port: number, state: NamedClient, tuple: string): () => void {
    const holding = { port, state, tuple, from: this.#tick() };
    this.#open.add(holding);
    return () => {
      if (this.#open.delete(holding)) add(this.#ended, ended(holding, this.#tick()), this.#limit);
    };
  }

  /** Records that a client was refused a port, and why. */
  refuse(client: string, reason: PortRefusalReason, port?: number): void {
    const requested = port === undefined ? {} : { port };
    const event = { at: this.#tick(), client, what: "refused" as const, ...requested, reason };
    add(this.#refusals, event, this.#limit);
  }

  /** Returns what is held now, in the order in which it was allocated. */
  holdings(): PortHolding[] {
    return [...this.#open].map((holding) => ended(holding, undefined));
  }

  /** Returns all holdings, past and present, in the order in which they began. */
  all(): PortHolding[] {
    return [...this.#ended, ...this.holdings()].sort((one, other) => one.from - other.from);
  }

  /** Returns all that happened, in order. */
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

/** Adds to a list, and drops the older half when it has reached twice the limit. */
function add<Item>(list: Item[], item: Item, limit: number): void {
  list.push(item);
  if (list.length > 2 * limit) list.splice(0, list.length - limit);
}
