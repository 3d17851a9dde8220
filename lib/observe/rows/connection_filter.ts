/**
 * Which rows of the kernel's table of sockets one asks for.
 *
 * @module
 */
import { kindOf, partOf, quoteValue, refuser, unknownField } from "../../refusal.ts";
import { assertPort } from "../../ports/port.ts";
import { assertProtocol, type Protocol } from "../../ports/protocol.ts";
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

const FIELDS = ["protocol", "state", "address", "port", "localPort", "remotePort"];
const STATES: readonly string[] = [...TCP_STATES, ...UDP_STATES];

/** Returns what tells whether a row passes; a filter that could let nothing pass is refused. */
export function matcherOf(filter: ConnectionFilter): (row: Connection) => boolean {
  assertFields(filter);
  const { protocol, state, port, localPort, remotePort } = filter;
  if (protocol !== undefined) assertProtocol(protocol);
  if (state !== undefined) assertState(state);
  for (const each of [port, localPort, remotePort]) if (each !== undefined) assertPort(each);
  const address = filter.address === undefined ? undefined : endpointAt(filter.address);
  return (row) =>
    (protocol === undefined || row.protocol === protocol) &&
    (state === undefined || row.state === state) &&
    (port === undefined || row.local.port === port || row.remote.port === port) &&
    (localPort === undefined || row.local.port === localPort) &&
    (remotePort === undefined || row.remote.port === remotePort) &&
    (address === undefined || isAt(row.local, address) || isAt(row.remote, address));
}

function assertFields(filter: unknown): void {
  if (typeof filter !== "object" || filter === null) {
    throw new TypeError(
      `Cannot filter sockets by ${quoteValue(filter)}: a filter is an object, got ${
        kindOf(filter)
      }`,
    );
  }
  const unknown = unknownField(filter, FIELDS);
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot filter sockets by ${quoteValue(unknown)}: a filter has ${FIELDS.join(", ")}, got ${
        quoteValue(unknown)
      }`,
    );
  }
}

function assertState(state: unknown): void {
  if (typeof state === "string" && STATES.includes(state)) return;
  throw new TypeError(
    `Cannot filter sockets by state ${quoteValue(state)}: a state is one of ` +
      `${STATES.join(", ")}, got ${partOf(state)}`,
  );
}

function endpointAt(address: unknown): Endpoint {
  const cannot = `Cannot filter sockets by address ${quoteValue(address)}`;
  if (typeof address !== "string") {
    throw new TypeError(`${cannot}: an address is a string, got ${kindOf(address)}`);
  }
  readAddress(address, refuser(cannot));
  return Endpoint.from(address, 0);
}

/** As the kernel's own filter does, IPv4 finds mapped addresses (net/ipv4/inet_diag.c). */
function isAt(end: Endpoint, wanted: Endpoint): boolean {
  return (end.address === wanted.address || end.unmapped().address === wanted.address) &&
    (end.zone === undefined || wanted.zone === undefined || end.zone === wanted.zone);
}
