/**
 * Where the table of sockets can be read: by netlink, from /proc, in the text of a tool. The first
 * source that this machine allows is used.
 */
import { type Check, objectWith, refusal } from "../../refusal.ts";
import { PROTOCOLS } from "../../ports/protocol.ts";
import * as system from "../../system/calls.ts";
import { SocketError } from "../../system/errno.ts";
import { isAtLeast, kernelRelease } from "../../system/kernel_release.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import { DumpError } from "./_diag_dump.ts";
import { USUAL_STATES } from "./_diag_request.ts";
import { dump } from "./_netlink.ts";
import { parseProcNet, PROC_FILES } from "./_procfs.ts";
import { connectionsFromTools } from "./_tool_rows.ts";
import type { Connection, SocketOwners, TableReading, TableSource } from "../rows/connection.ts";
import type { ConnectionFilter } from "../rows/connection_filter.ts";

/** A network whose table is to be read; a `PrivateNetwork` is one. */
export interface NetworkTable {
  /** A netlink socket that was opened in that network, `sock_diag(7)`. */
  readonly diagDescriptor: number;
  /** A process in that network. */
  readonly pid: number;
  /** Whether it is closed; by default it is not. */
  readonly isClosed?: boolean;
  /** A command that runs another in that network; `nsenter(1)` by default. */
  readonly enter?: readonly string[];
}

/** Allows a network whose table can be read. */
export const networkTable: Check<NetworkTable> = objectWith(
  "diagDescriptor",
  "a network, such as labNetwork() makes",
);

/** What is asked of a source. */
export interface TableQuestion {
  /** What a row must have. */
  readonly filter: ConnectionFilter;
  /** The same as a question to a row. */
  readonly matches: (row: Connection) => boolean;
  /** In which states a row may be; the filter's own state comes on top. */
  readonly states: readonly SocketState[] | undefined;
  /** Which network's table; that of this process by default. */
  readonly network: NetworkTable | undefined;
}

/** Rows, in no order, and how they were read. */
export interface ReadRows extends TableReading {
  /** The rows. */
  readonly rows: readonly Connection[];
  /** The owners that a tool has printed. */
  readonly printedOwners?: SocketOwners;
}

type Read = (question: TableQuestion) => ReadRows;

/** Reads from one source; throws if this machine does not allow it. */
export const SOURCES: Readonly<Record<TableSource, Read>> = {
  netlink: readNetlink,
  "/proc": readProc,
  tool: readTool,
};

/**
 * Reads from the first source that this machine allows.
 *
 * @param order The sources, the best first
 * @throws {Deno.errors.BadResource} If the network is closed
 * @throws {Deno.errors.NotSupported} If it allows none
 */
export function readTable(question: TableQuestion, order: readonly TableSource[]): ReadRows {
  assertOpen(question.network, "list the kernel's sockets");
  const refusals: Error[] = [];
  for (const source of order) {
    try {
      const answer = SOURCES[source](question);
      return asksForBound(question) && !listsBound(source)
        ? { ...answer, missesBound: true }
        : answer;
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      refusals.push(error);
    }
  }
  throw refusal(Deno.errors.NotSupported, {
    cannot: `Cannot list the kernel's sockets on "${Deno.build.os}"`,
    rule: "a source is netlink, /proc, ss, netstat or lsof",
    part: refusals.map(({ message }) => message).join("; and "),
  });
}

/** Whether TCP sockets that are only bound are asked for. */
function asksForBound({ filter, states }: TableQuestion): boolean {
  return filter.protocol !== "udp" && wantedStates(filter, states).includes("CLOSE");
}

/** The systems whose tools list every TCP socket with its state, CLOSED too. */
const LIST_CLOSED: readonly string[] = ["darwin", "freebsd", "netbsd"];

/** Whether a source lists TCP sockets that are only bound. */
function listsBound(source: TableSource): boolean {
  switch (source) {
    case "netlink":
      return isAtLeast(kernelRelease(), [6, 8]);
    case "/proc":
      return false;
    case "tool":
      return LIST_CLOSED.includes(Deno.build.os);
  }
}

/** Refuses a closed network: its process's number may belong to another process by now. */
export function assertOpen(network: NetworkTable | undefined, cannot: string): void {
  if (network?.isClosed !== true) return;
  throw refusal(Deno.errors.BadResource, {
    cannot: `Cannot ${cannot}`,
    rule: "a network is open",
    part: "a closed one",
  });
}

/** Whether this source is out of reach, so that another may still have the table. */
function isOutOfReach(error: unknown): error is Error {
  return (error instanceof DumpError && error.fault === "refused") ||
    error instanceof Deno.errors.NotSupported || error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
}

/** The questions for a protocol's table; TCP's can be asked for both kinds of addresses at once. */
const FAMILIES = { tcp: [undefined], udp: ["IPv4", "IPv6"] } as const;

function readNetlink({ filter, matches, states, network }: TableQuestion): ReadRows {
  const { protocol, localPort, remotePort, port } = filter;
  const address = filter.address === undefined ? undefined : Endpoint.from(filter.address, 0);
  const wanted = wantedStates(filter, states);
  const descriptor = diagOf(network);
  const rows: Connection[] = [];
  let interruptions = 0;
  try {
    for (const each of protocol === undefined ? PROTOCOLS : [protocol]) {
      for (const family of FAMILIES[each]) {
        const ends = { localPort, remotePort, port, address };
        const question = { protocol: each, family, states: wanted, ...ends };
        const answer = dump(descriptor, question, network === undefined);
        for (const row of answer.rows) rows.push(row);
        interruptions += answer.interruptions;
      }
    }
  } finally {
    if (network === undefined) system.close(descriptor);
  }
  // The kernel compares addresses without their zone, takes port 0 for any, and in its list of
  // sockets that are only bound it does not compare these two ports (net/ipv4/inet_diag.c).
  const isExact = address?.zone === undefined && localPort !== 0 && remotePort !== 0 &&
    !wanted.includes("CLOSE");
  const kept = isExact ? rows : rows.filter(matches);
  return { rows: kept, source: "netlink", interruptions };
}

/** Where the kernel or a sandbox forbids netlink sockets, another source may still work. */
function diagOf(network: NetworkTable | undefined): number {
  try {
    return network === undefined ? system.openDiag() : network.diagDescriptor;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    throw new DumpError("refused", error.code, error.code);
  }
}

function readProc({ filter, matches, states, network }: TableQuestion): ReadRows {
  const wanted = wantedStates(filter, states);
  const folder = network === undefined ? "/proc/net" : `/proc/${network.pid}/net`;
  const rows = PROC_FILES
    .filter(({ protocol }) => filter.protocol === undefined || filter.protocol === protocol)
    .flatMap((file) => {
      const text = readFile(`${folder}/${file.name}`, file.family === "IPv6");
      return text === undefined ? [] : parseProcNet(text, file);
    })
    .filter((row) => wanted.includes(row.state) && matches(row));
  return { rows, source: "/proc", interruptions: 0 };
}

/** Where IPv6 is switched off there is no file, and no socket either. */
function readFile(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (mayBeMissing && error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function readTool({ filter, matches, states, network }: TableQuestion): ReadRows {
  const wanted = wantedStates(filter, states);
  const prefix = network && (network.enter ?? ["nsenter", `--target=${network.pid}`, "--net"]);
  const { rows, owners, leftOut } = connectionsFromTools(prefix === undefined ? {} : { prefix });
  const kept = rows.filter((row) => wanted.includes(row.state) && matches(row));
  return { rows: kept, printedOwners: owners, source: "tool", interruptions: 0, leftOut };
}

function wantedStates(
  { state }: ConnectionFilter,
  states: readonly SocketState[] = USUAL_STATES,
): readonly SocketState[] {
  if (state === undefined) return states;
  return states === USUAL_STATES || states.includes(state) ? [state] : [];
}
