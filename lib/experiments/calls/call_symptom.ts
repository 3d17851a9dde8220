/**
 * What a client can find out about a server that does not answer as it should: one call, and several
 * side by side as a table.
 *
 * @module
 */
import type { LabNetwork } from "../../networks/lab_network.ts";
import { connections, listeners } from "../../observe/connections.ts";
import type { Connection } from "../../observe/rows/connection.ts";
import {
  checkOptions,
  milliseconds,
  oneOf,
  type OptionChecks,
  quote,
  refusal,
} from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { Socket } from "../../sockets/socket.ts";
import { SocketError } from "../../system/errno.ts";
import { Endpoint, type EndpointLike, toEndpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { LAB_NETWORK } from "../labs/_loopback_only.ts";
import { diagnose, unusable } from "./_diagnosis.ts";
import { addressesFor, namedServer } from "./_host_names.ts";
import { type Route, wayTo } from "./routes.ts";

export type { Route };

/** Options of {@linkcode callSymptom}. */
export interface CallSymptomOptions {
  /** How long to wait for an answer, in milliseconds; 300 by default. */
  readonly timeout?: number;
  /** The network to connect in; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
  /**
   * "anywhere" to connect to any server, and to have the resolver look up names that /etc/hosts does not
   * have: other computers see that. By default only loopback and private networks are called, and of
   * any other server you learn what this machine knows.
   */
  readonly connect?: "anywhere" | undefined;
}

/** What the client met, and what this machine knows about the server. */
export interface CallSymptom {
  /** The server; `undefined` if it was given by a name whose address is not known. */
  readonly server: Endpoint | undefined;
  /**
   * "connected", "nothing", or the error's code, such as "ECONNREFUSED"; "not called" if the server was
   * not called.
   */
  readonly heard: string;
  /** After how many milliseconds; 0 if the server was not called. */
  readonly milliseconds: number;
  /** The state of the client's socket at the end; `undefined` if the table did not list it. */
  readonly state: SocketState | undefined;
  /** The socket at the server's end of the conversation, if there is one. */
  readonly accepted: Connection | undefined;
  /** The sockets of this machine, or of the network, that listen on the server's port, at any address. */
  readonly listeners: readonly Connection[];
  /**
   * The sockets that are bound to the server's port, at any address, and do not listen; Linux lists them
   * from version 6.8 on.
   */
  readonly bound: readonly Connection[];
  /** The way that packets to the server take; `undefined` if no route leads there. */
  readonly route: Route | undefined;
  /** What this says about the cause, in sentences; the most likely cause comes first. */
  readonly diagnosis: readonly string[];
}

const DEFAULT_MS = 300;
const CANNOT = "Cannot call a server";
const OPTIONS: OptionChecks<CallSymptomOptions> = {
  timeout: milliseconds(),
  network: LAB_NETWORK,
  connect: oneOf("anywhere"),
};

/**
 * Finds out why a server does not answer: what this machine knows about its address, its name and the way
 * to it, and what a client hears. It connects, and reads the kernel's table before it closes the
 * connection.
 *
 * It connects on loopback and in a private network. Elsewhere other computers would see that, so it only
 * reads this machine's tables, unless you say `{ connect: "anywhere" }`.
 *
 * @param server The server's endpoint: an address, or a name, and a port
 * @throws {SyntaxError} If `server` is text and does not parse as an endpoint
 * @throws {RangeError} If its port is out of bounds
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {SocketError} If no socket can be made
 * @throws {Deno.errors.NotSupported} If this machine does not run Linux
 *
 * @example Nobody listens, and nobody accepts
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { callSymptom } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * using server = Socket.tcp();
 * server.bind("127.0.0.1:0");
 * const bound = await callSymptom(server.localEndpoint());
 * assertEquals([bound.heard, bound.listeners.length], ["ECONNREFUSED", 0]);
 *
 * server.listen();
 * const listening = await callSymptom(server.localEndpoint());
 * assertEquals([listening.heard, listening.accepted?.inode], ["connected", 0]);
 * ```
 *
 * @example A server elsewhere, without a packet to it
 * ```ts
 * import { callSymptom } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const { heard, diagnosis } = await callSymptom("203.0.113.80:443");
 * assertEquals(heard, "not called");
 * console.log(diagnosis.join("\n"));
 * ```
 */
export async function callSymptom(
  server: EndpointLike,
  options: CallSymptomOptions = {},
): Promise<CallSymptom> {
  checkOptions(options, OPTIONS, CANNOT);
  assertLinux();
  const named = namedServer(server);
  if (named === undefined) return await symptomAt(toEndpoint(server), options, []);
  const { timeout = DEFAULT_MS, network, connect } = options;
  const { addresses, said } = await addressesFor(named.name, { timeout, network, connect });
  const [address] = addresses;
  if (address !== undefined) {
    return await symptomAt(Endpoint.from(address, named.port), options, said);
  }
  const nothing = { server: undefined, state: undefined, accepted: undefined, route: undefined };
  const known = socketsAt(named.port, network);
  return { ...nothing, heard: "not called", milliseconds: 0, ...known, diagnosis: said };
}

function assertLinux(): void {
  const { os } = Deno.build;
  if (os === "linux" || os === "android") return;
  const rule = "the system is Linux, whose tables tell the way to a server";
  throw refusal(Deno.errors.NotSupported, { cannot: CANNOT, rule, part: quote(os) });
}

async function symptomAt(
  server: Endpoint,
  { timeout = DEFAULT_MS, network, connect }: CallSymptomOptions,
  said: readonly string[],
): Promise<CallSymptom> {
  const way = wayTo(server, network?.pid ?? "thread-self");
  const isAllowed = server.isLoopback || network?.isPrivate === true || connect === "anywhere";
  const heard = isAllowed && unusable(server, way) === undefined
    ? await call(server, { timeout, network })
    : NOT_CALLED;
  const symptom = { server, ...heard, ...socketsAt(server.port, network), route: way.route };
  const known = connections({
    protocol: "tcp",
    remotePort: server.port,
    address: server.address,
  }, { network });
  return { ...symptom, diagnosis: [...diagnose({ ...symptom, server, way, known }), ...said] };
}

const NOT_CALLED = {
  heard: "not called",
  milliseconds: 0,
  state: undefined,
  accepted: undefined,
};

async function call(
  server: Endpoint,
  { timeout, network }: { timeout: number; network: LabNetwork | undefined },
): Promise<Pick<CallSymptom, "heard" | "milliseconds" | "state" | "accepted">> {
  using socket = Socket.tcp({ network, timeout, family: server.family });
  const began = performance.now();
  const heard = await socket.connect(server).then(() => "connected", heardOf);
  const milliseconds = performance.now() - began;
  return { heard, milliseconds, ...rowsOf(socket, server, network) };
}

function heardOf(error: unknown): string {
  if (error instanceof SocketError) return error.code;
  if (error instanceof DOMException && error.name === "TimeoutError") return "nothing";
  throw error;
}

function rowsOf(
  socket: Socket,
  server: Endpoint,
  network: LabNetwork | undefined,
): Pick<CallSymptom, "state" | "accepted"> {
  const local = socket.localEndpoint();
  const filter = { protocol: "tcp", port: local.port } as const;
  const rows = local.port === 0
    ? []
    : connections(filter, { network }).filter((row) => row.state !== "LISTEN");
  return {
    state: rows.find((row) => row.local.equals(local) && row.remote.equals(server))?.state,
    accepted: rows.find((row) => row.remote.equals(local) && row.local.equals(server)),
  };
}

function socketsAt(
  localPort: number,
  network: LabNetwork | undefined,
): Pick<CallSymptom, "listeners" | "bound"> {
  const filter = { protocol: "tcp", localPort } as const;
  return {
    listeners: [...listeners(filter, { network })],
    bound: [...connections({ ...filter, state: "CLOSE" }, { network })],
  };
}

/** What clients met, each by the cause that was tried. It shows itself as a table. */
export class CallSymptoms extends ShownAsTable {
  /** What each client met, by its cause, in their order. */
  readonly byCause: ReadonlyMap<string, CallSymptom>;

  /** Makes a list of what clients met. */
  constructor(symptoms: Iterable<readonly [cause: string, symptom: CallSymptom]>) {
    super();
    this.byCause = new Map(symptoms);
  }

  /** What each client heard, such as "ECONNREFUSED", in the order of the causes. */
  get heard(): readonly string[] {
    return [...this.byCause.values()].map(({ heard }) => heard);
  }

  /** Returns a row for each call: what was heard and when, and who listens on the port. */
  override toTable(): Table {
    return new Table({
      columns: ["what was called", "endpoint", "heard", "ms", "client's state", "listeners"],
      rows: [...this.byCause].map(([cause, { server, heard, milliseconds, state, listeners }]) => [
        cause,
        String(server),
        heard,
        Math.round(milliseconds * 10) / 10,
        state ?? "no row",
        listeners.map(listenerText).join(", ") || "none",
      ]),
    });
  }
}

function listenerText({ local, receiveQueue = 0, sendQueue }: Connection): string {
  return receiveQueue === 0
    ? `${local}`
    : `${local}, ${receiveQueue} waiting, backlog ${sendQueue ?? "unknown"}`;
}

/**
 * Calls several servers, one after the other, each as {@linkcode callSymptom} does.
 *
 * @param servers The servers by what is wrong with each
 * @param options As for {@linkcode callSymptom}
 * @throws As {@linkcode callSymptom} does
 *
 * @example A refusal and a success
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { callSymptoms } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * using bound = Socket.tcp();
 * bound.bind("127.0.0.1:0");
 * using listening = Socket.tcp();
 * listening.bind("127.0.0.1:0");
 * listening.listen();
 * const calls = await callSymptoms({
 *   "only bound": bound.localEndpoint(),
 *   "listening": listening.localEndpoint(),
 * });
 * assertEquals(calls.heard, ["ECONNREFUSED", "connected"]);
 * ```
 */
export async function callSymptoms(
  servers: Readonly<Record<string, EndpointLike>>,
  options: CallSymptomOptions = {},
): Promise<CallSymptoms> {
  const symptoms: [cause: string, symptom: CallSymptom][] = [];
  for (const [cause, server] of Object.entries(servers)) {
    symptoms.push([cause, await callSymptom(server, options)]);
  }
  return new CallSymptoms(symptoms);
}
