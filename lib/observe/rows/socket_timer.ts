/**
 * What a socket waits for, and how much longer.
 *
 * @module
 */

/** The kinds by the kernel's numbers, of which 0 is no timer: net/ipv4/inet_diag.c, tcp_diag and get_tcp4_sock() agree on them. */
export const TIMER_KINDS: readonly (TimerKind | undefined)[] = [
  undefined,
  "retransmit",
  "keepalive",
  "time-wait",
  "window probe",
];

/** What happens when the time is up. */
export type TimerKind = "retransmit" | "keepalive" | "time-wait" | "window probe";

/** A timer that runs in the kernel for a socket. */
export interface SocketTimer {
  /**
   * "retransmit": what was not acknowledged is sent again; "keepalive": the other end is asked
   * whether it is still there; "time-wait": the row goes away; "window probe": the other end is
   * asked whether it can take data again.
   */
  readonly kind: TimerKind;
  /** How much longer, in milliseconds. */
  readonly milliseconds: number;
  /** How often it has expired without an answer. */
  readonly expirations: number;
}
