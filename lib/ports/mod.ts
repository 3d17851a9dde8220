/**
 * Ports as numbers: no socket is opened here.
 *
 * Read `port.ts` first (a port and its class), then `port_range.ts`, `service_names.ts` (who uses
 * which number), `ephemeral_defaults.ts` (where each system takes a client's port from), and
 * `allocator/allocator.ts`, which hands out the ports of a range, one holder at a time.
 *
 * @module
 */
export { PortAllocator, type PortAllocatorOptions } from "./allocator/allocator.ts";
export {
  type PortsExhaustedCounts,
  PortsExhaustedError,
  PortUnavailableError,
  type PortUnavailableReason,
} from "./allocator/allocator_errors.ts";
export { PortLease } from "./allocator/port_lease.ts";
export { defaultPort } from "./default_port.ts";
export {
  EPHEMERAL_DEFAULTS,
  type EphemeralDefault,
  type EphemeralSystem,
} from "./ephemeral_defaults.ts";
export { IANA_RANGES, type IanaRange } from "./iana.ts";
export { assertPort, classifyPort, isPort, MAX_PORT, parsePort, type PortClass } from "./port.ts";
export { PortRange } from "./port_range.ts";
export { assertProtocol, type Protocol, PROTOCOLS } from "./protocol.ts";
export { type ServiceEntry } from "./service_entry.ts";
export { serviceEntry, serviceName, servicePort } from "./service_names.ts";
