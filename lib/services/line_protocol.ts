/**
 * The line protocol that all services of this folder speak.
 *
 * A line is UTF-8 text without control characters, and ends with LF or CR LF. Each side sends
 * lines, so a program such as `nc` is a good enough client.
 *
 * Where ports are allocated (server-allocated, client-specified), a client has two connections. The
 * first one goes to the service's own port, and the client keeps its port as long as this connection
 * is open. On it, the service answers
 *
 * ```text
 * port 6001                      the port is yours: connect to it, and talk there
 * refused REASON: a sentence     you get no port, see PortRefusalReason
 * ```
 *
 * The server-allocated service says this without being asked. The client-specified one waits for a
 * line with the requested port number and nothing else ("6001"); after a refusal the client may
 * request another.
 *
 * On the allocated port, and on the one port of the service by four-tuple, the client talks:
 *
 * ```text
 * name Ada       ->  hello Ada
 * who            ->  you are Ada, known by port 6001
 * good morning   ->  Ada, line 1: good morning
 * ```
 *
 * Until a client gives its name, it is called "client 1", "client 2" and so on, in the order of
 * arrival.
 *
 * A client that breaks a rule gets a last line that says why, `closed REASON: a sentence`, see
 * CloseReason.
 *
 * @module
 */
import { parsePort } from "../ports/port.ts";
import { quote, quoteValue, refusal } from "../refusal.ts";

/**
 * Why a request is refused:
 *
 * - "exhausted": no port of the range is free;
 * - "taken": another client or another program has this port, or it is in quarantine;
 * - "range": the number is not a port, or not one that this service grants;
 * - "privileged": a well-known port (0 to 1023) that this service cannot or does not grant;
 * - "number": the line is not a number;
 * - "holding": the client has a port already;
 * - "name": the client's name for itself is not allowed;
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
 * Why a conversation is closed:
 *
 * - "idle": no whole line came in time;
 * - "late": the conversation has reached its longest time;
 * - "line": a line is too long;
 * - "text": a line is not UTF-8, or contains control characters;
 * - "unread": the other end does not read (so it gets no last line);
 * - "full": the server has as many clients as it takes, in all or from one address;
 * - "stranger": the port is allocated to another client;
 * - "gone": the other end has left (reported to a program that waits for an answer, never sent).
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

/** Thrown when a service's answer refuses a port. */
export class PortRefusedError extends Error {
  /** Always "PortRefusedError". */
  override readonly name = "PortRefusedError";
  /** The reason, as the service gives it: "exhausted", "taken", "full" … */
  readonly reason: string;
  /** The answer, the whole line. */
  readonly answer: string;

  /** Says what the service answered. */
  constructor(answer: string, reason: string) {
    super(`Cannot get a port: the service grants one as "port" and a number, got ${quote(answer)}`);
    this.reason = reason;
    this.answer = answer;
  }
}

/**
 * Returns the port that a service's answer grants.
 *
 * @param answer What the service answered, as one line
 * @throws {PortRefusedError} If the answer is a refusal
 * @throws {SyntaxError} If it is not an answer of such a service
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
  const refused = /^(?:refused|closed) ([a-z]+): /.exec(answer ?? "");
  if (refused !== null) throw new PortRefusedError(answer!, refused[1]!);
  if (!answer?.startsWith("port ")) {
    throw refusal(SyntaxError, {
      cannot: `Cannot read the answer ${quoteValue(answer)}`,
      rule: 'it is "port" and a number, or a refusal',
      part: answer === undefined ? "no answer" : "another line",
    });
  }
  return parsePort(answer.slice("port ".length));
}

/** Returns the line that refuses a request. */
export function refusalLine(reason: PortRefusalReason, sentence: string): string {
  return `refused ${reason}: ${sentence}`;
}

/** Returns the last line to a client that broke a rule. */
export function closingLine(reason: CloseReason, sentence: string): string {
  return `closed ${reason}: ${sentence}`;
}

/** Returns the line that grants a port. */
export function grantLine(port: number): string {
  return `port ${port}`;
}

/** Returns the answer to a client that has its port and sends another request. */
export function holdingLine(port: number): string {
  return refusalLine("holding", `you hold port ${port}: talk there`);
}

/** The longest name, in UTF-16 code units, that a figure has space for. */
const MAX_NAME = 24;

/** What a server remembers of one client, and its answers to that client. */
export class ClientState {
  #name: string;
  #lines = 0;

  /**
   * Makes the state of a client that has not given its name yet.
   *
   * @param name What the server calls it until then
   * @param knownBy What the server recognizes the client by: its port, or its four-tuple
   */
  constructor(name: string, readonly knownBy: string) {
    this.#name = name;
  }

  /** What the client calls itself or, until it does, what the server calls it. */
  get name(): string {
    return this.#name;
  }

  /** Returns the answer to a line of this client. */
  answer(line: string): string {
    if (line === "who") return `you are ${this.#name}, known by ${this.knownBy}`;
    if (!line.startsWith("name ")) return `${this.#name}, line ${++this.#lines}: ${line}`;
    const name = line.slice("name ".length);
    // A comma or a colon in a name could make one client's answers look like another's.
    if (name.length > MAX_NAME || !/^[\p{L}\p{N}]+(?:[ _-][\p{L}\p{N}]+)*$/u.test(name)) {
      return refusalLine(
        "name",
        `a name has at most ${MAX_NAME} letters and digits, with single spaces, "-" or "_" between`,
      );
    }
    this.#name = name;
    return `hello ${name}`;
  }
}
