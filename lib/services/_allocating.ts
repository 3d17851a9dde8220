/** Numbers that are lent: a real listening socket for one client, as long as it has the number. */
import { PortAllocator } from "../ports/allocator/allocator.ts";
import { PortsExhaustedError, PortUnavailableError } from "../ports/allocator/allocator_errors.ts";
import type { PortLease } from "../ports/allocator/port_lease.ts";
import type { PortRange } from "../ports/port_range.ts";
import { quoteValue } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { closingLine } from "./_answers.ts";
import { ClientState } from "./_client_state.ts";
import { PortHistory } from "./_port_history.ts";
import type { Refusal } from "./_requested_port.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { LineConnection } from "./line_connection.ts";
import type { ServiceOptions } from "./service.ts";

/** How a service that lends numbers runs. */
export interface LendingOptions extends ServiceOptions {
  /**
   * Which number comes next, where the server picks: "lowest" or "random". "lowest" by default, so
   * that one can foresee it.
   */
  readonly order?: "lowest" | "random";
  /**
   * Against late segments of the one who had the number before: how long it rests after it is given
   * back, in milliseconds. 0 by default.
   */
  readonly quarantine?: number;
}

/** One guest at a time, one on his way. */
const LENT_BACKLOG = 1;

/** A number in the hands of a client. */
export interface LentPort {
  readonly port: number;
  /** Closes what listens and talks there, then frees the number. */
  readonly giveBack: () => Promise<void>;
}

/** Lends the numbers of a range. */
export class Lending {
  /** Who held what. */
  readonly history: PortHistory;
  readonly #ports: PortAllocator<LineConnection>;
  readonly #options: LendingOptions;
  #home: Endpoint | undefined;
  #listener: Socket | undefined;
  #refusal: SocketError | undefined;

  /** Lends the numbers of `range`, on the address that {@linkcode Lending.settle} says. */
  constructor(range: PortRange, options: LendingOptions) {
    const { order, quarantine } = options;
    this.#ports = new PortAllocator<LineConnection>(range, {
      probe: (port) => this.#tryListen(port),
      ...(order === undefined ? {} : { order }),
      ...(quarantine === undefined ? {} : { quarantine }),
    });
    if (range.has(0)) {
      throw new RangeError(
        `Cannot lend the ports ${quoteValue(`${range}`)}: port 0 stands for any port, got 0`,
      );
    }
    this.history = new PortHistory(options.historyLimit);
    this.#options = options;
  }

  /** Says on which address the numbers are: the service's own. */
  settle(home: Endpoint): void {
    this.#home = home;
  }

  /** Lends a client the next number, or the one that it wishes; or tells why not. */
  lend(control: LineConnection, client: string, wish?: number): LentPort | Refusal {
    this.#refusal = undefined;
    let lease: PortLease<LineConnection>;
    try {
      lease = wish === undefined
        ? this.#ports.allocate(control)
        : this.#ports.reserve(wish, control);
    } catch (error) {
      const refusal = this.#explain(error, wish);
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

  /** Writes down that a client gets no number. */
  refuse(client: string, refusal: Refusal): Refusal {
    this.history.refuse(client, refusal.reason, refusal.port);
    return refusal;
  }

  #open(lease: PortLease<LineConnection>, client: string): LentPort {
    const { port, owner: control } = lease;
    const state = new ClientState(client, `port ${port}`);
    // What the probe has bound is what listens: no moment in which somebody else can take the port.
    const loop = AcceptLoop.listen(this.#listener!, (guest) => serveGuest(guest, state, control), {
      ...this.#options,
      maxConnections: 1,
      whenFull: "wait",
      backlog: LENT_BACKLOG,
      turnAway: ({ remote }) =>
        isSameHost(remote, control.tuple.remote)
          ? undefined
          : closingLine("stranger", `port ${port} is lent to a client of another address`),
    });
    const ended = this.history.hold(port, state, `${control.tuple}`);
    const giveBack = async () => {
      try {
        await loop.close();
      } finally {
        lease.release();
        ended();
      }
    };
    return { port, giveBack };
  }

  /** The allocator's probe: a port is free if one can really listen there. */
  #tryListen(port: number): boolean {
    const endpoint = this.#home!.withPort(port);
    const socket = Socket.tcp({ family: endpoint.family });
    try {
      // The last client's connection may be in TIME_WAIT; with this that does not matter.
      socket.setOption("reuseAddress", true);
      socket.bind(endpoint);
      socket.listen(LENT_BACKLOG);
    } catch (error) {
      socket.close();
      if (!(error instanceof SocketError)) throw error;
      this.#refusal = error;
      if (error.code === "EADDRINUSE" || error.code === "EACCES") return false;
      throw error;
    }
    this.#listener = socket;
    return true;
  }

  /** Returns the refusal that an error is, or `undefined` if it is a fault of this program. */
  #explain(error: unknown, wish: number | undefined): Refusal | undefined {
    const wished = wish === undefined ? {} : { port: wish };
    if (error instanceof PortsExhaustedError) {
      const { held, resting, refused, range } = error;
      const sentence = `none of ${range} is free: ${held} lent, ${resting} at rest, ` +
        `${refused} taken by others`;
      return { reason: "exhausted", sentence };
    }
    if (error instanceof PortUnavailableError) {
      if (error.reason === "refused" && this.#refusal?.code === "EACCES") {
        const sentence = `this server may not bind to port ${wish}`;
        return { reason: "privileged", sentence, ...wished };
      }
      const sentence = {
        held: `port ${wish} is lent to another client`,
        resting: `port ${wish} rests after its last client`,
        refused: `port ${wish} is taken by another program`,
      }[error.reason];
      return { reason: "taken", sentence, ...wished };
    }
    // EMFILE, ENOBUFS and their like: the server's trouble, and over when some clients have left.
    if (error instanceof SocketError) {
      const sentence = `this server can make no socket now: ${error.code}`;
      return { reason: "server", sentence, ...wished };
    }
    return undefined;
  }
}

async function serveGuest(
  guest: LineConnection,
  state: ClientState,
  control: LineConnection,
): Promise<void> {
  for (let line; (line = await guest.readLine()) !== undefined;) {
    control.touch();
    await guest.writeLine(state.answer(line));
  }
}

/** The port differs in any case: the client comes by another connection. */
function isSameHost(one: Endpoint, other: Endpoint): boolean {
  return one.unmapped().address === other.unmapped().address && one.zone === other.zone;
}
