/**
 * Whether two sockets may share a port: both ask for it, and the kernel answers; for one pair, and for
 * every pair of addresses or of options.
 *
 * @module
 */
import type { LabNetwork } from "../../networks/lab_network.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { checkOptions, flag, oneOf, type OptionChecks, refusal, text } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { expectedError } from "../calls/outcome.ts";
import { type ListeningAddress, nameOf } from "../calls/reaching.ts";
import { assertLoopbackOrPrivate, LAB_NETWORK } from "../labs/_loopback_only.ts";

/** One of the two sockets that ask for a port. */
export interface PortSharer {
  /**
   * Its local address; "127.0.0.1" by default. It must be loopback unless the network is private.
   */
  readonly address?: string;
  /** "tcp" by default. */
  readonly protocol?: Protocol;
  /** Whether it has SO_REUSEADDR; `false` by default. */
  readonly reuseAddress?: boolean;
  /** Whether it has SO_REUSEPORT; `false` by default. */
  readonly reusePort?: boolean;
  /** Whether it has IPV6_V6ONLY, for an IPv6 socket; by default as the machine sets it. */
  readonly v6Only?: boolean;
}

/**
 * What the first socket has done with the port when the second one asks for it. Each stage continues
 * the one before it, except that "connected" has not listened.
 *
 * - "bound": it is bound to the port;
 * - "listening": it listens there (a UDP socket does not listen: the same as "bound");
 * - "accepted": it listened, accepted a client, and no longer listens: the accepted socket is left;
 * - "connected": it is bound to the port, and connected from there to some server.
 */
export type SharingStage = "bound" | "listening" | "accepted" | "connected";

/** Options of {@linkcode tryToShare}. */
export interface TryToShareOptions {
  /** What the first socket has done; "bound" by default. */
  readonly stage?: SharingStage;
  /** The network in which the sockets are made; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
}

/** The result: the call that was refused with EADDRINUSE, or "shared" if none was. */
export type SharingOutcome = "bind refused" | "listen refused" | "shared";

type Network = LabNetwork | undefined;

const MAX_TRIES = 20;
const TIMEOUT_MS = 5_000;
const SHARER: OptionChecks<PortSharer> = {
  address: text,
  protocol: oneOf("tcp", "udp"),
  reuseAddress: flag,
  reusePort: flag,
  v6Only: flag,
};
const OPTIONS: OptionChecks<TryToShareOptions> = {
  stage: oneOf("bound", "listening", "accepted", "connected"),
  network: LAB_NETWORK,
};

/**
 * Lets one socket take a port that the kernel picks, and another ask for the same number: `bind`, and
 * for TCP then `listen`. Both are closed at the end.
 *
 * @param first The socket that takes the port
 * @param second The socket that asks for the same number
 * @returns Which call the kernel refused, if any
 * @throws {SocketError} If a call fails for another reason than EADDRINUSE, such as an address that
 * the machine does not have (EADDRNOTAVAIL)
 * @throws {TypeError} If an option is misspelt or of the wrong kind, or a UDP socket is to accept
 * @throws {RangeError} If an address is not loopback, and the network is not private
 * @throws {SyntaxError} If an address does not parse
 *
 * @example One option is enough if both have it
 * ```ts
 * import { tryToShare } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToShare({}, {}), "bind refused");
 * assertEquals(await tryToShare({}, { address: "127.0.0.2" }), "shared");
 * assertEquals(await tryToShare({ reusePort: true }, { reusePort: true }), "shared");
 * assertEquals(await tryToShare({ reusePort: true }, {}), "bind refused");
 * ```
 */
export async function tryToShare(
  first: PortSharer,
  second: PortSharer,
  options: TryToShareOptions = {},
): Promise<SharingOutcome> {
  const cannot = "Cannot share a port";
  for (const sharer of [first, second]) checkOptions(sharer, SHARER, cannot);
  checkOptions(options, OPTIONS, cannot);
  const { stage = "bound", network } = options;
  if (stage === "accepted" && first.protocol === "udp") {
    throw refusal(TypeError, { cannot, rule: "only a TCP socket accepts", part: '"udp"' });
  }
  for (const sharer of [first, second]) {
    const endpoint = Endpoint.from(addressOf(sharer), 0);
    assertLoopbackOrPrivate(endpoint, { network, cannot: "Cannot share a port at" });
  }
  using open = new DisposableStack();
  const make = (sharer: PortSharer) => open.use(socketOf(sharer, network));
  const one = make(first);
  const port = bindWhereFree(one, { first, second, network });
  if (one.protocol === "tcp" && stage === "listening") one.listen();
  if (stage === "accepted") open.use(await acceptAndClose(one, make(callerOf(first))));
  if (stage === "connected") await one.connect(open.use(listenerFor(one, network)).localEndpoint());

  const other = make(second);
  try {
    other.bind(Endpoint.from(addressOf(second), port));
    if (other.protocol === "tcp") other.listen();
    return "shared";
  } catch (error) {
    return expectedError(error, "EADDRINUSE").call === "bind" ? "bind refused" : "listen refused";
  }
}

/**
 * Binds the first socket to a port that is also free at the second's address: another program's
 * socket there would look like a refusal because of the first. It may still come a moment later.
 */
function bindWhereFree(
  one: Socket,
  { first, second, network }: { first: PortSharer; second: PortSharer; network: Network },
): number {
  for (let tries = 1;; tries++) {
    using probe = socketOf({ ...second, reuseAddress: false, reusePort: false }, network);
    probe.bind(Endpoint.from(addressOf(second), 0));
    const { port } = probe.localEndpoint();
    probe.close();
    try {
      one.bind(Endpoint.from(addressOf(first), port));
      return port;
    } catch (error) {
      expectedError(error, "EADDRINUSE");
      if (tries === MAX_TRIES) throw error;
    }
  }
}

function socketOf(sharer: PortSharer, network: Network): Socket {
  const { protocol = "tcp", reuseAddress, reusePort, v6Only } = sharer;
  const family = addressOf(sharer).includes(":") ? "IPv6" : "IPv4";
  const socket = Socket[protocol]({ network, family, timeout: TIMEOUT_MS });
  try {
    if (reuseAddress !== undefined) socket.setOption("reuseAddress", reuseAddress);
    if (reusePort !== undefined) socket.setOption("reusePort", reusePort);
    if (v6Only !== undefined) socket.setOption("v6Only", v6Only);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function addressOf({ address = "127.0.0.1" }: PortSharer): string {
  return address;
}

/** A plain socket of the same family, to connect to the first. */
function callerOf(sharer: PortSharer): PortSharer {
  return { address: addressOf(sharer) };
}

/** Accepts one client, and stops listening. */
async function acceptAndClose(listener: Socket, client: Socket): Promise<Socket> {
  listener.listen();
  await client.connect(reachable(listener.localEndpoint()));
  const accepted = await listener.accept();
  listener.close();
  // So that its close leaves no TIME_WAIT in the way of the next trial.
  client.setOption("linger", 0);
  return accepted;
}

/** A socket for the first to connect to, at the same address: a wildcard becomes loopback. */
function listenerFor(one: Socket, network: Network): Socket {
  const socket = Socket[one.protocol]({ network, family: one.family, timeout: TIMEOUT_MS });
  const { address } = reachable(one.localEndpoint());
  socket.bind(Endpoint.from(address, 0));
  if (one.protocol === "tcp") {
    socket.listen();
    one.setOption("linger", 0);
  }
  return socket;
}

function reachable(endpoint: Endpoint): Endpoint {
  if (!endpoint.isWildcard) return endpoint;
  return Endpoint.from(endpoint.family === "IPv6" ? "::1" : "127.0.0.1", endpoint.port);
}

/** Two sockets that asked for one port number, and what came of it. */
export interface ShareTrial {
  /** The address of the first socket, such as "::, v6Only", or the options of both. */
  readonly row: string;
  /** The address of the second, or what the first one has done. */
  readonly column: string;
  /** The result. */
  readonly outcome: SharingOutcome;
}

/**
 * Tries every pair of addresses, one pair after the other: the first socket listens at one of them,
 * and the second asks for the same number at the other. `plotTrialMap()` draws what it returns.
 *
 * @throws As {@linkcode tryToShare} does
 *
 * @example Two addresses
 * ```ts
 * import { tryEveryShare } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const trials = await tryEveryShare([{ address: "127.0.0.1" }, { address: "127.0.0.2" }]);
 * const outcomes = trials.map(({ outcome }) => outcome);
 * assertEquals(outcomes, ["bind refused", "shared", "shared", "bind refused"]);
 * ```
 */
export async function tryEveryShare(
  addresses: readonly ListeningAddress[],
  options: Pick<TryToShareOptions, "network"> = {},
): Promise<ShareTrial[]> {
  const trials: ShareTrial[] = [];
  for (const first of addresses) {
    for (const second of addresses) {
      const outcome = await tryToShare(first, second, { ...options, stage: "listening" });
      trials.push({ row: nameOf(first), column: nameOf(second), outcome });
    }
  }
  return trials;
}

/** What the first socket does, and what the second wants: a column of {@linkcode tryEveryOption}. */
export interface SharingCase {
  /** What the first one has done with the port; "bound" by default. */
  readonly stage?: SharingStage;
  /** The first one's address and protocol, as in `tryToShare`. */
  readonly first?: PortSharer;
  /** The second one's. */
  readonly second?: PortSharer;
}

const CHOICES: readonly (readonly [name: string, options: PortSharer])[] = [
  ["none", {}],
  ["reuseAddress", { reuseAddress: true }],
  ["reusePort", { reusePort: true }],
];

/**
 * Tries nine pairs of options for each case, one after the other: each of the two sockets has
 * SO_REUSEADDR, SO_REUSEPORT or neither. `plotTrialMap()` draws what it returns.
 *
 * @param cases The columns, by name
 * @throws As {@linkcode tryToShare} does
 *
 * @example Both have to agree
 * ```ts
 * import { tryEveryOption } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const trials = await tryEveryOption({ listening: { stage: "listening" } });
 * const shared = trials.filter(({ outcome }) => outcome === "shared");
 * assertEquals(shared.map(({ row }) => row), ["reusePort + reusePort"]);
 * ```
 */
export async function tryEveryOption(
  cases: Readonly<Record<string, SharingCase>>,
  options: Pick<TryToShareOptions, "network"> = {},
): Promise<ShareTrial[]> {
  const trials: ShareTrial[] = [];
  for (const [one, ones] of CHOICES) {
    for (const [other, others] of CHOICES) {
      for (const [column, { stage, first, second }] of Object.entries(cases)) {
        const outcome = await tryToShare({ ...first, ...ones }, { ...second, ...others }, {
          ...options,
          ...stage === undefined ? {} : { stage },
        });
        trials.push({ row: `${one} + ${other}`, column, outcome });
      }
    }
  }
  return trials;
}
