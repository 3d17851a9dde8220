/**
 * What has been thrown, as data that can leave the Deno kernel: an error with its frames, its causes and
 * its parts, or any other value. Reading a thrown value can itself throw; that is no error here.
 *
 * @module
 */
import { type Frame, framesOf, frameText } from "./stack.ts";

/** A thrown value. */
export interface Thrown {
  /** The error's name, as "TypeError"; "" for a value that is not an error. */
  readonly name: string;
  /** The error's message, or the value as text. */
  readonly message: string;
  /** Its frames, the innermost first. */
  readonly frames: readonly Frame[];
  /** The lines of a stack that V8 did not make in this program, such as a worker's. */
  readonly foreign?: readonly string[];
  /** Its cause, if it has one. */
  readonly cause?: Thrown;
  /** The errors of an AggregateError. */
  readonly errors?: readonly Thrown[];
  /** How many more errors an AggregateError has. */
  readonly more?: number;
}

const MAX_CHARACTERS = 2000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 8;
const MAX_FOREIGN_LINES = 20;

/** Describes a thrown value; nothing in it can make this throw. */
export function describeThrown(value: unknown): Thrown {
  return describe(value, new Set());
}

function describe(value: unknown, within: ReadonlySet<unknown>): Thrown {
  if (!isError(value)) {
    // The Deno kernel hands undefined over as null.
    const message = value === null ? "null or undefined" : capped(shown(value));
    return { name: "", message, frames: [] };
  }
  const seen = new Set(within).add(value);
  const stack = read(value, "stack"); // V8 makes the stack when it is first read
  const frames = framesOf(value);
  const cause = read(value, "cause");
  const errors = read(value, "errors");
  const parts = Array.isArray(errors) ? errors : [];
  const known = parts.slice(0, MAX_ERRORS).filter((part) => !seen.has(part));
  return {
    name: text(read(value, "name")) || "Error",
    message: capped(text(read(value, "message", "(a message that cannot be read)"))),
    frames: frames ?? [],
    ...(frames === undefined && { foreign: foreignLines(text(stack)) }),
    ...(cause !== undefined && !seen.has(cause) && seen.size <= MAX_CAUSES &&
      { cause: describe(cause, seen) }),
    ...(seen.size <= MAX_CAUSES && parts.length > 0 && {
      errors: known.map((part) => describe(part, seen)),
      more: Math.max(0, parts.length - MAX_ERRORS),
    }),
  };
}

/** Returns a thrown value as text, for the console. */
export function thrownText(thrown: Thrown, indent = ""): string {
  const { frames, foreign = [], cause, errors = [], more = 0 } = thrown;
  const lines = [
    titleOf(thrown),
    ...frames.map((frame) => `    at ${frameText(frame)}`),
    ...foreign,
  ];
  for (const part of errors) lines.push(`  - ${thrownText(part, "    ").trimStart()}`);
  if (more > 0) lines.push(`  - and ${more} more`);
  if (cause) lines.push(`Caused by ${thrownText(cause)}`);
  return lines.join("\n").replaceAll("\n", `\n${indent}`);
}

/** Returns the first line of an error: its name and its message. */
export function titleOf({ name, message }: Pick<Thrown, "name" | "message">): string {
  if (name === "") return message;
  return message === "" ? name : `${name}: ${message}`;
}

/** Native, so that the hook which notices thrown values is not called by this. */
const hasInstance = Function.prototype[Symbol.hasInstance];

function isError(value: unknown): value is object {
  try {
    const { isError } = Error as { isError?(value: unknown): boolean };
    return isError?.(value) || hasInstance.call(Error, value);
  } catch {
    return false; // a Proxy
  }
}

function read(value: object, field: string, otherwise?: string): unknown {
  try {
    return (value as Record<string, unknown>)[field];
  } catch {
    return otherwise; // a getter has thrown
  }
}

function text(value: unknown): string {
  try {
    return value === undefined ? "" : String(value);
  } catch {
    return "";
  }
}

function shown(value: unknown): string {
  try {
    return Deno.inspect(value, { colors: false, depth: 2, strAbbreviateSize: MAX_CHARACTERS });
  } catch {
    return `a value of the type ${typeof value} that cannot be shown`;
  }
}

/** Cuts a text that is so long that it hides what follows. */
function capped(text: string): string {
  const more = text.length - MAX_CHARACTERS;
  return more <= 0 ? text : `${text.slice(0, MAX_CHARACTERS)}… (${more} more characters)`;
}

function foreignLines(stack: string): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line)).slice(0, MAX_FOREIGN_LINES);
}
