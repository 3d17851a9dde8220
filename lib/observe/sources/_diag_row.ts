/**
 * A row of the kernel's answer: `struct inet_diag_msg`, Linux, include/uapi/linux/inet_diag.h.
 *
 * A row is a view of the kernel's message: a number or an endpoint is made when somebody asks for
 * it, so that 18,000 rows cost little more than their bytes.
 */
import type { Protocol } from "../../ports/protocol.ts";
import { type AddressFamily, Endpoint } from "../../tuples/endpoint.ts";
import {
  AF,
  TCP_BOUND_INACTIVE,
  TCP_NEW_SYN_RECV,
  TCP_STATE_NUMBERS,
  UDP_STATE_NUMBERS,
} from "../../system/constants.ts";
import type { SocketState, TcpState } from "../../tuples/socket_state.ts";
import { type Connection, plainConnection } from "../rows/connection.ts";
import { type SocketTimer, TIMER_KINDS } from "../rows/socket_timer.ts";

/** The bytes of a row, without the attributes behind it. */
export const DIAG_ROW_BYTES = 72;

const { CONNECTED: UDP_CONNECTED, UNCONNECTED: UDP_UNCONNECTED } = UDP_STATE_NUMBERS;

const TCP_STATES: readonly (TcpState | undefined)[] = (() => {
  const states: (TcpState | undefined)[] = [];
  for (const [state, number] of Object.entries(TCP_STATE_NUMBERS)) {
    states[number] = state as TcpState;
  }
  states[TCP_NEW_SYN_RECV] = "SYN_RECV";
  states[TCP_BOUND_INACTIVE] = "CLOSE";
  return states;
})();

/** Looks up the name of an interface; a private network's are not this process's. */
export type InterfaceName = (index: number) => string;

/** An endpoint beside its address's place: the port, the interface's index, the address's bytes. */
interface EndpointParts {
  readonly port: number;
  readonly index: number;
  readonly length: 4 | 16;
}

/** What all rows of one dump share. */
export class DiagTable {
  /** Which protocol the sockets speak. */
  readonly protocol: Protocol;
  /** Which addresses they have; both kinds if it is undefined. */
  readonly family: AddressFamily | undefined;
  readonly #interfaceName: InterfaceName;
  /** Most rows share an endpoint with others: a server's, or that of the other end. */
  readonly #endpoints = new Map<number | string, Map<number, Endpoint>>();

  /** Makes a table without rows. */
  constructor(
    { protocol, family }: {
      readonly protocol: Protocol;
      readonly family?: AddressFamily | undefined;
    },
    interfaceName: InterfaceName,
  ) {
    this.protocol = protocol;
    this.family = family;
    this.#interfaceName = interfaceName;
  }

  /** Returns the endpoint of this port and of the address at a place; equal ones are one object. */
  endpoint(view: DataView, at: number, { port, index, length }: EndpointParts): Endpoint {
    const address = length === 4
      ? view.getInt32(at)
      : `${view.getBigUint64(at)} ${view.getBigUint64(at + 8)} ${index}`;
    let byPort = this.#endpoints.get(address);
    if (byPort === undefined) this.#endpoints.set(address, byPort = new Map());
    let endpoint = byPort.get(port);
    if (endpoint === undefined) {
      byPort.set(port, endpoint = this.#makeEndpoint(view, at, { port, index, length }));
    }
    return endpoint;
  }

  #makeEndpoint(view: DataView, at: number, { port, index, length }: EndpointParts): Endpoint {
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
    const endpoint = Endpoint.fromBytes(bytes, port);
    // fe80::/10, RFC 4291 section 2.5.6: only together with its interface is it one address.
    const isLinkLocal = length === 16 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
    return isLinkLocal && index !== 0
      ? Endpoint.from(`${endpoint.address}%${this.#interfaceName(index)}`, port)
      : endpoint;
  }
}

/** Returns what is wrong with the row at a place of a message, if anything is. */
export function faultOfRow(
  view: DataView,
  { at, size }: { at: number; size: number },
  table: DiagTable,
): string | undefined {
  if (size < DIAG_ROW_BYTES) return `a row of ${size} bytes where it has ${DIAG_ROW_BYTES}`;
  const family = view.getUint8(at);
  const wanted = table.family === undefined ? [AF.IPv4, AF.IPv6] : [AF[table.family]];
  if (!wanted.includes(family)) return `family ${family} where ${wanted.join(" or ")} is wanted`;
  const state = view.getUint8(at + 1);
  const isKnown = table.protocol === "tcp"
    ? TCP_STATES[state] !== undefined
    : state === UDP_CONNECTED || state === UDP_UNCONNECTED;
  return isKnown ? undefined : `state ${state}, which no ${table.protocol} socket has`;
}

/** A socket, as the kernel's answer has it. */
export class DiagRow implements Connection {
  readonly #view: DataView;
  readonly #at: number;
  readonly #table: DiagTable;

  /** Makes the row at a place of a message, in which {@linkcode faultOfRow} found no fault. */
  constructor(view: DataView, at: number, table: DiagTable) {
    this.#view = view;
    this.#at = at;
    this.#table = table;
  }

  /** See {@linkcode Connection}. */
  get protocol(): Protocol {
    return this.#table.protocol;
  }

  /** See {@linkcode Connection}. */
  get family(): AddressFamily {
    return this.#view.getUint8(this.#at) === AF.IPv4 ? "IPv4" : "IPv6";
  }

  /** See {@linkcode Connection}. */
  get state(): SocketState {
    const number = this.#view.getUint8(this.#at + 1);
    if (this.#table.protocol === "tcp") return TCP_STATES[number]!;
    return number === UDP_CONNECTED ? "CONNECTED" : "UNCONNECTED";
  }

  /** See {@linkcode Connection}. */
  get local(): Endpoint {
    return this.#endpoint(8, this.localPort);
  }

  /** See {@linkcode Connection}. */
  get remote(): Endpoint {
    return this.#endpoint(24, this.remotePort);
  }

  /** The port of `local`, without making an endpoint. */
  get localPort(): number {
    return this.#view.getUint16(this.#at + 4);
  }

  /** The port of `remote`, without making an endpoint. */
  get remotePort(): number {
    return this.#view.getUint16(this.#at + 6);
  }

  /** See {@linkcode Connection}. */
  get timer(): SocketTimer | undefined {
    const kind = TIMER_KINDS[this.#view.getUint8(this.#at + 2)];
    return kind && {
      kind,
      milliseconds: this.#view.getUint32(this.#at + 52, true),
      expirations: this.#view.getUint8(this.#at + 3),
    };
  }

  /** See {@linkcode Connection}. */
  get receiveQueue(): number {
    return this.#view.getUint32(this.#at + 56, true);
  }

  /** See {@linkcode Connection}. */
  get sendQueue(): number {
    return this.#view.getUint32(this.#at + 60, true);
  }

  /** See {@linkcode Connection}. */
  get uid(): number {
    return this.#view.getUint32(this.#at + 64, true);
  }

  /** See {@linkcode Connection}. */
  get inode(): number {
    return this.#view.getUint32(this.#at + 68, true);
  }

  /** See {@linkcode Connection}. */
  get cookie(): number {
    const low = this.#view.getUint32(this.#at + 44, true);
    return this.#view.getUint32(this.#at + 48, true) * 2 ** 32 + low;
  }

  /** Returns the row as a plain object. */
  toJSON(): Connection {
    return plainConnection(this);
  }

  /** What Deno prints, and the Deno kernel shows, of a row. */
  [Symbol.for("Deno.customInspect")](
    inspect: (value: unknown, options: Deno.InspectOptions) => string,
    options: Deno.InspectOptions,
  ): string {
    return inspect(plainConnection(this), options);
  }

  #endpoint(offset: number, port: number): Endpoint {
    const index = this.#view.getUint32(this.#at + 40, true);
    const length = this.#view.getUint8(this.#at) === AF.IPv4 ? 4 : 16;
    return this.#table.endpoint(this.#view, this.#at + offset, { port, index, length });
  }
}
