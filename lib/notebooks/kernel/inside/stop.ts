/**
 * Stops cells, inside the Deno kernel: a worker takes SIGINT and sets a flag, which loops and functions of
 * the rewritten cells ask for (cells/stoppable.ts), and awaits are ended by a rejection.
 *
 * What a stopped cell has begun ends in two steps. First everything that it waits for is rejected once,
 * the innermost first, so that `finally` and `using` clean up. Code that catches this and goes on gets
 * {@linkcode GRACE_MS} for it; after that, each of its loops and awaits throws. What earlier cells have
 * begun, and timers, go on. A loop of theirs that lets nothing else run is ended too, and a timer
 * that calls such a loop is not called again.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cellLabel } from "./stack.ts";
import { FLAG, STOPPED, type StopPlace } from "./stop_flag.ts";
import { ownSetTimeout, TimerChain } from "./timers.ts";

/** How long a stopped cell may take to clean up, in milliseconds. */
const GRACE_MS = 300;
/** How long after that its loops and awaits throw at least. */
const HARD_MS = 200;
/** How long a function may take to hand the error on to the cell that awaits it. */
const INNER_MS = 50;
/** A loop of another cell is ended when nothing else has run for this long. */
const HOG_MS = 200;
/** How long a signal may take to come through. */
const SIGNAL_MS = 2_000;

/** Thrown in a cell that is stopped. */
export class Stopped extends Error {
  /** What the engine knows it by. */
  override readonly name: string = STOPPED;

  /** Makes the error of a place, while the cell `running` runs. */
  constructor(place: StopPlace, running: number) {
    super(stopText(place, place.cell === running ? "" : ` of ${cellLabel(place.cell)}`));
  }
}

/** Says where a cell was stopped. */
function stopText({ line, awaited }: StopPlace, ofCell: string): string {
  const where = `at line ${line}${ofCell}`;
  return awaited === undefined ? where : `${where}, while waiting for: ${awaited}`;
}

/** One cell that has begun. */
interface Run {
  readonly cell: number;
  readonly waits: Waits;
  hasEnded: boolean;
  stop?: Stop;
}

/** What is known of a stop. */
interface Stop {
  at: number;
  /** Whether the cell has been told, by an error. */
  isTold: boolean;
  /** Where it was told first. */
  place?: StopPlace;
}

/** An await that has not ended. */
interface Wait extends StopPlace {
  /** Whether it is in no function. */
  readonly isTop: boolean;
  readonly promise: Promise<unknown>;
  reject(error: Stopped): void;
}

/** The awaits of a run. That one has ended, its promise says: a reaction of its own would change stacks. */
class Waits {
  #waits: Wait[] = [];
  #limit = MIN_WAITS;

  add(wait: Wait): void {
    if (this.#waits.length >= this.#limit) {
      this.#limit = Math.max(MIN_WAITS, 2 * this.pending().length);
    }
    this.#waits.push(wait);
  }

  pending(): readonly Wait[] {
    return this.#waits = this.#waits.filter(({ promise }) => stateOf(promise) === PENDING);
  }
}

const MIN_WAITS = 64;

const PENDING = 0;
const resolveNatively = Promise.resolve.bind(Promise);
const thenNatively = Promise.prototype.then;
const reactionTo = Function.prototype.call.bind(thenNatively) as (
  promise: Promise<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
) => Promise<void>;

/** The memory that is shared. */
export const flag = new Int32Array(new SharedArrayBuffer(4 * Object.keys(FLAG).length));
const runs = new AsyncLocalStorage<Run>();
let current: Run = { cell: 0, waits: new Waits(), hasEnded: true };
/** How many signals have been taken up. */
let heard = 0;
/** The runs that are stopped and not yet left alone. */
const stops = new Set<Run>();

/** A cell begins. */
export function begin(cell: number): void {
  current = { cell, waits: new Waits(), hasEnded: false };
  runs.enterWith(current);
  takeUp(); // what came while something else kept the cell from beginning
  setFlag();
}

/** The running cell has ended, if it has not yet. */
export function endRun(): void {
  current.hasEnded = true;
}

/**
 * A cell that was to be stopped has ended. Where it was is returned as JSON, once `signals` have come: a
 * late one would stop the next cell.
 */
export async function end(signals: number): Promise<string> {
  const run = current;
  const limit = performance.now() + SIGNAL_MS;
  while (Atomics.load(flag, FLAG.asked) < signals && performance.now() < limit) {
    await new Promise<void>((done) => ownSetTimeout(done, 1));
  }
  run.hasEnded = false; // the last one was for it
  takeUp();
  run.hasEnded = true;
  return JSON.stringify(run.stop?.place ?? null);
}

/** Takes up a signal: the cell that runs is stopped from now on. It waits if the cell is yet to begin. */
function takeUp(): void {
  const asked = Atomics.load(flag, FLAG.asked);
  const run = current;
  if (asked === heard || run.hasEnded) return;
  heard = asked;
  if (run.stop) {
    run.stop.at = -Infinity; // asked again: no more patience
    return rejectAll(run);
  }
  run.stop = { at: performance.now(), isTold: false };
  stops.add(run);
  ownSetTimeout(() => rejectAll(run), GRACE_MS);
  ownSetTimeout(() => leaveAlone(run), GRACE_MS + HARD_MS);
}

/** Returns the error of code that knows before the signal is there that it is to end. */
export function signalled(place: StopPlace): Stopped {
  Atomics.wait(flag, FLAG.asked, heard, SIGNAL_MS);
  takeUp();
  return stopped(runs.getStore() ?? current, place);
}

/** A signal has come, and nothing else runs now. */
export function hear(): void {
  takeUp();
  Atomics.store(flag, FLAG.heard, Atomics.load(flag, FLAG.asked));
  for (const run of stops) {
    if (Atomics.load(flag, FLAG.busy) === heard) collectDead(run);
    if (run.stop!.isTold) continue;
    const outer = run.waits.pending().filter(({ isTop }) => isTop);
    rejectAll(run, ({ isTop }) => !isTop);
    const rejectOuter = () => rejectAll(run, (wait) => outer.includes(wait));
    if (run.stop!.isTold) ownSetTimeout(rejectOuter, INNER_MS);
    else rejectOuter();
  }
}

function rejectAll(run: Run, which: (wait: Wait) => boolean = () => true): void {
  for (const wait of run.waits.pending()) if (which(wait)) wait.reject(stopped(run, wait));
}

function stopped(run: Run, { cell, line, awaited }: StopPlace): Stopped {
  const place = { cell, line, awaited };
  if (run.stop) {
    run.stop.isTold = true;
    run.stop.place ??= place;
  }
  return new Stopped(place, run.cell);
}

/** What still goes on in a stopped cell then is let go on: it may be a program of the learner's. */
function leaveAlone(run: Run): void {
  if (!run.hasEnded) return void ownSetTimeout(() => leaveAlone(run), HARD_MS);
  stops.delete(run);
  run.stop = undefined;
  setFlag();
}

function setFlag(): void {
  Atomics.store(flag, FLAG.isSet, stops.size > 0 ? 1 : 0);
  if (Atomics.load(flag, FLAG.asked) !== heard) Atomics.store(flag, FLAG.isSet, 1);
}

/** Whether code of a run is to end now: once, and again after the time for cleaning up. */
function isToEnd({ stop }: Run): boolean {
  return stop !== undefined && (!stop.isTold || performance.now() > stop.at + GRACE_MS);
}

/** Since when a loop of other cells or of timers has run, and whether something else has run since. */
let hog: { readonly since: number } | undefined;

/** A loop or a function asks, because the flag is set. */
export function loop(cell: number, line: number): void {
  takeUp();
  const chain = TimerChain.current();
  const run = runs.getStore() ?? current;
  if (run.stop !== undefined && chain === undefined) {
    if (isToEnd(run)) throw stopped(run, { cell, line });
    return;
  }
  const isStopping = Atomics.load(flag, FLAG.asked) !== heard || stops.size > 0;
  if (!isStopping || (run === current && chain === undefined)) return;
  if (hog === undefined) {
    hog = { since: performance.now() };
    ownSetTimeout(() => hog = undefined, 0);
  } else if (performance.now() > hog.since + HOG_MS) {
    hog = undefined;
    chain?.end();
    throw new Stopped({ cell, line }, run.cell);
  }
}

/**
 * Returns what an `await` of the value can await in its place: the same, or where that is pending, a
 * promise that becomes the same but can be rejected before. What awaits that goes on one microtask later
 * than it would: among several that wait for one pending promise, the order may change.
 */
export function wait(
  value: unknown,
  cell: number,
  line: number,
  awaited: string,
  isTop = false,
): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    if (flag[FLAG.isSet]) throwIfToEnd({ cell, line, awaited });
    return value;
  }
  const promise = resolveNatively(value);
  if (flag[FLAG.isSet]) {
    try {
      throwIfToEnd({ cell, line, awaited });
    } catch (error) {
      reactionTo(promise, ignore, ignore);
      throw error;
    }
  }
  if (stateOf(promise) !== PENDING || TimerChain.current()) return promise;
  const { promise: stoppable, resolve, reject } = Promise.withResolvers<unknown>();
  const { waits } = runs.getStore() ?? current;
  waits.add({ cell, line, awaited, isTop, promise: stoppable, reject });
  // V8 follows these two functions, and no others, from a promise to what awaits it: stacks have their frames.
  reactionTo(promise, resolve, reject);
  return stoppable;
}

function throwIfToEnd(place: StopPlace): void {
  takeUp();
  const run = runs.getStore() ?? current;
  if (TimerChain.current() === undefined && isToEnd(run)) throw stopped(run, place);
}

function ignore(): void {}

const { core } = (Deno as unknown as Record<symbol, {
  readonly core: { getPromiseDetails(promise: Promise<unknown>): readonly [state: number] };
}>)[(Deno as unknown as { readonly internal: symbol }).internal]!;

function stateOf(promise: Promise<unknown>): number {
  return core.getPromiseDetails(promise)[0];
}

/** How often garbage is collected, at most, for a cell that has been ended from outside. */
const COLLECTIONS = 20;

let gc: (() => void) | undefined;

/**
 * Code that asks for nothing is ended by the Deno kernel, from outside. If it was the cell's own, the cell
 * is then a promise that nobody can settle, and the Deno kernel waits for it until it is collected.
 */
function collectDead(run: Run, times = COLLECTIONS): void {
  if (run.hasEnded || times === 0) return;
  if (!gc) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as () => void;
  }
  gc();
  ownSetTimeout(() => collectDead(run, times - 1), INNER_MS);
}
