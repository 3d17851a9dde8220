/**
 * Gives the event loop its turn between calls that never have to wait.
 *
 * A promise that is settled at once continues before any timer, signal or other socket is looked
 * at. Two ends of one program that always have something for each other would go on for ever. After
 * every 512 such calls, the next ones wait for the next turn of the event loop.
 */
import { setImmediate } from "node:timers";

const MAX_CALLS_A_TURN = 512;
const MAX_COUNT = 4096;

let calls = 0;
let nextTurn: Promise<void> | undefined;

// Most messages are short, so the promises of small counts are made once and shared.
const COUNTS: (Promise<number> | undefined)[] = new Array(MAX_COUNT + 1).fill(undefined);

/** Is called at the beginning of a turn of the event loop. */
export function beginTurn(): void {
  calls = 0;
}

/** Counts one call as `more` calls: its result keeps the caller busy for that long. */
export function spend(more: number): void {
  calls += more;
}

/** Returns a promise that resolves with a value. */
export function settle<Value>(value: Value): Promise<Value> {
  if (++calls > MAX_CALLS_A_TURN) return waitForTurn().then(() => value);
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_COUNT)) {
    return Promise.resolve(value);
  }
  return (COUNTS[value] ??= Promise.resolve<number>(value)) as Promise<number & Value>;
}

/** Returns a promise that rejects with a reason. */
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
