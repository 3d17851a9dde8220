/**
 * Ports as numbers: no socket is opened here.
 *
 * Read `port.ts` first (a port and its class), then `port_range.ts`, `named_ranges.ts` (IANA's ranges
 * and the ephemeral range of each system), `service_names.ts` (which service has which port), and
 * `allocator/allocator.ts`, which allocates the ports of a range, each to one client at a time.
 *
 * @module
 */
export { PortAllocator, type PortAllocatorOptions, PortLease } from "./allocator/allocator.ts";
export {
  type PortsExhaustedCounts,
  PortsExhaustedError,
  PortUnavailableError,
  type PortUnavailableReason,
} from "./allocator/allocator_errors.ts";
export { defaultPort } from "./default_port.ts";
export { type ServiceEntry } from "./known_services.ts";
export {
  EPHEMERAL_DEFAULTS,
  type EphemeralDefault,
  type EphemeralSystem,
  IANA_RANGES,
  type IanaRange,
} from "./named_ranges.ts";
export { assertPort, classifyPort, isPort, MAX_PORT, parsePort, type PortClass } from "./port.ts";
export { PortRange } from "./port_range.ts";
export { assertProtocol, type Protocol, PROTOCOLS } from "./protocol.ts";
export { serviceEntry, serviceName, servicePort } from "./service_names.ts";
