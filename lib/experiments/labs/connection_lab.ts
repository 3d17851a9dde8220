/**
 * A client's computer and a server that listens, for experiments on both ends of a connection.
 *
 * @module
 */
import { type LabNetwork, labNetwork } from "../../networks/lab_network.ts";
import type { PrivateNetworkOptions } from "../../networks/private_network.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { checkOptions, milliseconds, type OptionChecks } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";
import {
  bothEnds,
  CLIENT,
  KEEPS_TIME_WAIT,
  SERVER,
  SERVER_PORT,
  SYSCTLS,
  TIMEOUT_MS,
} from "./_two_ends.ts";

/** How a {@linkcode ConnectionLab} is made. */
export interface ConnectionLabOptions {
  /** Further kernel settings of its network; none by default. */
  readonly sysctls?: PrivateNetworkOptions["sysctls"];
  /** How long each call on its sockets may wait, in milliseconds; 5,000 by default. */
  readonly timeout?: number;
}

/** A client's computer and a listening server, from {@linkcode connectionLab}. */
export interface ConnectionLab extends AsyncDisposable {
  /** The network; if it is not private, its note says what is different. */
  readonly network: LabNetwork;
  /** A socket that listens at 203.0.113.80, port 80. */
  readonly server: Socket;
  /** The server's port: 80, or another one where the network is not private. */
  readonly port: number;
  /**
   * Makes another socket, bound to a port of the server's address; it does not listen. TCP by default.
   */
  readonly bind: (port: number, protocol?: Protocol) => Socket;
  /** Makes another socket that listens at a port of the server's address. */
  readonly listen: (port: number, backlog?: number) => Socket;
  /**
   * Opens a connection from 10.0.0.5 to the server, and returns its two ends: the client's socket and
   * the one that the server has accepted.
   */
  readonly connect: () => Promise<readonly [client: Socket, accepted: Socket]>;
  /** Closes every open socket of the lab, and ends its network. */
  close(): Promise<void>;
}

const OPTIONS: OptionChecks<ConnectionLabOptions> = {
  sysctls: SYSCTLS,
  timeout: milliseconds(),
};

/**
 * Makes a private network with a client's address, 10.0.0.5, and a server that listens at
 * 203.0.113.80:80, so that an experiment needs no lines for them. Resets do not end a TIME_WAIT there
 * (RFC 1337), as they may on a busy machine.
 *
 * Where no private network can be made, stand-ins on loopback are used (see {@linkcode labNetwork}),
 * with the machine's own settings.
 *
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {RangeError} If the limit is out of bounds, or the kernel does not take a setting
 * @throws {SocketError} If the server cannot listen
 *
 * @example Both ends of a connection
 * ```ts
 * import { connectionLab } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * await using lab = await connectionLab();
 * const [client, accepted] = await lab.connect();
 * assertEquals(client.remoteEndpoint(), accepted.localEndpoint());
 * assertEquals(accepted.localEndpoint().port, lab.port);
 * ```
 */
export async function connectionLab(options: ConnectionLabOptions = {}): Promise<ConnectionLab> {
  checkOptions(options, OPTIONS, "Cannot make a connection lab");
  const { sysctls = {}, timeout = TIMEOUT_MS } = options;
  const network = await labNetwork({
    addresses: [CLIENT, SERVER],
    sysctls: { ...KEEPS_TIME_WAIT, ...sysctls },
  });
  const bind = (port: number, protocol: Protocol = "tcp") => {
    const socket = Socket[protocol]({ network, timeout });
    socket.bind(network.endpoint(`${SERVER}:${port}`));
    return socket;
  };
  const listen = (port: number, backlog?: number) => {
    const socket = bind(port);
    socket.listen(backlog);
    return socket;
  };
  try {
    const server = listen(SERVER_PORT);
    return {
      network,
      server,
      port: server.localEndpoint().port,
      bind,
      listen,
      connect: () => bothEnds(server, { network, timeout }),
      close: () => network.close(),
      [Symbol.asyncDispose]: () => network.close(),
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}
