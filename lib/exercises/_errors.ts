/**
 * How a verdict explains an error that came out of a learner's function.
 *
 * @module
 */
import { isRefusal } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import { type Problem, shortened, shown } from "./_values.ts";

/** What Deno's errors are called by the kernel. `errno(3)` */
const CODES: Readonly<Record<string, string>> = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  BrokenPipe: "EPIPE",
  ConnectionAborted: "ECONNABORTED",
  ConnectionRefused: "ECONNREFUSED",
  ConnectionReset: "ECONNRESET",
  NetworkUnreachable: "ENETUNREACH",
  NotConnected: "ENOTCONN",
  PermissionDenied: "EACCES",
};

/** What each of the kernel's answers contradicts, wherever a check has no better hint. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES: "Low ports are for root only: take port 0 or one above 1023",
  EADDRINUSE: "A port of an address belongs to one socket, unless each socket there has set " +
    "reuseAddress or reusePort before bind()",
  EADDRNOTAVAIL: "bind() takes an address of this machine only, and connect() needs a local port " +
    "that has no connection to the same destination yet",
  EBADF: "The socket is closed already: look for a close(), or a `using`, that comes too early",
  ECONNREFUSED:
    "Nothing listens at the endpoint that you called: compare its address and its port " +
    "with those that you were given",
  ECONNRESET: "The other end broke the connection off: it closed with bytes unread, or with the " +
    "option linger at 0",
  EINVAL: "The calls have an order: bind, then listen, then accept; or connect, then send",
  EISCONN: "A socket has one connection in its life: make a new one for each",
  EMFILE: "This process has no descriptors left: close what you no longer need",
  ENOTCONN: "The socket has no other end yet: `await` its connect() first",
  EPIPE: "That direction of the connection has ended already: send before shutdown() or close()",
  TimeoutError: "Something waits for what never comes: ask who sends, and whether they can",
};

/** Returns the kernel's name of an error, "EADDRINUSE", or "TimeoutError"; otherwise undefined. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof SocketError) return error.code;
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TimeoutError" || error.name === "TimedOut") return "TimeoutError";
  return CODES[error.name];
}

/** Says what came out of a learner's function, and what to try; `hints` come first, by code. */
export function problemOfError(
  error: unknown,
  hints: Readonly<Record<string, string>> = {},
): Problem {
  const code = codeOf(error);
  return { seen: seenIn(error, code), hint: hintFor(error, code, hints) };
}

function seenIn(error: unknown, code: string | undefined): string {
  if (!(error instanceof Error)) return `your function threw ${shown(error)}, which is no error`;
  const message = shortened(error.message);
  if (error instanceof SocketError) {
    return `the kernel answered ${error.call} with ${error.code}: ${message}`;
  }
  if (code === "TimeoutError") return `a call in your function waited in vain: ${message}`;
  if (code !== undefined) return `the kernel answered ${code}: ${message}`;
  if (isRefusal(error)) return `the library refused a value: ${message}`;
  return `your function threw ${error.name}: ${message}`;
}

function hintFor(
  error: unknown,
  code: string | undefined,
  hints: Readonly<Record<string, string>>,
): string | undefined {
  if (code !== undefined) return hints[code] ?? HINTS[code];
  if (!(error instanceof TypeError)) return undefined;
  if (hints.TypeError !== undefined) return hints.TypeError;
  if (error.message.includes("Symbol.dispose")) {
    return "`using` closes a value at the end of the function, and this one cannot do that: call " +
      "its close() yourself, or leave it open where it is to be returned";
  }
  if (error.message.includes("ArrayBufferView")) {
    return "A connection carries bytes: `new TextEncoder().encode(text)` makes bytes of a text";
  }
  if (error.message.includes("DataView constructor")) {
    return "A DataView looks into the buffer behind the bytes: `new DataView(bytes.buffer)`";
  }
  if (/not a function|undefined/.test(error.message)) {
    return "A value is not what the code expects: a promise needs `await` before it is used";
  }
}
