/** The port that a client wishes, read from its line. */
import { quote } from "../refusal.ts";
import { LAST_WELL_KNOWN_PORT, parsePort } from "../ports/port.ts";
import type { PortRange } from "../ports/port_range.ts";
import type { PortRefusalReason } from "./line_protocol.ts";

/** Why there is no port for a client, as its answer says it. */
export interface Refusal {
  /** The word. */
  readonly reason: PortRefusalReason;
  /** The sentence. */
  readonly sentence: string;
  /** The port that it wished, if it wished one. */
  readonly port?: number;
}

/** Returns the port of the range that a line asks for, or why it asks for none. */
export function readWish(line: string, range: PortRange): number | Refusal {
  let port;
  try {
    port = parsePort(line);
  } catch (error) {
    if (error instanceof RangeError) return { reason: "range", sentence: ruleOf(error, line) };
    if (error instanceof SyntaxError) return { reason: "number", sentence: ruleOf(error, line) };
    throw error;
  }
  if (range.has(port)) return port;
  if (port === 0 || port > LAST_WELL_KNOWN_PORT) {
    return { reason: "range", sentence: `this server grants ${range}, got ${port}`, port };
  }
  const sentence = `ports up to ${LAST_WELL_KNOWN_PORT} belong to the system's services, ` +
    `got ${port}`;
  return { reason: "privileged", sentence, port };
}

/** Returns the message of an error without its beginning, which repeats the line. */
function ruleOf(error: Error, line: string): string {
  return error.message.slice(`Cannot parse port ${quote(line)}: `.length);
}
