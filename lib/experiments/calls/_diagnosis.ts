/** What a failed call, an address, a way and the table of sockets say about the cause, in sentences. */
import type { Connection } from "../../observe/rows/connection.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";
import { type AddressBlock, blockOf } from "./_address_kinds.ts";
import type { Way } from "./routes.ts";

/** How to have other computers asked. */
export const ASK = 'Pass { connect: "anywhere" } to have other computers asked.';

/** What is known about a server. */
export interface Findings {
  readonly server: Endpoint;
  /** As in `CallSymptom`. */
  readonly heard: string;
  readonly accepted: Connection | undefined;
  readonly listeners: readonly Connection[];
  readonly bound: readonly Connection[];
  readonly way: Way;
  /** The rows of this machine whose remote end is the server. */
  readonly known: readonly Connection[];
}

/** Why a server cannot be called at all, in a sentence; `undefined` if it can. */
export function unusable(server: Endpoint, way: Way): string | undefined {
  const { address } = server;
  const block = blockOf(server);
  if (way.isBroadcast && block?.isNoPeer !== true) {
    return `${address} is a broadcast address: it means every machine of a network, not one.`;
  }
  if (block?.isNoPeer === true) return blockText(address, block);
  // RFC 4007
  const lacksZone = server.family === "IPv6" && server.zone === undefined &&
    block?.name === "a link-local address";
  return lacksZone
    ? `${address} is on every link of this machine: say on which, as in ${address}%eth0.`
    : undefined;
}

/** Returns what is known about the cause, the most likely one first. */
export function diagnose(findings: Findings): string[] {
  const { server, heard, way } = findings;
  if (heard === "connected") return connected(findings);
  const impossible = unusable(server, way);
  if (impossible !== undefined) return [impossible];
  const block = blockOf(server);
  const kind = block === undefined
    ? way.isOwn ? [] : [`${server.address} is a public address.`]
    : [blockText(server.address, way.isOwn ? { ...block, problem: undefined } : block)];
  const place = way.isOwn ? ownText(findings) : wayText(server, way);
  return [
    ...server.port === 0 ? ["No server has port 0: it asks the kernel to choose one."] : [],
    ...way.isOwn ? [] : kind,
    place,
    ...heardSentences(findings),
    ...knownSentences(findings),
    ...way.isOwn ? kind : [],
  ];
}

function blockText(
  address: string,
  { name, source, problem }: Pick<AddressBlock, "name" | "source"> & {
    problem?: string | undefined;
  },
): string {
  return `${address} is ${name} (${source})${problem === undefined ? "" : `: ${problem}`}.`;
}

function wayText({ address }: Endpoint, { route }: Way): string {
  if (route === undefined) {
    return `No route leads to ${address}: a call ends at once with ENETUNREACH.`;
  }
  const { device, gateway, prefix } = route;
  const by = gateway === undefined ? "directly" : `by the router ${gateway}`;
  return `Packets to ${address} leave by ${device}, ${by} (route ${prefix}).`;
}

/** Of a server on this machine, the table of sockets tells. */
function ownText({ server, listeners, bound }: Findings): string {
  const { address, port } = server;
  const mine = `${address} is an address of this machine`;
  const serving = listeners.filter((row) => serves(row, server));
  if (serving.length > 0) return `${mine}, and ${serving.map(listenerText).join(" and ")}.`;
  if (listeners.length > 0) {
    const others = listeners.map(({ local }) => String(local)).join(" and ");
    return `${mine}, and nothing listens there: port ${port} is open at ${others} only.`;
  }
  return bound.some((row) => isAt(row, server))
    ? `${mine}, and a socket is bound to port ${port} there, but does not listen.`
    : `${mine}, and no socket listens on port ${port}.`;
}

function listenerText({ local, receiveQueue, sendQueue }: Connection): string {
  const queue = receiveQueue === undefined || sendQueue === undefined
    ? ""
    : receiveQueue > sendQueue
    ? `, whose accept queue is full: ${receiveQueue} wait, and its backlog is ${sendQueue}`
    : `, with ${receiveQueue} waiting for accept`;
  return `a socket listens at ${local}${queue}`;
}

function connected({ server, accepted, way }: Findings): string[] {
  if (accepted?.inode === 0) {
    return [`The kernel has made the connection to ${server}, and no program has accepted it yet.`];
  }
  const where = way.isOwn ? "on this machine" : `by ${way.route?.device ?? "an unknown way"}`;
  return [`${server} answers, ${where}.`];
}

function heardSentences({ heard, way }: Findings): string[] {
  switch (heard) {
    case "not called":
      return [`It was not called: by default only loopback and lab networks are. ${ASK}`];
    case "ECONNREFUSED":
      return way.isOwn
        ? []
        : ["The machine answers, and refuses: it has no listening socket there, or a firewall."];
    case "nothing":
      return way.isOwn ? [] : [
        "Nothing came back in time: the machine is off, far away or overloaded, or a firewall " +
        "throws the packets away.",
      ];
    case "EACCES":
    case "EPERM":
      return ["This machine forbids the call, by a route or a firewall."];
    case "EHOSTUNREACH":
      return ["A machine on the way, or this one, found nobody at that address."];
    default:
      return [];
  }
}

/** Other programs may be talking to the server already, or trying to. */
function knownSentences({ known, way }: Findings): string[] {
  if (way.isOwn) return [];
  const count = (state: string) => known.filter((row) => row.state === state).length;
  const [open, trying] = [count("ESTABLISHED"), count("SYN_SENT")];
  return [
    ...open > 0 ? [`This machine has ${open} open connections to it, so it can be reached.`] : [],
    ...trying > 0 ? [`${trying} sockets of this machine wait for its answer (SYN_SENT).`] : [],
  ];
}

/** Whether a listening socket serves an address: at it, or at any of its family; :: serves IPv4 too. */
function serves(row: Connection, server: Endpoint): boolean {
  const { local } = row;
  if (local.isWildcard) return row.family === "IPv6" || server.family === "IPv4";
  return isAt(row, server);
}

function isAt({ local }: Connection, server: Endpoint): boolean {
  return local.isWildcard || local.unmapped().address === server.unmapped().address;
}
