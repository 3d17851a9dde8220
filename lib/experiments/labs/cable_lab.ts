/**
 * Two computers and a cable that can be unplugged, for experiments on what each end knows.
 *
 * @module
 */
import { plug, unplug } from "../../networks/cable.ts";
import { type LabNetwork, labNetwork } from "../../networks/lab_network.ts";
import { PrivateNetwork } from "../../networks/private_network.ts";
import { connections } from "../../observe/connections.ts";
import type { Connection, Connections } from "../../observe/rows/connection.ts";
import type { ConnectionFilter } from "../../observe/rows/connection_filter.ts";
import { runChild } from "../../program/child_process.ts";
import { quote, refusal } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { listenAt } from "../../sockets/listen_at.ts";
import type { Socket } from "../../sockets/socket.ts";
import { bothEnds, CLIENT, SERVER, SERVER_PORT, TIMEOUT_MS } from "./_two_ends.ts";

/** The rows of two computers, which show themselves as one table. */
export class CableRows extends ShownAsTable {
  /** The rows of the client's computer. */
  readonly client: Connections;
  /** The rows of the server's computer. */
  readonly server: Connections;

  /** Makes a list of both. */
  constructor(client: Connections, server: Connections) {
    super();
    this.client = client;
    this.server = server;
  }

  /** The states of all rows, such as "client: ESTABLISHED". */
  get states(): readonly string[] {
    return this.#all().map(([computer, { state }]) => `${computer}: ${state}`);
  }

  /** Returns a row for each socket, with its computer. */
  override toTable(): Table {
    return new Table({
      columns: ["computer", "state", "local", "remote", "recv-q", "send-q", "timer"],
      rows: this.#all().map(([computer, row]) => [
        ...[computer, row.state, String(row.local), String(row.remote)],
        ...[row.receiveQueue, row.sendQueue, row.timer?.kind],
      ]),
    });
  }

  #all(): readonly (readonly [computer: string, row: Connection])[] {
    return [
      ...[...this.client].map((row) => ["client", row] as const),
      ...[...this.server].map((row) => ["server", row] as const),
    ];
  }
}

/** Two computers and a cable, from {@linkcode cableLab}. */
export interface CableLab extends AsyncDisposable {
  /** The client's computer, 10.0.0.5. */
  readonly client: LabNetwork;
  /** The server's computer, 203.0.113.80; the same network where it is not private. */
  readonly server: LabNetwork;
  /** The port at which a server listens there: 80, or another one where the network is not private. */
  readonly port: number;
  /** Opens a connection, and returns its two ends: the client's socket and the accepted one. */
  readonly connect: () => Promise<readonly [client: Socket, accepted: Socket]>;
  /** Reads both tables; a filter as for `connections()`. */
  readonly rows: (filter?: ConnectionFilter) => CableRows;
  /**
   * Unplugs the cable, as `unplug()` does.
   *
   * @throws {Deno.errors.NotSupported} If the network is not private
   */
  readonly unplug: () => Promise<void>;
  /** Plugs the cable in again. */
  readonly plug: () => Promise<void>;
  /** Closes every open socket of the lab, and ends its networks. */
  close(): Promise<void>;
}

/**
 * Makes two computers at the ends of a cable: a client's, 10.0.0.5, and one at 203.0.113.80 on which a
 * server listens at port 80. Each has a table of its own.
 *
 * Where no private network can be made, both are stand-ins on loopback (see {@linkcode labNetwork}), with
 * no cable that could be unplugged.
 *
 * @throws {SocketError} If the server cannot listen
 *
 * @example What one end does not know
 * ```ts
 * import { cableLab } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * await using lab = await cableLab();
 * const [client, accepted] = await lab.connect();
 * const { port } = client.localEndpoint();
 * await lab.client.inPrivate("client: ESTABLISHED, server: FIN_WAIT_1", async () => {
 *   await lab.unplug();
 *   accepted.shutdown("write");
 *   const { states } = lab.rows({ port });
 *   assertEquals(states, ["client: ESTABLISHED", "server: FIN_WAIT_1"]);
 * });
 * ```
 */
export async function cableLab(): Promise<CableLab> {
  const client = await labNetwork({ addresses: [CLIENT] });
  if (!client.isPrivate) {
    await client.close();
    const both = await labNetwork({ addresses: [CLIENT, SERVER] });
    return await labOf(both, both);
  }
  try {
    const server = await PrivateNetwork.createBeside(client, { address: SERVER });
    await noteNeighbour(client, server);
    return await labOf(client, server);
  } catch (error) {
    await client.close();
    throw error;
  }
}

const MAC = "ip -o link show type veth | sed -n 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/p'";

/**
 * Notes for good which computer has the server's address, `ip-neighbour(8)`. Otherwise the client's
 * kernel asks for it at the unplugged cable, and a call soon after may end with EHOSTUNREACH.
 */
async function noteNeighbour(client: LabNetwork, server: LabNetwork): Promise<void> {
  const { stdout: mac } = await runChild([...server.enter, "sh", "-c", MAC]);
  const entry = `neigh replace ${SERVER} lladdr ${mac.trim()} nud permanent dev eth0`;
  const { success, stderr } = await runChild([...client.enter, "ip", ...entry.split(" ")]);
  if (success) return;
  throw refusal(Deno.errors.NotSupported, {
    cannot: "Cannot make a cable lab",
    rule: "the program ip notes who has an address",
    part: quote(stderr.trim()),
  });
}

async function labOf(client: LabNetwork, server: LabNetwork): Promise<CableLab> {
  // The second computer has the cable, so it ends first.
  const close = async () => {
    await server.close();
    await client.close();
  };
  try {
    const listening = listenAt(server.endpoint(`${SERVER}:${SERVER_PORT}`), {
      network: server,
      timeout: TIMEOUT_MS,
    });
    const { port } = listening.localEndpoint();
    return {
      client,
      server,
      port,
      connect: () => bothEnds(listening, { network: client, timeout: TIMEOUT_MS }),
      rows: (filter = {}) => {
        const [own, far] = [client, server].map((network) => connections(filter, { network }));
        return client === server
          ? new CableRows(
            own!.filter(({ local }) => local.port !== port),
            own!.filter(({ local }) => local.port === port),
          )
          : new CableRows(own!, far!);
      },
      unplug: () => unplug(server),
      plug: () => plug(server),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
