/**
 * Whether a server can be reached: one socket listens at an address, another connects to an address,
 * and the kernel answers.
 *
 * @module
 */
import type { LabNetwork } from "../../networks/lab_network.ts";
import { Program } from "../../program/program.ts";
import { check, checkOptions, flag, milliseconds, type OptionChecks, text } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";
import { Endpoint, type EndpointLike, toEndpoint } from "../../tuples/endpoint.ts";
import { assertLoopbackOrPrivate, LAB_NETWORK } from "../labs/_loopback_only.ts";
import { expectedError } from "./outcome.ts";

/** Where a server listens. */
export interface ListeningAddress {
  /** The address, IPv4 or IPv6; it must be loopback unless the network is private. */
  readonly address: string;
  /** Whether it has IPV6_V6ONLY, for an IPv6 address; by default as the machine sets it. */
  readonly v6Only?: boolean;
}

/** Options of {@linkcode tryToReach}. */
export interface TryToReachOptions {
  /** The network in which the sockets are made; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
}

/** The result of the call. */
export type ReachOutcome = "connected" | "refused";

/** A computer from which programs call: a private network, or a neighbour of one. */
export interface CallingComputer {
  /** Words to put before a command to run it there; none if that is this machine. */
  readonly enter: readonly string[];
}

/** Options of {@linkcode reachFrom}. */
export interface ReachFromOptions {
  /** How long a call may take, in milliseconds; 2,000 by default. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 5_000;
const NO_ANSWER_MS = 2_000;
const LISTENER: OptionChecks<ListeningAddress> = { address: text, v6Only: flag };
const OPTIONS: OptionChecks<TryToReachOptions> = { network: LAB_NETWORK };

/**
 * Lets a TCP server listen at an address, on a port that the kernel picks, and a client connect to
 * this port at the same or another address. All sockets are closed at the end, with a reset, so that
 * no TIME_WAIT is left behind.
 *
 * @param listener Where the server listens
 * @param called The address that the client connects to
 * @throws {SocketError} If a call fails for another reason than that nobody listens (ECONNREFUSED),
 * such as an address that the machine does not have (EADDRNOTAVAIL)
 * @throws {RangeError} If an address is not loopback, and the network is not private
 * @throws {SyntaxError} If an address does not parse
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 *
 * @example Two of this machine's own addresses
 * ```ts
 * import { tryToReach } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToReach({ address: "127.0.0.1" }, "127.0.0.1"), "connected");
 * assertEquals(await tryToReach({ address: "127.0.0.1" }, "127.0.0.2"), "refused");
 * ```
 */
export async function tryToReach(
  listener: ListeningAddress,
  called: string,
  options: TryToReachOptions = {},
): Promise<ReachOutcome> {
  checkOptions(listener, LISTENER, "Cannot listen");
  check(called, text, { cannot: "Cannot connect", what: "the address that is called" });
  checkOptions(options, OPTIONS, "Cannot try to reach a server");
  const { network } = options;
  const [at, to] = [Endpoint.from(listener.address, 0), Endpoint.from(called, 0)];
  assertLoopbackOrPrivate(at, { network, cannot: "Cannot listen at" });
  assertLoopbackOrPrivate(to, { network, cannot: "Cannot connect to" });
  using server = Socket.tcp({ network, family: at.family, timeout: TIMEOUT_MS });
  if (listener.v6Only !== undefined) server.setOption("v6Only", listener.v6Only);
  server.bind(at);
  server.listen();
  using client = Socket.tcp({ network, family: to.family, timeout: TIMEOUT_MS });
  client.setOption("linger", 0);
  try {
    await client.connect(Endpoint.from(called, server.localEndpoint().port));
    return "connected";
  } catch (error) {
    expectedError(error, "ECONNREFUSED");
    return "refused";
  }
}

/** A server's address and one that is called, and what came of it. */
export interface ReachTrial {
  /** Where the server listens: "::, v6Only". */
  readonly row: string;
  /** The address that was called. */
  readonly column: string;
  /** The result. */
  readonly outcome: ReachOutcome;
}

/**
 * Tries every pair of a server's address and one that is called, one pair after the other, as
 * {@linkcode tryToReach} does. `plotTrialMap()` draws what it returns.
 *
 * @throws As {@linkcode tryToReach} does
 *
 * @example Two addresses, four pairs
 * ```ts
 * import { tryEveryReach } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const addresses = ["127.0.0.1", "127.0.0.2"];
 * const trials = await tryEveryReach(addresses.map((address) => ({ address })), addresses);
 * const outcomes = trials.map(({ outcome }) => outcome);
 * assertEquals(outcomes, ["connected", "refused", "refused", "connected"]);
 * ```
 */
export async function tryEveryReach(
  listeners: readonly ListeningAddress[],
  called: readonly string[],
  options: TryToReachOptions = {},
): Promise<ReachTrial[]> {
  const trials: ReachTrial[] = [];
  for (const listener of listeners) {
    const row = nameOf(listener);
    for (const column of called) {
      trials.push({ row, column, outcome: await tryToReach(listener, column, options) });
    }
  }
  return trials;
}

/** Names a place in a figure: "::, v6Only". */
export function nameOf({ address, v6Only }: ListeningAddress): string {
  return v6Only === true ? `${address}, v6Only` : address;
}

/** A call that {@linkcode reachFrom} makes, with its place in a figure. */
export interface PlannedCall {
  /** What is called, in words. */
  readonly row: string;
  /** By whom or how, in words. */
  readonly column: string;
  /** The endpoint; a loopback address is the calling computer's own. */
  readonly endpoint: EndpointLike;
}

/** A call that {@linkcode reachFrom} has made. */
export interface PlacedCall {
  /** As it was planned. */
  readonly row: string;
  /** As it was planned. */
  readonly column: string;
  /** The result; "no answer" if the time was over. */
  readonly outcome: ReachOutcome | "no answer";
}

/**
 * Starts a program on another computer, and lets it call TCP endpoints, all at once. `plotTrialMap()`
 * draws what it returns.
 *
 * @param computer A private network, or a neighbour of one
 * @param calls The calls
 * @returns What came of each call, in their order
 * @throws {RangeError} If an endpoint is not loopback, and the computer is this machine itself
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {Error} If a call fails for another reason, such as that no route leads to the address
 *
 * @example Each computer has a loopback of its own
 * ```ts
 * import { reachFrom } from "fourtuple/experiments";
 * import { Neighbour, PrivateNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
 * await using neighbour = await Neighbour.create(network, { address: "192.168.1.7" });
 * using server = Socket.tcp({ network });
 * server.bind("0.0.0.0:80");
 * server.listen();
 * const calls = ["192.168.1.100", "127.0.0.1"].map((column) => (
 *   { row: "the server", column, endpoint: `${column}:80` }
 * ));
 * const outcomes = (await reachFrom(neighbour, calls)).map(({ outcome }) => outcome);
 * assertEquals(outcomes, ["connected", "refused"]);
 * ```
 */
export async function reachFrom(
  computer: CallingComputer,
  calls: readonly PlannedCall[],
  options: ReachFromOptions = {},
): Promise<PlacedCall[]> {
  const cannot = "Cannot call from a computer";
  checkOptions(options, { timeout: milliseconds({ least: 1 }) }, cannot);
  const { timeout = NO_ANSWER_MS } = options;
  const targets = calls.map(({ endpoint }) => toEndpoint(endpoint));
  for (const target of computer.enter.length === 0 ? targets : []) {
    assertLoopbackOrPrivate(target, { network: undefined, cannot: "Cannot connect to" });
  }
  await using caller = Program.start(new URL("./_caller.ts", import.meta.url), {
    args: [String(timeout), ...targets.map(({ address, port }) => `${address} ${port}`)],
    prefix: computer.enter,
  });
  const { lines } = await caller.ended;
  return calls.map(({ row, column }, index) => {
    const outcome = lines[index];
    if (outcome === "connected" || outcome === "refused" || outcome === "no answer") {
      return { row, column, outcome };
    }
    throw new Error(`${cannot}: each call is answered, refused or left alone, got "${outcome}"`);
  });
}
