/** Steps of an allocation, followed: who holds how many numbers, and when. */
import { check, oneOf, partOf, quote, refusal } from "../../refusal.ts";
import { itemsOf, words } from "../parts/_checks.ts";
import { counted } from "../parts/_words.ts";

/** Something that happened to a range of numbers. */
export interface AllocationStep {
  /** When, in seconds; steps ascend. */
  readonly at: number;
  /** The client that it happened to. */
  readonly client: string;
  /** It was given a number, it released one, or there was none for it. */
  readonly what: "allocated" | "released" | "refused";
  /** The number, for the table; none by default. */
  readonly port?: number;
}

/** A step, and what is held after it. */
export interface FollowedStep extends AllocationStep {
  /** By the client of the step. */
  readonly held: number;
  /** By all clients. */
  readonly total: number;
}

/** A time in which a client holds the same number of numbers, more than none. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly held: number;
}

const STEPS = { cannot: "Cannot draw an allocation", one: "step" };
const WHAT = oneOf("allocated", "released", "refused");
const CHANGE = { allocated: 1, released: -1, refused: 0 } as const;

/**
 * Follows the steps.
 *
 * @throws {TypeError} If a step is not one
 * @throws {RangeError} If a time is not finite or before the one above it, a client releases more than
 * it holds, or more is held than there is
 */
export function follow(steps: Iterable<AllocationStep>, capacity: number): FollowedStep[] {
  const holdings = new Map<string, number>();
  let total = 0;
  let before: number | undefined;
  return itemsOf(steps, STEPS).map((step) => {
    const { at, client, what } = step;
    check(client, words, { cannot: STEPS.cannot, what: "the name of a client" });
    const cannot = `${STEPS.cannot} to ${quote(client)}`;
    check(what, WHAT, { cannot, what: "a step" });
    if (typeof at !== "number") {
      throw refusal(TypeError, { cannot, rule: "a time is in seconds", part: partOf(at) });
    }
    if (!Number.isFinite(at) || (before !== undefined && at < before)) {
      const part = `${at} s${before === undefined ? "" : ` after ${before} s`}`;
      throw refusal(RangeError, { cannot, rule: "times are finite and ascend", part });
    }
    const held = (holdings.get(client) ?? 0) + CHANGE[what];
    if (held < 0) {
      const part = `a release at ${at} s by one that holds nothing`;
      throw refusal(RangeError, { cannot, rule: "a client releases what it holds", part });
    }
    total += CHANGE[what];
    if (total > capacity) {
      const rule = `there ${capacity === 1 ? "is" : "are"} ${counted(capacity, "number")}`;
      throw refusal(RangeError, { cannot, rule, part: `one more at ${at} s` });
    }
    holdings.set(client, held);
    before = at;
    return { ...step, held, total };
  });
}

/** Returns what one client holds from its first step to `end`. */
export function stretchesOf(steps: readonly FollowedStep[], end: number): Stretch[] {
  return steps
    .map(({ at, held }, index) => ({ from: at, to: steps[index + 1]?.at ?? end, held }))
    .filter(({ from, to, held }) => held > 0 && to > from);
}
