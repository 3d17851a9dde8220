import { quote, quotePart, refusal } from "../refusal.ts";

/**
 * The highest port, 65535: source and destination port have 16 bits each.
 *
 * RFC 9293 section 3.1 (TCP) and RFC 768 (UDP).
 *
 * @example A port is a 16-bit number
 * ```ts
 * import { MAX_PORT } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(MAX_PORT, 2 ** 16 - 1);
 * ```
 */
export const MAX_PORT = 65535;

/**
 * Reads a port out of `digits`. `cannot` begins the message of the error, so that a port inside a
 * longer text is refused in the name of the whole text.
 */
export function readPort(digits: string, cannot: string): number {
  if (digits === "") {
    throw refusal(SyntaxError, {
      cannot,
      rule: "a port is one or more decimal digits",
      part: "none",
    });
  }
  // Number() would read " 80", "+80", "0x50" and "8e1", parseInt() "80abc" too.
  const stray = /[^0-9]+/.exec(digits);
  if (stray !== null) {
    throw refusal(SyntaxError, {
      cannot,
      rule: "a port is decimal digits and nothing else",
      part: quotePart(stray[0]),
    });
  }
  const port = Number(digits);
  if (port > MAX_PORT) {
    const part = digits.length <= 20 ? digits : quote(digits);
    throw refusal(RangeError, { cannot, rule: `a port is at most ${MAX_PORT}`, part });
  }
  return port;
}
