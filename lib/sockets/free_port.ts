/**
 * Free ports that stay free: each is held by a bound socket until it is handed over or released.
 *
 * Asking for a free port and then closing the socket that found it is a race: the kernel may give
 * the port to the next who asks, another process as well. A port that is held is nobody else's.
 *
 * @module
 */
import { assertPort } from "../ports/port.ts";
import type { PortRange } from "../ports/port_range.ts";
import { assertProtocol, type Protocol } from "../ports/protocol.ts";
import { kindOf, quoteValue } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { Socket } from "./socket.ts";

/** Whose port is meant: ports of TCP and of UDP are different, and each address has its own. */
export interface PortOptions {
  /** "tcp" or "udp"; "tcp" by default. */
  readonly protocol?: Protocol;
  /** An address of this machine, IPv4 or IPv6; "127.0.0.1" by default. */
  readonly address?: string;
}

/** Which ports may be taken. */
export interface FreePortOptions extends PortOptions {
  /**
   * The ports to choose from, of which the lowest free ones are taken. By default the kernel
   * chooses, from its ephemeral range.
   */
  readonly range?: PortRange;
}

/**
 * A free port, held by a bound socket. Nobody else can bind to it, on this address, before it is
 * handed over or released.
 */
export class HeldPort implements Disposable {
  /** The port. */
  readonly port: number;
  /** Whose port it is: "tcp" or "udp". */
  readonly protocol: Protocol;
  /** The address and the port. */
  readonly endpoint: Endpoint;
  #socket: Socket | undefined;

  /**
   * Holds the port that a socket of the caller's is bound to; {@linkcode freePort} finds one.
   *
   * @throws {RangeError} If the socket is not bound
   */
  constructor(socket: Socket) {
    this.endpoint = socket.localEndpoint();
    this.port = this.endpoint.port;
    if (this.port === 0) {
      throw new RangeError(
        `Cannot hold the port of "${socket}": the socket is bound, got port 0`,
      );
    }
    this.protocol = socket.protocol;
    this.#socket = socket;
  }

  /** Whether the port is still held here. */
  get active(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Gives away the bound socket, which goes on holding the port: no moment in which it is free.
   *
   * @returns The socket, for `listen` or `receiveFrom`; closing it is the caller's from here on
   * @throws {Error} If the port was handed over or released before
   */
  handOver(): Socket {
    const socket = this.#socket;
    if (socket === undefined) {
      throw new Error(
        `Cannot hand over port "${this.port}": it is still held here, got one already given away`,
      );
    }
    this.#socket = undefined;
    return socket;
  }

  /**
   * Makes the port free, for somebody who needs its number and binds by himself: a child process,
   * `Deno.listen`. Between this and that anybody may take it. Releasing it twice does nothing, nor
   * does releasing it after it was handed over.
   */
  release(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Makes the port free at the end of a `using` block, unless it was handed over. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Returns the port as text. */
  toString(): string {
    return `${this.port}`;
  }
}

/**
 * Finds a free port and holds it.
 *
 * @throws {SocketError} If none is free (EADDRINUSE), all of the range are privileged (EACCES), or
 * the address is none of this machine's (EADDRNOTAVAIL)
 * @throws {RangeError} If the range contains port 0
 *
 * @example A port that nobody can take away before the server has it
 * ```ts
 * import { freePort, isPortFree } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using held = freePort();
 * assertEquals(isPortFree(held.port), false);
 *
 * using server = held.handOver();
 * server.listen();
 * assertEquals(server.localEndpoint().port, held.port);
 * ```
 */
export function freePort(options: FreePortOptions = {}): HeldPort {
  return freePorts(1, options)[0]!;
}

/**
 * Finds free ports, all different, and holds them.
 *
 * @param count How many
 * @returns The ports, from a `range` in rising order
 * @throws {SocketError} If fewer are free (EADDRINUSE); none is held then
 * @throws {RangeError} If `count` is not a whole number from 1 to 65535, or the range contains
 * port 0
 *
 * @example A server for each of three clients
 * ```ts
 * import { freePorts } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * const ports = freePorts(3);
 * assertEquals(new Set(ports.map(String)).size, 3);
 * for (const port of ports) port.release();
 * ```
 */
export function freePorts(count: number, options: FreePortOptions = {}): HeldPort[] {
  if (!Number.isInteger(count) || count < 1 || count > 65535) {
    throw new RangeError(
      `Cannot hold ${quoteValue(count)} ports: it is a whole number from 1 to 65535, got ${
        typeof count === "number" ? count : kindOf(count)
      }`,
    );
  }
  const { protocol = "tcp", address = "127.0.0.1", range } = options;
  assertProtocol(protocol);
  if (range?.has(0)) {
    throw new RangeError(`Cannot choose from ports "${range}": the first is above 0, got 0`);
  }
  const candidates = range?.[Symbol.iterator]() ?? forever(0);
  const held: HeldPort[] = [];
  try {
    while (held.length < count) held.push(hold(candidates, { protocol, address, range }));
    return held;
  } catch (error) {
    for (const port of held) port.release();
    throw error;
  }
}

/**
 * Tells whether somebody could bind to a port right now. A listening or otherwise bound socket has
 * it, and so has a TCP connection in TIME_WAIT. The next moment may be different; to keep a port,
 * use {@linkcode freePort}.
 *
 * @param port 1 to 65535
 * @throws {TypeError} If `port` is not a number
 * @throws {RangeError} If `port` is no port, or 0, which stands for any
 * @throws {SocketError} If this process may not bind to it (EACCES), or the address is none of this
 * machine's (EADDRNOTAVAIL)
 *
 * @example Before and after
 * ```ts
 * import { freePort, isPortFree } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * const held = freePort();
 * assertEquals(isPortFree(held.port), false);
 * held.release();
 * assertEquals(isPortFree(held.port), true);
 * ```
 */
export function isPortFree(port: number, options: PortOptions = {}): boolean {
  const { protocol = "tcp", address = "127.0.0.1" } = options;
  assertPort(port);
  assertProtocol(protocol);
  if (port === 0) {
    throw new RangeError('Cannot tell whether port "0" is free: it stands for any port, got 0');
  }
  const endpoint = Endpoint.from(address, port);
  using socket = Socket[protocol]({ family: endpoint.family });
  const refusal = tryBind(socket, endpoint);
  if (refusal?.code === "EACCES") throw refusal;
  return refusal === undefined;
}

/** Holds the first candidate that is free; what was a candidate once is none again. */
function hold(
  candidates: Iterator<number>,
  { protocol, address, range }: Required<PortOptions> & Pick<FreePortOptions, "range">,
): HeldPort {
  const any = Endpoint.from(address, 0);
  const socket = Socket[protocol]({ family: any.family });
  try {
    let refusal: SocketError | undefined;
    for (let next; !(next = candidates.next()).done;) {
      refusal = tryBind(socket, Endpoint.from(address, next.value));
      if (refusal === undefined) return new HeldPort(socket);
      if (range === undefined) throw refusal;
    }
    if (refusal?.code === "EACCES") throw refusal;
    throw new SocketError("bind", errnoOf("EADDRINUSE"), {
      subject: String(any).replace(/0$/, `${range}`),
      meaning: `the range has no ${protocol} port left that is free`,
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Binds, or returns why this port cannot be had; the next one may. */
function tryBind(socket: Socket, endpoint: Endpoint): SocketError | undefined {
  try {
    socket.bind(endpoint);
  } catch (error) {
    if (error instanceof SocketError && ["EADDRINUSE", "EACCES"].includes(error.code)) return error;
    throw error;
  }
}

function* forever(value: number): Generator<number> {
  for (;;) yield value;
}
