/**
 * The line protocol that all services of this room speak.
 *
 * A line is UTF-8 text without control characters, and ends with LF or CR LF. Each side sends
 * lines; a program such as `nc` is client enough.
 *
 * Where numbers are lent (server-allocated, client-specified), a client has two connections. The
 * first goes to the service's own port and *is* the lease: as long as it stands, the client has its
 * number. There the service answers
 *
 * ```text
 * port 6001                      the number is yours: connect to it, and talk there
 * refused REASON: a sentence     no number for you, see PortRefusalReason
 * ```
 *
 * Server-allocated says this without being asked. Client-specified waits for a line with the wished
 * number and nothing else ("6001"); who is refused may ask for another.
 *
 * On the lent number, and on the one port of the service by four-tuple, the client talks:
 *
 * ```text
 * name Ada       ->  hello Ada
 * who            ->  you are Ada, known by port 6001
 * good morning   ->  Ada, line 1: good morning
 * ```
 *
 * Before a client says its name it is called "client 1", "client 2" and so on, as they came.
 *
 * Whoever breaks a rule hears why in a last line, `closed REASON: a sentence`, see CloseReason.
 *
 * @module
 */
import { quote, quoteValue } from "../refusal.ts";
import { parsePort } from "../ports/port.ts";

/**
 * Why a request is refused:
 *
 * - "exhausted": every port of the range is lent or taken;
 * - "taken": somebody has this port, another client or another program;
 * - "range": the number is no port, or none that this service grants;
 * - "privileged": a well-known port (0 to 1023) that this service may not or will not grant;
 * - "number": the line is no number;
 * - "holding": the client has a port already;
 * - "name": what the client calls itself is no name;
 * - "server": the server lacks something, such as a descriptor.
 */
export type PortRefusalReason =
  | "exhausted"
  | "taken"
  | "range"
  | "privileged"
  | "number"
  | "holding"
  | "name"
  | "server";

/**
 * Why a conversation is ended:
 *
 * - "idle": no whole line came in time;
 * - "late": the conversation has lasted as long as it may;
 * - "line": a line is too long;
 * - "text": a line is not UTF-8, or has control characters in it;
 * - "unread": the other end does not read (so it is not told);
 * - "full": the server has as many clients as it takes;
 * - "stranger": the port is lent to somebody else;
 * - "gone": the other end has left (told to a program that waits for an answer, not on the wire).
 */
export type CloseReason =
  | "idle"
  | "late"
  | "line"
  | "text"
  | "unread"
  | "full"
  | "stranger"
  | "gone";

/** Thrown when a service answers that it lends no port. */
export class PortRefusedError extends Error {
  /** Always "PortRefusedError". */
  override readonly name = "PortRefusedError";
  /** The reason, as the service gives it: "exhausted", "taken", "full" … */
  readonly reason: string;

  /** Tells what the service answered. */
  constructor(answer: string, reason: string) {
    super(
      `Cannot get a port: a service grants one by "port" and its number, got ${quote(answer)}`,
    );
    this.reason = reason;
  }
}

/**
 * Returns the port that a service's answer grants.
 *
 * @param answer What the service answered, as one line
 * @throws {PortRefusedError} If it grants none
 * @throws {SyntaxError} If it is no answer of such a service
 *
 * @example A grant and a refusal
 * ```ts
 * import { grantedPort, PortRefusedError } from "fourtuple/services";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(grantedPort("port 6001"), 6001);
 * const refusal = "refused exhausted: all 2 ports of 6000-6001 are held";
 * assertEquals(assertThrows(() => grantedPort(refusal), PortRefusedError).reason, "exhausted");
 * ```
 */
export function grantedPort(answer: string | undefined): number {
  const refusal = /^(?:refused|closed) ([a-z]+): /.exec(answer ?? "");
  if (refusal !== null) throw new PortRefusedError(answer!, refusal[1]!);
  if (!answer?.startsWith("port ")) {
    throw new SyntaxError(
      `Cannot read the answer ${quoteValue(answer)}: it is "port" and a number, ` +
        `or a refusal, got neither`,
    );
  }
  return parsePort(answer.slice("port ".length));
}
