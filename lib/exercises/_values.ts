/**
 * What a learner's answer may be, and how a verdict shows and explains any other value.
 *
 * @module
 */
import { callback, type Check, kindOf } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import type { Protocol } from "../ports/protocol.ts";

/** What an answer, or what a learner's function returns, has to be. */
export interface Kind<Value> extends Check<Value> {
  /** What exactly is wrong with a value that is not allowed; by default what it is. */
  problem?(value: unknown): Problem | undefined;
}

/** What was seen, and what to try. */
export interface Problem {
  readonly seen: string;
  readonly hint?: string | undefined;
}

/** The length at which a value or the message of an error is cut. */
const MAX_SHOWN = 120;

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\\0",
};

/** Returns the beginning of a text, in one line, with control characters written out. */
export function shortened(text: string): string {
  let out = "";
  for (const character of text) {
    const hex = () => character.codePointAt(0)!.toString(16).toUpperCase();
    const next = ESCAPES[character] ??
      (/(?! )[\p{C}\p{Z}]/u.test(character) ? `\\u{${hex()}}` : character);
    if (out.length + next.length > MAX_SHOWN) return `${out}…`;
    out += next;
  }
  return out;
}

/** Returns a value as a verdict shows it: at most about 120 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing (undefined)";
  if (typeof value === "string") return `"${shortened(value.replace(/["\\]/g, "\\$&"))}"`;
  if (typeof value === "function") return "a function";
  if (value instanceof Promise) return "a promise";
  if (value instanceof Socket) {
    return `${value.isClosed ? "a closed" : "a"} ${value.protocol.toUpperCase()} socket`;
  }
  if (value instanceof Error) return shortened(`${value.name}: ${value.message}`);
  if (isClosable(value)) return `a ${value.constructor?.name || "value"}`;
  try {
    const options = { compact: true, breakLength: Infinity, depth: 2, iterableLimit: 40 };
    return shortened(Deno.inspect(value, options));
  } catch {
    return kindOf(value); // Its own way of showing itself failed.
  }
}

/** Can this be closed, as every socket can, Deno's and the library's? */
export function isClosable(value: unknown): value is { close(): unknown } {
  return typeof value === "object" && value !== null && "close" in value &&
    typeof value.close === "function";
}

/** Is this one of the sockets that `Deno.listen`, `Deno.connect` and `Deno.listenDatagram` make? */
export function isDenoSocket(value: unknown): boolean {
  return isClosable(value) && ("addr" in value || "localAddr" in value);
}

/** Says why a value is not of a kind; undefined if it is. `whose` begins: "your function returned". */
export function problemOf<Value>(
  value: unknown,
  { kind, whose, should }: {
    readonly kind: Kind<Value>;
    readonly whose: string;
    readonly should: string;
  },
): Problem | undefined {
  if (kind.allows(value)) return undefined;
  const problem = kind.problem?.(value);
  return {
    seen: problem?.seen ?? `${whose} ${shown(value)}, and ${should} ${kind.rule}`,
    hint: problem === undefined ? hintFor(value, kind) : problem.hint,
  };
}

function hintFor(value: unknown, { rule }: Kind<unknown>): string | undefined {
  if (value instanceof Promise) {
    return "An async function gives a promise at once and its result later: put `await` before " +
      "the call";
  }
  if (value === undefined) {
    return "A function without `return` returns undefined: end yours with `return …`";
  }
  if (typeof value === "function") return "That is the function itself: call it, with ()";
  if (typeof value === "string" && rule.includes("number")) {
    return "That is a text, because of its quotation marks: Number(text) makes a number of it";
  }
  if (value instanceof Socket && value.isClosed && rule.includes("open")) {
    return "It is closed too early: `using` closes a socket at the end of the function. Return it " +
      "open; the check closes it";
  }
  if (/\blist (?:of|with)\b/.test(rule) && isClosable(value)) return "Put it into a list: [socket]";
  if (/\blist of\b/.test(rule) && value instanceof Set) return "`[...set]` makes a list of a Set";
  if (value instanceof Socket && rule.includes("Deno.")) {
    return "The course's class Socket is another one: make it with the function of Deno";
  }
  if (rule.includes("a number") && Array.isArray(value)) {
    return "That is a list: its `length` is the number of its elements";
  }
  if (isDenoSocket(value) && rule.includes("class Socket")) {
    return "Deno's own sockets are of other classes: make it with Socket.tcp() or Socket.udp()";
  }
}

/** A function, whose parameters a check cannot see. */
export function aFunction<Function extends (...args: never[]) => unknown>(): Kind<Function> {
  return {
    ...callback<Function>(),
    problem: (value) =>
      value instanceof Promise || isClosable(value)
        ? {
          seen: `the answer is ${shown(value)}, and should be a function`,
          hint: "Give the function itself, without calling it: the check calls it",
        }
        : undefined,
  };
}

/** A socket of the library's class Socket that is not closed. */
export function openSocket(protocol?: Protocol): Kind<Socket> {
  const name = protocol === undefined ? "" : `${protocol.toUpperCase()} `;
  return {
    rule: `an open ${name}socket of the class Socket`,
    allows: (value): value is Socket =>
      value instanceof Socket && !value.isClosed &&
      (protocol === undefined || value.protocol === protocol),
  };
}

/** A listening TCP socket of Deno's. A UDP one has `addr` too, but no `accept`. */
export const DENO_LISTENER: Kind<Deno.TcpListener> = {
  rule: "a listening socket that Deno.listen made",
  allows: (value): value is Deno.TcpListener =>
    isClosable(value) && "accept" in value && "addr" in value,
};

/** A connection of Deno's. */
export const DENO_CONNECTION: Kind<Deno.TcpConn> = {
  rule: "a connection that Deno.connect made",
  allows: (value): value is Deno.TcpConn =>
    isClosable(value) && "remoteAddr" in value && "localAddr" in value,
};

/** Anything that can be closed. */
export const CLOSABLE: Kind<{ close(): unknown }> = {
  rule: "something with a method close()",
  allows: isClosable,
};

/** Any number. */
export const A_NUMBER: Kind<number> = {
  rule: "a number",
  allows: (value): value is number => typeof value === "number",
};

/** A list, all of one kind, and of a certain length if there is a `count`. */
export function listOf<Value>(kind: Kind<Value>, count?: number): Kind<readonly Value[]> {
  const rule = `a list of ${count ?? "all"}, each ${kind.rule}`;
  return {
    rule,
    allows: (value): value is readonly Value[] =>
      Array.isArray(value) && (count ?? value.length) === value.length &&
      value.every((each) => kind.allows(each)),
    problem(value) {
      if (!Array.isArray(value)) return undefined;
      if (count !== undefined && value.length !== count) {
        return {
          seen: `your function returned a list of ${value.length}, and should return ${rule}`,
        };
      }
      const index = value.findIndex((each) => !kind.allows(each));
      if (value[index] === undefined) {
        return {
          seen: `element ${
            index + 1
          } of the list is nothing (undefined), and should be ${kind.rule}`,
          hint: "What you put into the list has no value: connect(), for one, returns nothing",
        };
      }
      return problemOf(value[index], {
        kind,
        whose: `element ${index + 1} of the list is`,
        should: "should be",
      });
    },
  };
}

/** Anything at all. */
export const ANYTHING: Kind<unknown> = {
  rule: "anything",
  allows: (_value): _value is unknown => true,
};
