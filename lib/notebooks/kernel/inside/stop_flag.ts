/**
 * What the cells' thread, the one that takes the signals, and the engine outside share.
 *
 * @module
 */

/** The global that has the flag and the functions: cells read it in each loop, so it is a constant. */
export const STOP = "__fourtuple";

/** The name of the error of a cell that is stopped. */
export const STOPPED = "Stopped";

/** What a question for a line of input is answered with when its cell is stopped. */
export const STOP_ANSWER = "\u0018fourtuple stop\u0018";

/** Where a stopped cell was. */
export interface StopPlace {
  /** The id of the cell whose code it is. */
  readonly cell: number;
  /** The line, from 1. */
  readonly line: number;
  /** What was awaited; undefined for a loop or a function. */
  readonly awaited?: string;
}

/** The numbers in the shared memory, by their places. */
export const FLAG = {
  /** Whether loops and functions of cells are to ask; the first, since the cells' code says so. */
  isSet: 0,
  /** How many signals have come. */
  asked: 1,
  /** How many of them the cells' thread has noticed while it ran nothing else. */
  heard: 2,
  /** The number of the last one for which it was found to be busy with code that does not ask. */
  busy: 3,
  /** Whether a timer's callback runs: the Deno kernel does not survive it if that is ended from outside. */
  inTimer: 4,
  /** The number of the cells' thread; 0 if it is unknown. */
  thread: 5,
} as const;

/**
 * How the thread that takes the signals is named, which other processes can read: this, and the number of
 * the last signal for which the cells' thread was found to be busy, 0 at first.
 */
export const THREAD_NAME = "stops ";
