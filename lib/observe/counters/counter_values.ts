/**
 * A reading of the kernel's counters, and the difference of two.
 *
 * @module
 */
import { ShownAsTable, Table } from "../../show/table.ts";
import { check, instanceOf, refusal } from "../../refusal.ts";
import { COUNTER_NAMES, type CounterName, counterName, COUNTERS } from "./counter_names.ts";

/** A number for each counter: what {@linkcode Counters} and {@linkcode CounterDifference} share. */
export abstract class CounterNumbers extends ShownAsTable
  implements Iterable<[CounterName, number]> {
  readonly #numbers: ReadonlyMap<CounterName, number>;

  /** Makes them of the numbers of the counters that a kernel has. */
  constructor(numbers: ReadonlyMap<CounterName, number>) {
    super();
    this.#numbers = numbers;
  }

  /**
   * Returns a counter's number.
   *
   * @throws {TypeError} If `name` is not a counter that the course knows
   * @throws {Deno.errors.NotSupported} If this kernel does not have it
   */
  get(name: CounterName): number {
    check(name, counterName, { cannot: "Cannot read a counter", what: "a counter" });
    const number = this.#numbers.get(name);
    if (number !== undefined) return number;
    throw refusal(Deno.errors.NotSupported, {
      cannot: "Cannot read a counter",
      rule: `this kernel counts ${[...this.#numbers.keys()].join(", ") || "nothing"}`,
      part: `"${name}"`,
    });
  }

  /** Tells whether this kernel has the counter. */
  has(name: CounterName): boolean {
    return this.#numbers.has(name);
  }

  /** Goes through the names and numbers, TCP's before UDP's. */
  *[Symbol.iterator](): IterableIterator<[CounterName, number]> {
    for (const name of COUNTER_NAMES) {
      const number = this.#numbers.get(name);
      if (number !== undefined) yield [name, number];
    }
  }
}

/** The kernel's counters at one moment; `counters()` reads them. */
export class Counters extends CounterNumbers {
  /**
   * Returns what has changed since an earlier reading.
   *
   * @param before The earlier reading, of the same network
   * @throws {TypeError} If `before` is not a reading
   */
  since(before: Counters): CounterDifference {
    check(before, instanceOf(Counters, "what counters() has returned"), {
      cannot: "Cannot compare readings of the counters",
      what: "an earlier reading",
    });
    return new CounterDifference(
      new Map(
        [...this].filter(([name]) => before.has(name))
          .map(([name, number]) => [name, number - before.get(name)]),
      ),
    );
  }

  /** Returns all counters as a table, with what each of them counts. */
  override toTable(): Table {
    return new Table({
      columns: ["protocol", "counter", "since the start", "what it counts"],
      rows: [...this].map(([name, number]) => {
        const { protocol, meaning } = COUNTERS[name];
        return [protocol, name, number, meaning];
      }),
    });
  }
}

/** By how much each counter has changed from one reading to a later one. */
export class CounterDifference extends CounterNumbers {
  /** Those that have changed, and by how much. */
  get changed(): readonly (readonly [CounterName, number])[] {
    return [...this].filter(([, number]) => number !== 0);
  }

  /** Returns those that have changed as a table, with what each of them counts. */
  override toTable(): Table {
    const rows = this.changed.map(([name, number]) => {
      const { protocol, meaning } = COUNTERS[name];
      return [protocol, name, `${number > 0 ? "+" : "−"}${Math.abs(number)}`, meaning];
    });
    return new Table({
      columns: ["protocol", "counter", "change", "what it counts"],
      rows,
      ...(rows.length === 0 ? { caption: "No counter has changed." } : {}),
    });
  }
}
