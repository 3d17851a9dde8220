/**
 * What is known about a service.
 *
 * @module
 */
import type { PortRange } from "./port_range.ts";
import type { Protocol } from "./protocol.ts";

/** A service with a port of its own. */
export interface ServiceEntry {
  /** The name: the one that people use, where IANA has several or another. */
  readonly name: string;
  /** Its other names, IANA's own among them where it is not {@linkcode ServiceEntry.name}. */
  readonly aliases: readonly string[];
  /** One line about the service; empty for the few of which IANA says nothing. */
  readonly description: string;
  /** Its ports, nearly always one. */
  readonly range: PortRange;
  /**
   * The protocols of which IANA gave it the port. Before RFC 6335 a service was given both,
   * whether or not it speaks both: SSH has 22 of UDP too, and has never used it.
   */
  readonly protocols: readonly Protocol[];
}
