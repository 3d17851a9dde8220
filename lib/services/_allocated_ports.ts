/** Ports that a service allocates: each is a listening socket that serves one client. */
import { PortAllocator, type PortLease } from "../ports/allocator/allocator.ts";
import { PortsExhaustedError, PortUnavailableError } from "../ports/allocator/allocator_errors.ts";
import { LAST_WELL_KNOWN_PORT, parsePort } from "../ports/port.ts";
import { PortRange } from "../ports/port_range.ts";
import {
  check,
  checkOptions,
  instanceOf,
  isRefusal,
  oneOf,
  type OptionChecks,
  quoteValue,
  refusal,
  wholeNumber,
} from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { PortHistory } from "./_port_history.ts";
import { AcceptLoop, type AcceptLoopOptions } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import { ClientState, closingLine, type PortRefusalReason } from "./line_protocol.ts";
import { SERVICE_CHECKS, type ServiceOptions } from "./service.ts";

/** How a service that allocates ports runs. */
export interface AllocationOptions extends ServiceOptions {
  /**
   * Which port comes next, where the server picks: "lowest" or "random". "lowest" by default, so
   * that the next port can be foreseen.
   */
  readonly order?: "lowest" | "random";
  /**
   * Against late segments of the previous client: how long a port stays unused after its release, in
   * milliseconds. 0 by default.
   */
  readonly quarantine?: number;
}

const ALLOCATION_CHECKS: OptionChecks<AllocationOptions> = {
  ...SERVICE_CHECKS,
  order: oneOf("lowest", "random"),
  quarantine: wholeNumber({ most: Number.MAX_SAFE_INTEGER }),
};

/** One connection is served at a time, and one more may wait. */
const BACKLOG = 1;

/** A port that a client has. */
export interface AllocatedPort {
  readonly port: number;
  /** Closes the listening socket and the conversation there, then frees the port. */
  readonly release: () => Promise<void>;
}

/** Why a client gets no port, as the service's answer says it. */
export interface PortRefusal {
  readonly reason: PortRefusalReason;
  readonly sentence: string;
  /** The requested port, if the client requested one. */
  readonly port?: number;
}

/** Returns the port of the range that a line requests, or why it is refused. */
export function readRequestedPort(line: string, range: PortRange): number | PortRefusal {
  let port;
  try {
    port = parsePort(line);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const reason = error instanceof RangeError ? "range" : "number";
    return { reason, sentence: `${error.rule}, got ${error.part}` };
  }
  if (range.has(port)) return port;
  if (port === 0 || port > LAST_WELL_KNOWN_PORT) {
    return { reason: "range", sentence: `this server grants ${range}, got ${port}`, port };
  }
  const sentence = `ports up to ${LAST_WELL_KNOWN_PORT} belong to the system's services, ` +
    `got ${port}`;
  return { reason: "privileged", sentence, port };
}

/** Allocates the ports of a range. */
export class AllocatedPorts {
  readonly history: PortHistory;
  readonly #ports: PortAllocator<LineConnection>;
  readonly #loopOptions: AcceptLoopOptions;
  readonly #service: () => Endpoint;
  #listener: Socket | undefined;
  #bindError: SocketError | undefined;

  /**
   * @param service Returns where the service listens, when the first port is allocated. The ports
   * are on the same address.
   */
  constructor(range: PortRange, options: AllocationOptions, service: () => Endpoint) {
    const cannot = "Cannot start a service that allocates ports";
    check(range, instanceOf(PortRange, "a PortRange"), { cannot, what: "its range" });
    checkOptions(options, ALLOCATION_CHECKS, cannot);
    if (range.has(0)) {
      throw refusal(RangeError, {
        cannot: `Cannot allocate the ports ${quoteValue(`${range}`)}`,
        rule: "port 0 means any free port",
        part: "0",
      });
    }
    const { order, quarantine, historyLimit, ...loopOptions } = options;
    this.history = new PortHistory(historyLimit);
    this.#ports = new PortAllocator<LineConnection>(range, {
      probe: (port) => this.#tryListen(port),
      ...(order === undefined ? {} : { order }),
      ...(quarantine === undefined ? {} : { quarantine }),
    });
    this.#loopOptions = loopOptions;
    this.#service = service;
  }

  /** The options that are the accept loop's own. */
  get loopOptions(): AcceptLoopOptions {
    return this.#loopOptions;
  }

  /** Allocates the next port, or the requested one, to a client; or returns why it gets none. */
  allocate(
    control: LineConnection,
    client: string,
    requested?: number,
  ): AllocatedPort | PortRefusal {
    this.#bindError = undefined;
    let lease: PortLease<LineConnection>;
    try {
      lease = requested === undefined
        ? this.#ports.allocate(control)
        : this.#ports.reserve(requested, control);
    } catch (error) {
      const refusal = this.#explain(error, requested);
      if (refusal === undefined) throw error;
      return this.refuse(client, refusal);
    }
    try {
      return this.#open(lease, client);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Records that a client gets no port. */
  refuse(client: string, refusal: PortRefusal): PortRefusal {
    this.history.refuse(client, refusal.reason, refusal.port);
    return refusal;
  }

  #open(lease: PortLease<LineConnection>, client: string): AllocatedPort {
    const { port, client: control } = lease;
    const state = new ClientState(client, `port ${port}`);
    // The socket that the probe has bound is the one that listens, so that no other program can take
    // the port in between.
    const loop = AcceptLoop.listen(this.#listener!, (talk) => serve(talk, state, control), {
      ...this.#loopOptions,
      maxConnections: 1,
      whenFull: "wait",
      backlog: BACKLOG,
      reject: ({ remote }) =>
        isSameHost(remote, control.tuple.remote)
          ? undefined
          : closingLine("stranger", `port ${port} is allocated to a client at another address`),
    });
    const recordRelease = this.history.hold(port, state, `${control.tuple}`);
    const release = async () => {
      try {
        await loop.close();
      } finally {
        lease.release();
        recordRelease();
      }
    };
    return { port, release };
  }

  /** The allocator's probe: a port is free if the service can listen on it. */
  #tryListen(port: number): boolean {
    const endpoint = this.#service().withPort(port);
    const socket = Socket.tcp({ family: endpoint.family });
    try {
      // So that a connection of the previous client in TIME_WAIT does not matter.
      socket.setOption("reuseAddress", true);
      socket.bind(endpoint);
      socket.listen(BACKLOG);
    } catch (error) {
      socket.close();
      if (!(error instanceof SocketError)) throw error;
      this.#bindError = error;
      if (error.code === "EADDRINUSE" || error.code === "EACCES") return false;
      throw error;
    }
    this.#listener = socket;
    return true;
  }

  /** Returns the refusal that an error means, or `undefined` if it is a fault of this program. */
  #explain(error: unknown, requested: number | undefined): PortRefusal | undefined {
    const port = requested === undefined ? {} : { port: requested };
    if (error instanceof PortsExhaustedError) {
      const { allocated, quarantined, refused, range } = error;
      const sentence =
        `none of ${range} is free: ${allocated} allocated, ${quarantined} in quarantine, ` +
        `${refused} taken by other programs`;
      return { reason: "exhausted", sentence };
    }
    if (error instanceof PortUnavailableError) {
      if (error.reason === "refused" && this.#bindError?.code === "EACCES") {
        const sentence = `this server may not bind to port ${requested}`;
        return { reason: "privileged", sentence, ...port };
      }
      const sentence = {
        allocated: `port ${requested} is allocated to another client`,
        quarantined: `port ${requested} is in quarantine after its last client`,
        refused: `port ${requested} is taken by another program`,
      }[error.reason];
      return { reason: "taken", sentence, ...port };
    }
    // EMFILE, ENOBUFS and the like: over when some clients have left.
    if (error instanceof SocketError) {
      const sentence = `this server cannot make a socket now: ${error.code}`;
      return { reason: "server", sentence, ...port };
    }
    return undefined;
  }
}

/** Answers a client on its port. While it talks there, its other connection is not idle. */
async function serve(
  talk: LineConnection,
  state: ClientState,
  control: LineConnection,
): Promise<void> {
  for (let line; (line = await talk.readLine()) !== undefined;) {
    control.touch();
    await talk.writeLine(state.answer(line));
  }
}

/** The ports always differ, since the client has two connections. */
function isSameHost(one: Endpoint, other: Endpoint): boolean {
  return one.unmapped().address === other.unmapped().address && one.zone === other.zone;
}
