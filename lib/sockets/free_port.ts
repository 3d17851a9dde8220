/**
 * Free ports that stay free: a bound socket holds each one until it is handed over or released.
 *
 * Asking for a free port and then closing the socket that found it is a race: the kernel may give the
 * port to the next program that asks. A port that is held cannot be taken by anyone else.
 *
 * @module
 */
import { assertPort } from "../ports/port.ts";
import { PortRange } from "../ports/port_range.ts";
import type { Protocol } from "../ports/protocol.ts";
import {
  check,
  checkOptions,
  instanceOf,
  objectWith,
  oneOf,
  type OptionChecks,
  quote,
  refusal,
  text,
  wholeNumber,
} from "../refusal.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { Socket, type SocketNetwork } from "./socket.ts";

/** Where a port belongs: each protocol and each address has its own ports. */
export interface PortOptions {
  /** "tcp" or "udp"; "tcp" by default. */
  readonly protocol?: Protocol | undefined;
  /** An address of this machine or of the network, IPv4 or IPv6; "127.0.0.1" by default. */
  readonly address?: string | undefined;
  /** The network that has the address; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
}

/** Which ports may be taken. */
export interface FreePortOptions extends PortOptions {
  /**
   * The ports to choose from, of which the lowest free ones are taken. By default the kernel
   * chooses, from its ephemeral range.
   */
  readonly range?: PortRange | undefined;
}

const PORT_OPTIONS: OptionChecks<PortOptions> = {
  protocol: oneOf("tcp", "udp"),
  address: text,
  network: objectWith("openSocket", "a network, such as labNetwork() makes"),
};
const FREE_PORT_OPTIONS: OptionChecks<FreePortOptions> = {
  ...PORT_OPTIONS,
  range: instanceOf(PortRange, "a PortRange"),
};

/**
 * A free port, held by a bound socket. Nobody else can bind to it, at this address, before it is
 * handed over or released.
 */
export class HeldPort implements Disposable {
  /** The port. */
  readonly port: number;
  /** The protocol of the port: "tcp" or "udp". */
  readonly protocol: Protocol;
  /** The address and the port. */
  readonly endpoint: Endpoint;
  #socket: Socket | undefined;

  /**
   * Holds the port that the caller's socket is bound to; {@linkcode freePort} finds one.
   *
   * @throws {TypeError} If `socket` is not a Socket
   * @throws {RangeError} If the socket is not bound
   */
  constructor(socket: Socket) {
    check(socket, instanceOf(Socket, "a Socket"), {
      cannot: "Cannot hold a port",
      what: "what holds it",
    });
    this.endpoint = socket.localEndpoint();
    this.port = this.endpoint.port;
    if (this.port === 0) {
      throw refusal(RangeError, {
        cannot: `Cannot hold the port of "${socket}"`,
        rule: "the socket is bound",
        part: "port 0",
      });
    }
    this.protocol = socket.protocol;
    this.#socket = socket;
  }

  /** Whether the port is still held here. */
  get active(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Hands over the bound socket, which goes on holding the port: the port is never free in between.
   *
   * @returns The socket, for `listen` or `receiveFrom`; from now on the caller closes it
   * @throws {Error} If the port was already handed over or released
   */
  handOver(): Socket {
    const socket = this.#socket;
    if (socket === undefined) {
      throw refusal(Error, {
        cannot: `Cannot hand over port "${this.port}"`,
        rule: "it is still held",
        part: "a port that was handed over or released",
      });
    }
    this.#socket = undefined;
    return socket;
  }

  /**
   * Frees the port for something that binds by itself and only needs the number: a child process,
   * `Deno.listen`. Until it does, anybody may take the port. Releasing it twice does nothing, and
   * neither does releasing it after it was handed over.
   */
  release(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Frees the port at the end of a `using` block, unless it was handed over. */
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
 * @throws {SocketError} If none is free (EADDRINUSE), all ports of the range are privileged (EACCES),
 * or the address does not belong to this machine (EADDRNOTAVAIL)
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {SyntaxError} If `address` does not parse
 * @throws {RangeError} If the range contains port 0, or a link-local address has no zone
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
 * @throws {TypeError} As {@linkcode freePort} does
 * @throws {SyntaxError} As {@linkcode freePort} does
 * @throws {RangeError} If `count` is not a whole number from 1 to 65535, and as {@linkcode freePort}
 * does
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
  const cannot = count === 1 ? "Cannot find a free port" : "Cannot find free ports";
  check(count, wholeNumber({ least: 1, most: 65535 }), { cannot, what: "their number" });
  checkOptions(options, FREE_PORT_OPTIONS, cannot);
  const { protocol = "tcp", address = "127.0.0.1", range, network } = options;
  assertUsable(address, cannot);
  if (range?.has(0)) {
    throw refusal(RangeError, {
      cannot,
      rule: "the range begins above port 0",
      part: `"${range}"`,
    });
  }
  const candidates = range?.[Symbol.iterator]() ?? forever(0);
  const held: HeldPort[] = [];
  try {
    while (held.length < count) held.push(hold(candidates, { protocol, address, range, network }));
    return held;
  } catch (error) {
    for (const port of held) port.release();
    throw error;
  }
}

/**
 * Can a port be bound right now? A bound socket has it, whether it listens or not, and so has a TCP
 * connection in TIME_WAIT. The answer may be different a moment later; to keep a port, use
 * {@linkcode freePort}.
 *
 * @param port 1 to 65535
 * @throws {TypeError} If `port` is not a number, or an option is misspelt or of the wrong kind
 * @throws {SyntaxError} If `address` does not parse
 * @throws {RangeError} If `port` is not a port, or is 0, which means any port; or if a link-local
 * address has no zone
 * @throws {SocketError} If this process may not bind to it (EACCES), or the address does not belong
 * to this machine (EADDRNOTAVAIL)
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
  const cannot = "Cannot find out whether a port is free";
  checkOptions(options, PORT_OPTIONS, cannot);
  const { protocol = "tcp", address = "127.0.0.1", network } = options;
  assertPort(port);
  if (port === 0) {
    throw refusal(RangeError, { cannot, rule: "a port is above 0, which means any", part: "0" });
  }
  assertUsable(address, cannot);
  const endpoint = Endpoint.from(address, port);
  using socket = Socket[protocol]({ family: endpoint.family, network });
  const error = tryBind(socket, endpoint);
  if (error?.code === "EACCES") throw error;
  return error === undefined;
}

/** Holds the first candidate that is free; no candidate comes twice. */
function hold(
  candidates: Iterator<number>,
  { protocol, address, range, network }: {
    readonly protocol: Protocol;
    readonly address: string;
    readonly range: PortRange | undefined;
    readonly network: SocketNetwork | undefined;
  },
): HeldPort {
  const any = Endpoint.from(address, 0);
  const socket = Socket[protocol]({ family: any.family, network });
  try {
    let error: SocketError | undefined;
    for (let next; !(next = candidates.next()).done;) {
      error = tryBind(socket, Endpoint.from(address, next.value));
      if (error === undefined) return new HeldPort(socket);
      if (range === undefined) throw error;
    }
    if (error?.code === "EACCES") throw error;
    throw new SocketError("bind", errnoOf("EADDRINUSE"), {
      subject: String(any).replace(/0$/, `${range}`),
      meaning: `no ${protocol} port of the range is free`,
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Binds, or returns the error if this port cannot be bound but the next one may. */
function tryBind(socket: Socket, endpoint: Endpoint): SocketError | undefined {
  try {
    socket.bind(endpoint);
  } catch (error) {
    if (error instanceof SocketError && ["EADDRINUSE", "EACCES"].includes(error.code)) return error;
    throw error;
  }
}

/** Refuses a link-local address without a zone: the kernel refuses it too, but with EINVAL. */
function assertUsable(text: string, cannot: string): void {
  const { address, zone } = Endpoint.from(text, 0);
  if (zone !== undefined || !/^fe[89ab].:/.test(address)) return;
  throw refusal(RangeError, {
    cannot,
    rule: 'a link-local address has a zone, as in "fe80::1%eth0"',
    part: quote(text),
  });
}

function* forever(value: number): Generator<number> {
  for (;;) yield value;
}
