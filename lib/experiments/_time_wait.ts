/** A setting that experiments on the ends of connections need. */

/**
 * Without this setting a TIME_WAIT ends too early now and then on a busy machine. An end that does not
 * close at once first acknowledges the other's FIN by a timer. If the timer runs on another processor
 * at the moment of the close, this acknowledgement arrives after the FIN. The end in TIME_WAIT answers
 * it, the closed end no longer has a socket and sends a reset, and that ends TIME_WAIT: "TIME-WAIT
 * assassination" (RFC 1337). With this setting Linux ignores resets in TIME_WAIT; see `tcp(7)`.
 */
export const KEEPS_TIME_WAIT = { "net.ipv4.tcp_rfc1337": 1 };
