/**
 * What came out of a call that may fail, in a word.
 *
 * @module
 */
import { SocketError } from "../../system/errno.ts";

/**
 * Waits for a call, and returns what came out of it as text: the value, "done" if there is none, the
 * number of bytes that were received, or the error's code or name, such as "ECONNREFUSED" and
 * "TimeoutError".
 *
 * Give the call a limit of its own: this function waits as long as it takes.
 *
 * @param call What the call returned
 *
 * @example A refusal is data here
 * ```ts
 * import { outcomeOf } from "fourtuple/experiments";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using bound = Socket.tcp();
 * bound.bind("127.0.0.1:0"); // and does not listen
 * using client = Socket.tcp({ timeout: 5000 });
 * assertEquals(await outcomeOf(client.connect(bound.localEndpoint())), "ECONNREFUSED");
 * ```
 */
export async function outcomeOf(call: PromiseLike<unknown>): Promise<string> {
  try {
    const value = await call;
    if (value === undefined) return "done";
    return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    return error instanceof Error ? error.name : String(error);
  }
}

/** Returns an error that a trial expects, by its code, and throws any other. */
export function expectedError(error: unknown, ...codes: readonly string[]): SocketError {
  if (error instanceof SocketError && codes.includes(error.code)) return error;
  throw error;
}
