/**
 * Servers that outlive a cell, and the line protocol that they speak.
 *
 * Read `accept_loop.ts` first: how a server survives its clients. Then `line_connection.ts` and the
 * three services of the article on client ports: `server_allocated.ts`, `client_specified.ts`,
 * `by_four_tuple.ts`.
 *
 * @module
 */
export { AcceptLoop, type Serve } from "./accept_loop.ts";
export {
  type AcceptCounts,
  type AcceptLoopOptions,
  type AcceptLoopRules,
} from "./accept_options.ts";
export { startByFourTuple } from "./by_four_tuple.ts";
export { startClientSpecified } from "./client_specified.ts";
export { connectFrom } from "./connect_from.ts";
export { LineConnection } from "./line_connection.ts";
export {
  LineConnectionError,
  type LineConnectionOptions,
  type LineConnectOptions,
} from "./line_limits.ts";
export {
  type CloseReason,
  grantedPort,
  type PortRefusalReason,
  PortRefusedError,
} from "./line_protocol.ts";
export { type LendingOptions, startServerAllocated } from "./server_allocated.ts";
export {
  type PortEvent,
  type PortHolding,
  Service,
  type ServiceOptions,
  type ServiceSnapshot,
} from "./service.ts";
