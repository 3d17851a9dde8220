/**
 * The limits of a conversation in lines, and what happens to who breaks one.
 *
 * @module
 */
import type { EndpointLike } from "../tuples/endpoint.ts";
import type { CloseReason } from "./line_protocol.ts";

/** The limits of a conversation, each against an attack. */
export interface LineConnectionOptions {
  /**
   * Against silence, and against a byte now and then: how long a whole line may take, in
   * milliseconds. 30,000 by default.
   */
  readonly idleDeadline?: number;
  /**
   * Against a client that says just enough to stay: how long the conversation may last, in
   * milliseconds. 600,000 by default.
   */
  readonly totalDeadline?: number;
  /**
   * Against a client that never reads, until the kernel's buffers are full: how long a line may
   * take to be sent, in milliseconds. 5,000 by default.
   */
  readonly writeDeadline?: number;
  /**
   * Against a line without an end: how many bytes a line has at most, 1 to 65,536. 2,048 by default,
   * which is room for an answer to the longest line that a service takes.
   */
  readonly lineLimit?: number;
}

/** How a client connects. */
export interface LineConnectOptions extends LineConnectionOptions {
  /**
   * The client's own end, which it binds before it connects, as `connectFrom` does; by
   * default the kernel picks it.
   */
  readonly from?: EndpointLike;
}

/** The other end broke a limit, or left; the conversation is over. */
export class LineConnectionError extends Error {
  /** Always "LineConnectionError". */
  override readonly name = "LineConnectionError";
  /** Which limit it was. */
  readonly reason: CloseReason;
  /** The limit as a sentence, as the other end may be told it. */
  readonly rule: string;

  /** Tells what could not be done because of which limit. */
  constructor(cannot: string, reason: CloseReason, { rule, got }: { rule: string; got: string }) {
    super(`${cannot}: ${rule}, got ${got}`);
    this.reason = reason;
    this.rule = rule;
  }
}
