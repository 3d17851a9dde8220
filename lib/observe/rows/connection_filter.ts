/**
 * Which rows of the kernel's table of sockets are wanted.
 *
 * @module
 */
import {
  checkOptions,
  oneOf,
  type OptionChecks,
  quote,
  refuser,
  text,
  wholeNumber,
} from "../../refusal.ts";
import { MAX_PORT } from "../../ports/port.ts";
import { type Protocol, PROTOCOLS } from "../../ports/protocol.ts";
import { readAddress } from "../../tuples/address.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { type SocketState, TCP_STATES, UDP_STATES } from "../../tuples/socket_state.ts";
import type { Connection } from "./connection.ts";

/** What a row must have; what is left out, or `undefined`, may be anything. */
export interface ConnectionFilter {
  /** "tcp" or "udp". */
  readonly protocol?: Protocol | undefined;
  /** A state. */
  readonly state?: SocketState | undefined;
  /** An address at either end. An IPv4 address finds sockets that have it mapped, too. */
  readonly address?: string | undefined;
  /** A port at either end, 0 to 65535. */
  readonly port?: number | undefined;
  /** The local port, 0 to 65535. */
  readonly localPort?: number | undefined;
  /** The remote port, 0 to 65535. */
  readonly remotePort?: number | undefined;
}

const CANNOT = "Cannot filter sockets";
const PORT = wholeNumber({ most: MAX_PORT });
const FIELDS: OptionChecks<ConnectionFilter> = {
  protocol: oneOf(...PROTOCOLS),
  state: oneOf(...TCP_STATES, ...UDP_STATES),
  address: text,
  port: PORT,
  localPort: PORT,
  remotePort: PORT,
};

/**
 * Returns what tells whether a row passes.
 *
 * @throws {TypeError} If a field is unknown or of the wrong kind
 * @throws {RangeError} If a port is out of bounds
 * @throws {SyntaxError} If the address does not parse
 */
export function matcherOf(filter: ConnectionFilter): (row: Connection) => boolean {
  checkOptions(filter, FIELDS, CANNOT);
  const { protocol, state, port, localPort, remotePort } = filter;
  const address = filter.address === undefined ? undefined : endpointAt(filter.address);
  return (row) =>
    (protocol === undefined || row.protocol === protocol) &&
    (state === undefined || row.state === state) &&
    (port === undefined || row.local.port === port || row.remote.port === port) &&
    (localPort === undefined || row.local.port === localPort) &&
    (remotePort === undefined || row.remote.port === remotePort) &&
    (address === undefined || isAt(row.local, address) || isAt(row.remote, address));
}

function endpointAt(address: string): Endpoint {
  readAddress(address, refuser(`${CANNOT} by the address ${quote(address)}`));
  return Endpoint.from(address, 0);
}

/** As the kernel's own filter does, IPv4 finds mapped addresses (net/ipv4/inet_diag.c). */
function isAt(end: Endpoint, wanted: Endpoint): boolean {
  return (end.address === wanted.address || end.unmapped().address === wanted.address) &&
    (end.zone === undefined || wanted.zone === undefined || end.zone === wanted.zone);
}
