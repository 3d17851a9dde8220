/**
 * What a socket waits for, and how long still.
 *
 * @module
 */

/** The numbers of the kernel: net/ipv4/inet_diag.c, tcp_diag and get_tcp4_sock() agree on them. */
const KINDS: readonly (TimerKind | undefined)[] = [
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
   * asked whether it has room again.
   */
  readonly kind: TimerKind;
  /** How long still, in milliseconds. */
  readonly milliseconds: number;
  /** How often it has run out already without an answer. */
  readonly expirations: number;
}

/** Returns the timer of a number of the kernel's, or nothing for one that runs no timer. */
export function timerOf(
  { number, ...rest }: { number: number; milliseconds: number; expirations: number },
): SocketTimer | undefined {
  const kind = KINDS[number];
  return kind === undefined ? undefined : { kind, ...rest };
}
