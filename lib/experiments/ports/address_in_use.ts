/**
 * Why the kernel says "Address already in use" although a list of the listening sockets has nothing at
 * this address and port: each cause tried, and the kernel's answers.
 *
 * @module
 */
import { PrivateNetwork } from "../../networks/private_network.ts";
import { connections } from "../../observe/connections.ts";
import { owner } from "../../observe/owner.ts";
import type { Connection } from "../../observe/rows/connection.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { listenAt } from "../../sockets/listen_at.ts";
import { Socket } from "../../sockets/socket.ts";
import { SocketError } from "../../system/errno.ts";
import { Endpoint, type EndpointLike } from "../../tuples/endpoint.ts";

/** A cause, and what the kernel said. */
export interface InUseCause {
  /** What has the port. */
  readonly cause: string;
  /** The endpoint that was asked for. */
  readonly wanted: Endpoint;
  /** The error of `bind`; `undefined` if it was granted. */
  readonly code: string | undefined;
  /**
   * How many listening sockets are listed at this address and port, as `ss -tln` lists them where one
   * looks first: in this network, or for the last cause but one in the machine's own.
   */
  readonly listed: number;
  /** What the network's whole table has at this port: "TIME_WAIT 192.168.1.100:8081, nobody". */
  readonly found: readonly string[];
}

/** All causes; shows itself as a table. */
export class InUseCauses extends ShownAsTable {
  /** The causes, in the order in which they were tried. */
  readonly causes: readonly InUseCause[];

  /** Keeps what was tried; {@linkcode addressInUse} tries it. */
  constructor(causes: readonly InUseCause[]) {
    super();
    this.causes = causes;
  }

  /** Returns a row for each cause; what all have in common is above the table. */
  override toTable(): Table {
    const isListed = this.causes.some(({ listed }) => listed > 0);
    const codes = new Set(this.causes.map(({ code }) => code ?? "granted"));
    const common = [
      ...codes.size === 1 ? [`bind: ${[...codes]}`] : [],
      ...isListed ? [] : ["listening sockets at the address and port: none"],
    ];
    return new Table({
      ...common.length > 0 ? { caption: `In each case, ${common.join("; ")}` } : {},
      columns: [
        "what has the port",
        "bind wants",
        ...codes.size === 1 ? [] : ["bind says"],
        ...isListed ? ["listed there"] : [],
        "the whole table has",
      ],
      rows: this.causes.map(({ cause, wanted, code, listed, found }) => [
        cause,
        String(wanted),
        ...codes.size === 1 ? [] : [code ?? "granted"],
        ...isListed ? [listed] : [],
        found.join("; ") || "nothing",
      ]),
    });
  }
}

type Network = PrivateNetwork;

const TIMEOUT_MS = 5_000;
const HERE = "192.168.1.100";
const ELSEWHERE = "a server in this network, and you look in another one";
/** Two ephemeral ports, and both are reserved: none is left for whoever asks for any. */
const SYSCTLS = {
  "net.ipv4.ip_local_port_range": "50000 50001",
  "net.ipv4.ip_local_reserved_ports": "50000-50001",
};

/** Lets something have the port of the endpoint that is wanted. */
type Cause = (network: Network, wanted: Endpoint) => Promise<void> | void;

const CAUSES: readonly (readonly [cause: string, wanted: string, take: Cause])[] = [
  ["a socket that is bound and does not listen", `${HERE}:8080`, (network, wanted) => {
    bound(network, wanted);
  }],
  ["a closed connection in TIME_WAIT", `${HERE}:8081`, async (network, wanted) => {
    const server = listening(network, wanted);
    const client = await called(network, "127.0.0.1:40001", wanted);
    const accepted = await server.accept();
    server.close();
    accepted.close();
    await client.receive();
    client.close();
  }],
  ["a client's connection", `${HERE}:8082`, async (network, wanted) => {
    listening(network, Endpoint.from("127.0.0.1", 9000));
    await called(network, String(wanted), Endpoint.from("127.0.0.1", 9000));
  }],
  ["a server at 0.0.0.0", `${HERE}:8083`, (network, { port }) => {
    listening(network, Endpoint.from("0.0.0.0", port));
  }],
  ["a server at ::, which serves IPv4 too", "0.0.0.0:8084", (network, { port }) => {
    const socket = Socket.tcp({ network, family: "IPv6" });
    socket.setOption("v6Only", false);
    socket.bind(Endpoint.from("::", port));
    socket.listen();
  }],
  [ELSEWHERE, `${HERE}:8085`, (network, wanted) => {
    listening(network, wanted);
  }],
  ["nothing: all ports to choose from are reserved", `${HERE}:0`, () => {}],
];

/**
 * Lets each of seven causes have a port of a private network, asks for the port with a plain `bind`,
 * and looks into the tables: first for listening sockets at the very address and port, as `ss -tln`
 * shows them, and then for everything at the port. The network ends with it.
 *
 * Not among them: a process that you may not look into, whose socket is listed without a program, and
 * a child that has inherited the socket, which is listed under the child's name.
 *
 * @throws {Deno.errors.NotSupported} If this machine allows no private network
 *
 * @example Never listed, always in use
 * ```ts
 * import { addressInUse } from "fourtuple/experiments";
 * import { assert } from "@std/assert";
 *
 * const { causes } = await addressInUse();
 * assert(causes.every(({ code, listed }) => code === "EADDRINUSE" && listed === 0));
 * ```
 */
export async function addressInUse(): Promise<InUseCauses> {
  await using network = await PrivateNetwork.create({ addresses: [HERE], sysctls: SYSCTLS });
  const causes: InUseCause[] = [];
  for (const [cause, text, take] of CAUSES) {
    const [address, port] = text.split(":") as [string, string];
    const wanted = Endpoint.from(address, Number(port));
    await take(network, wanted);
    const filter = { state: "LISTEN", address, localPort: wanted.port } as const;
    const listed = cause === ELSEWHERE ? connections(filter) : connections(filter, { network });
    causes.push({
      cause,
      wanted,
      code: errorOfBind(network, wanted),
      listed: wanted.port === 0 ? 0 : listed.length,
      found: found(network, wanted.port),
    });
  }
  return new InUseCauses(causes);
}

function errorOfBind(network: Network, wanted: Endpoint): string | undefined {
  using socket = Socket.tcp({ network });
  try {
    socket.bind(wanted);
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

function found(network: Network, port: number): string[] {
  const { owners, hidden, nobodys } = owner(port, { protocol: "tcp", network });
  const line = ({ state, local }: Connection, by: string) => `${state} ${local}, ${by}`;
  return [
    ...owners.map(({ row, program }) => line(row, program ?? "a process")),
    ...hidden.map((row) => line(row, "hidden")),
    ...nobodys.map((row) => line(row, "nobody")),
  ];
}

function bound(network: Network, endpoint: EndpointLike): Socket {
  const socket = Socket.tcp({ network, timeout: TIMEOUT_MS });
  socket.bind(endpoint);
  return socket;
}

function listening(network: Network, endpoint: Endpoint): Socket {
  return listenAt(endpoint, { network, timeout: TIMEOUT_MS });
}

async function called(network: Network, from: string, to: Endpoint): Promise<Socket> {
  const socket = bound(network, from);
  await socket.connect(to);
  return socket;
}
