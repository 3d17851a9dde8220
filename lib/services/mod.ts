/**
 * Servers that outlive a cell, and the line protocol that they speak.
 *
 * Read `accept_loop.ts` first: how a server survives its clients. Then `line_connection.ts`, one
 * conversation, and `line_protocol.ts`, what is said in it. The three services of the article on
 * client ports come last: `server_allocated.ts`, `client_specified.ts` and `by_four_tuple.ts`.
 * `connect_from.ts` is the client that picks its own port, and `port_client.ts` one that asks for a
 * port of the server. `dialogue.ts` is a client by hand, and `database.ts` starts a database.
 *
 * @module
 */
export type { AllocationOptions } from "./_allocated_ports.ts";
export {
  type AcceptCounts,
  AcceptLoop,
  type AcceptLoopOptions,
  type Serve,
} from "./accept_loop.ts";
export { startByFourTuple } from "./by_four_tuple.ts";
export { startClientSpecified } from "./client_specified.ts";
export { connectFrom, type ConnectFromOptions } from "./connect_from.ts";
export { type Database, type DatabaseOptions, startDatabase } from "./database.ts";
export { Dialogue, type DialogueOptions, type SpokenLine } from "./dialogue.ts";
export {
  LineConnection,
  LineConnectionError,
  type LineConnectionOptions,
  type LineConnectOptions,
} from "./line_connection.ts";
export {
  type CloseReason,
  grantedPort,
  type PortRefusalReason,
  PortRefusedError,
} from "./line_protocol.ts";
export { PortClient } from "./port_client.ts";
export { startServerAllocated } from "./server_allocated.ts";
export {
  type PortEvent,
  type PortHolding,
  Service,
  type ServiceOptions,
  type ServiceSnapshot,
} from "./service.ts";
