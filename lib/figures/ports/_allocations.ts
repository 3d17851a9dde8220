/** Steps of an allocation, followed: who holds how many numbers, and when. */
import { kindOf } from "../../refusal.ts";
import { assertWords, counted } from "../parts/_words.ts";

/** Something that happened to a range of numbers. */
export interface AllocationStep {
  /** When, in seconds; steps ascend. */
  readonly at: number;
  /** The client that it happened to, at most 24 characters. */
  readonly client: string;
  /** It was lent a number, it gave one back, or there was none for it. */
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

const AS = "draw the allocation to";
const MAX_CLIENT = 24;

/** Follows the steps, and refuses those that cannot be. */
export function follow(steps: Iterable<AllocationStep>, capacity: number): FollowedStep[] {
  const holdings = new Map<string, number>();
  let total = 0;
  let before: number | undefined;
  const followed: FollowedStep[] = [];
  for (const step of steps) {
    const { at, client } = step;
    assertWords(client, { as: AS, most: MAX_CLIENT });
    if (typeof at !== "number") {
      throw new TypeError(`Cannot ${AS} "${client}": a time is in seconds, got ${kindOf(at)}`);
    }
    if (!Number.isFinite(at) || (before !== undefined && at < before)) {
      throw new RangeError(
        `Cannot ${AS} "${client}": times are finite and ascend, got ${at} s` +
          (before === undefined ? "" : ` after ${before} s`),
      );
    }
    const change = changeOf(step);
    const held = (holdings.get(client) ?? 0) + change;
    if (held < 0) {
      throw new RangeError(
        `Cannot ${AS} "${client}": a client gives back what it holds, got a release at ${at} s ` +
          `by one that holds nothing`,
      );
    }
    total += change;
    if (total > capacity) {
      throw new RangeError(
        `Cannot ${AS} "${client}": there ${capacity === 1 ? "is" : "are"} ` +
          `${counted(capacity, "number")} to lend, got one more at ${at} s`,
      );
    }
    holdings.set(client, held);
    before = at;
    followed.push({ ...step, held, total });
  }
  return followed;
}

/** Returns what one client holds from its first step to `end`. */
export function stretchesOf(steps: readonly FollowedStep[], end: number): Stretch[] {
  return steps
    .map(({ at, held }, index) => ({ from: at, to: steps[index + 1]?.at ?? end, held }))
    .filter(({ from, to, held }) => held > 0 && to > from);
}

function changeOf({ what, client }: AllocationStep): number {
  switch (what) {
    case "allocated":
      return 1;
    case "released":
      return -1;
    case "refused":
      return 0;
    default:
      throw new RangeError(
        `Cannot ${AS} "${client}": a step is "allocated", "released" or "refused", got "${what}"`,
      );
  }
}
