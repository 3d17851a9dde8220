/**
 * What an accept loop can be told, and what it tells.
 *
 * @module
 */
import type { FourTuple } from "../tuples/four_tuple.ts";
import type { LineConnectionOptions } from "./line_limits.ts";

/** The limits of an accept loop and of each of its conversations, each against an attack. */
export interface AcceptLoopOptions extends LineConnectionOptions {
  /**
   * Against a line without an end: how many bytes a line has at most, 1 to 65,536. 1,024 by default,
   * so that an answer that repeats it has room in the client's 2,048.
   */
  readonly lineLimit?: number;
  /**
   * Against many at once, who would take all descriptors: how many conversations stand at a time.
   * Keep it well below the machine's limit (`ulimit -n`). 1,000 by default.
   */
  readonly maxConnections?: number;
  /**
   * What happens to whoever comes on top of that. "refuse": it is told so, and closed; nobody waits
   * for people who say nothing. "wait": it stays in the accept queue, unseen, until somebody leaves.
   * "refuse" by default.
   */
  readonly whenFull?: "refuse" | "wait";
  /**
   * Against a burst: how many connections may wait in the kernel's accept queue. The kernel drops
   * the handshakes of more, and those clients try again after a second. 1,024 by default, or what
   * the machine allows (`net.core.somaxconn`).
   */
  readonly backlog?: number;
  /**
   * Against running out of descriptors (EMFILE, ENFILE) or memory all the same: how long the loop
   * rests before it accepts again, in milliseconds. Accepting would fail again at once, and the loop
   * would do nothing else. Conversations go on meanwhile. 100 by default.
   */
  readonly backOff?: number;
}

/** What else an accept loop can be told; services decide it for themselves. */
export interface AcceptLoopRules extends AcceptLoopOptions {
  /**
   * Against strangers: returns the line with which a client is turned away before anything is spent
   * on it, or `undefined` if it may come in. Everybody may by default.
   */
  readonly turnAway?: (tuple: FourTuple) => string | undefined;
}

/** What became of the clients of an accept loop, counted. */
export interface AcceptCounts {
  /** Whose conversations stand. */
  readonly connected: number;
  /** With whom a conversation began. */
  readonly accepted: number;
  /** Who were told to go: too many, or strangers. */
  readonly turnedAway: number;
  /** Who had left before they were accepted. */
  readonly gone: number;
  /** How often the loop had to rest, out of descriptors or memory. */
  readonly backOffs: number;
}
