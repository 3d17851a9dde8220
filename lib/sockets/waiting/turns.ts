/**
 * Keeps calls that never have to wait from keeping the event loop to themselves.
 *
 * A promise that is settled at once goes on before any timer, signal or other socket is looked at,
 * so two ends of one program that always have something for each other would go on for ever. Every
 * so many such calls, all of them wait until everybody else had a turn.
 */
import { setImmediate } from "node:timers";

const MAX_CALLS_A_TURN = 512;
const MAX_COUNT = 4096;

let calls = 0;
let nextTurn: Promise<void> | undefined;

// What is sent and received is mostly short, and one promise of a count is as good as the next.
const COUNTS: (Promise<number> | undefined)[] = new Array(MAX_COUNT + 1).fill(undefined);

/** Says that the event loop has come round. */
export function beginTurn(): void {
  calls = 0;
}

/** Counts one call as so many more: what it gives will be worked off before the next one. */
export function spend(more: number): void {
  calls += more;
}

/** Returns a promise of a value that is there already. */
export function settle<Value>(value: Value): Promise<Value> {
  if (++calls > MAX_CALLS_A_TURN) return waitForTurn().then(() => value);
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_COUNT)) {
    return Promise.resolve(value);
  }
  return (COUNTS[value] ??= Promise.resolve<number>(value)) as Promise<number & Value>;
}

/** Returns a promise that fails for a reason that is there already. */
export function refuse(reason: unknown): Promise<never> {
  return ++calls <= MAX_CALLS_A_TURN
    ? Promise.reject(reason)
    : waitForTurn().then(() => Promise.reject(reason));
}

function waitForTurn(): Promise<void> {
  return nextTurn ??= new Promise((resolve) =>
    setImmediate(() => {
      nextTurn = undefined;
      beginTurn();
      resolve();
    })
  );
}
