/**
 * What a learner's function returned: any value at all, whatever its type says.
 *
 * @module
 */
import { kindOf } from "../refusal.ts";
import { Verdict } from "./verdict.ts";

/** Whether a value can be closed, as every socket can, Deno's and the kit's. */
export function isClosable(value: unknown): value is { close(): unknown } {
  return typeof value === "object" && value !== null && "close" in value &&
    typeof value.close === "function";
}

/**
 * Closes what was returned, one thing or a list of them, and passes over what cannot be closed: a
 * wrong answer must not leave its sockets behind, nor may closing them hide the verdict.
 */
export function closeReturned(returned: unknown): void {
  for (const each of new Set<unknown>(Array.isArray(returned) ? returned : [returned])) {
    try {
      if (isClosable(each)) each.close();
    } catch {
      // The answer has closed it by itself: the kernel's table tells what is open.
    }
  }
}

/** Whether a value is a listening socket of Deno's. A UDP one has `addr`, too, but no `accept`. */
export function isListener(value: unknown): value is Deno.Listener {
  return isClosable(value) && "accept" in value && "addr" in value;
}

/**
 * Returns a verdict unless a server's function has returned its listener, at this address.
 *
 * The promise of an async function may be kept only when its server has ended, too late for a client
 * to be tried: what it brings is closed when it comes. All else is left to the caller to close.
 */
export function verdictOfListener(returned: unknown, hostname: string): Verdict | undefined {
  if (!isListener(returned)) {
    if (returned instanceof Promise) returned.then(closeReturned, () => {});
    const got = returned instanceof Promise ? "a promise" : kindOf(returned);
    return Verdict.notYet(`the function was to return its listener at once, and returned ${got}`);
  }
  const at = (returned as Deno.TcpListener).addr.hostname;
  if (at !== hostname) return Verdict.notYet(`it listens at ${at}, not ${hostname}`);
}
