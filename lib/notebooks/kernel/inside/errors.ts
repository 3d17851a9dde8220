/**
 * Runs inside the Deno kernel: notices what a cell throws, and shows the errors that the Deno kernel is
 * silent about, those of timers and of promises that nobody awaits. A throw in a timer would even make
 * the bare Deno kernel hang.
 *
 * @module
 */
import { imported } from "./imports.ts";
import { addToSlot, slotFunction } from "./slot.ts";
import { Stopped } from "./stop.ts";
import { cellLabel, type Frame, installStacks, rememberCell } from "./stack.ts";
import { describeThrown, type Thrown, thrownText } from "./thrown.ts";

/** How many thrown values are kept: a timer's could come between a cell's and the question for it. */
const KEPT = 8;

/** Native, so that the hook does not call itself. */
const hasInstance = Function.prototype[Symbol.hasInstance];

const tested: unknown[] = [];
let tests = 0;
let running: number | undefined;

/**
 * Makes thrown values known, stacks readable, names that a module does not export errors, and silent errors
 * seen. To be called once.
 */
export function installErrors(): void {
  installStacks();
  noticeThrown();
  addToSlot({
    imported,
    cell: (id: number, label: number, lines: string) => {
      tested.length = tests = 0;
      running = id;
      rememberCell(id, { label, lines: lines.split(",").map(Number) });
    },
    lastThrown: (id: number, name: string, message: string) =>
      id === running ? JSON.stringify(lastThrown(name, message)) : "null",
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    if (event.reason instanceof Stopped) return; // it was begun by a stopped cell, which tells it
    printSilent(event.reason, (of) => `A promise${of} was rejected, and nothing awaited it`);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    printSilent(event.error, (of) => `A timer or a callback${of} threw an error`);
  });
}

/**
 * Describes the value that the cell has thrown, which the Deno kernel calls `name` and `message`: it tells
 * nothing of causes, or of values that are not errors.
 */
function lastThrown(name: string, message: string): Thrown | undefined {
  const at = tests % KEPT;
  const all = [...tested.slice(at), ...tested.slice(0, at)].map(describeThrown).reverse();
  return all.find((thrown) => isCalled(thrown, name, message)) ?? all[0];
}

function isCalled(thrown: Thrown, name: string, message: string): boolean {
  return (thrown.name || "Error") === name && (thrown.message || "(none)") === message;
}

/**
 * After a cell has thrown, the Deno kernel asks for the value's name by a function that it evaluates, and
 * which begins with `value instanceof Error`. No other place of the Deno kernel gives the value away.
 */
function noticeThrown(): void {
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    writable: true,
    value: function (this: unknown, value: unknown): boolean {
      if (this === Error) {
        tested[tests++ % KEPT] = value;
      }
      return hasInstance.call(this as typeof Error, value);
    },
  });
}

/** Prints an error in the cell whose code it comes from; else in the one that has started that code. */
function printSilent(value: unknown, what: (of: string) => string): void {
  const thrown = describeThrown(value);
  const cell = outermostCell(thrown.frames);
  const of = cell === undefined ? "" : ` of ${cellLabel(cell)}`;
  const print = () => console.error(`${what(of)}: ${thrownText(thrown)}`);
  const inCell = slotFunction("inCell");
  // Deno reports a timer's error to whatever cell runs at that moment.
  if (cell === undefined || inCell === undefined) print();
  else inCell(cell, print);
}

/** Returns the cell whose code was called first; what it called may be of earlier cells. */
function outermostCell(frames: readonly Frame[]): number | undefined {
  return frames.findLast(({ cell }) => cell !== undefined)?.cell;
}
