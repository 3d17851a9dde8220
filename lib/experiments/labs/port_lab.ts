/**
 * A computer with few ephemeral ports and two servers to connect to, where ports run out quickly.
 *
 * @module
 */
import { checkOptions, milliseconds, type OptionChecks, partOf, refusal } from "../../refusal.ts";
import { PortRange } from "../../ports/port_range.ts";
import { type LabNetwork, labNetwork } from "../../networks/lab_network.ts";
import type { PrivateNetworkOptions } from "../../networks/private_network.ts";
import { connections } from "../../observe/connections.ts";
import { ephemeralRange } from "../../observe/machine/ephemeral_range.ts";
import { listenAt } from "../../sockets/listen_at.ts";
import { Socket } from "../../sockets/socket.ts";
import { CLIENT, KEEPS_TIME_WAIT, SERVER, SYSCTLS, TIMEOUT_MS } from "./_two_ends.ts";

/** How a {@linkcode PortLab} is made. */
export interface PortLabOptions {
  /** Further kernel settings of its network; none by default. */
  readonly sysctls?: PrivateNetworkOptions["sysctls"];
  /** How long each call on its sockets may wait, in milliseconds; 5,000 by default. */
  readonly timeout?: number;
}

/** A computer with few ephemeral ports and two servers to connect to, from {@linkcode portLab}. */
export interface PortLab extends AsyncDisposable {
  /** The network; if it is not private, its note says what is different. */
  readonly network: LabNetwork;
  /** The ephemeral ports, as they are here: on loopback others, where another program has one of them. */
  readonly range: PortRange;
  /** The address of the client's computer and those of the two servers, as they are here. */
  readonly addresses: readonly string[];
  /** Two sockets that listen on port 443 of two computers. */
  readonly servers: readonly [Socket, Socket];
  /**
   * Makes a TCP socket that has the client's address and no port yet: `connect` picks one from the
   * range. (`bind` with the option `bindAddressNoPort`.)
   */
  readonly newClient: () => Socket;
  /** Makes a UDP socket in the same way. */
  readonly newUdpClient: () => Socket;
  /** Makes a TCP socket without an address; its port comes from the range. */
  readonly newTcp: () => Socket;
  /** Makes a UDP socket in the same way. */
  readonly newUdp: () => Socket;
  /** Closes every open socket of the lab, and ends its network. */
  close(): Promise<void>;
}

const CANNOT = "Cannot make a port lab";
const SERVERS = [SERVER, "203.0.113.81"] as const;
const SERVER_PORT = 443;
const BACKLOG = 128;
const OPTIONS: OptionChecks<PortLabOptions> = {
  sysctls: SYSCTLS,
  timeout: milliseconds(),
};

/**
 * Makes a network of three computers, all of them this one: a client, 10.0.0.5, whose ephemeral
 * ports are `range`, and two servers, 203.0.113.80 and 203.0.113.81, which listen on port 443.
 *
 * Where no private network can be made, stand-ins on loopback are used (see
 * {@linkcode labNetwork}), and each socket has the range as an option, which Linux knows since 6.3.
 * If another program has a port of the range then, it is a range of the same size elsewhere.
 *
 * @param range The ephemeral ports; port 0 is not one
 * @throws {TypeError} If `range` is not a PortRange, or an option is misspelt or of the wrong kind
 * @throws {RangeError} If the range contains port 0
 * @throws {SocketError} If a server cannot listen
 *
 * @example No port is left for a third connection
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { SocketError } from "fourtuple/sockets";
 * import { portLab } from "fourtuple/experiments";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using lab = await portLab(PortRange.from(50000, 50001));
 * const server = lab.servers[0].localEndpoint();
 * await lab.newClient().connect(server);
 * await lab.newClient().connect(server);
 * const error = await assertRejects(() => lab.newClient().connect(server), SocketError);
 * assertEquals(error.code, "EADDRNOTAVAIL");
 * ```
 */
export async function portLab(range: PortRange, options: PortLabOptions = {}): Promise<PortLab> {
  assertEphemeral(range);
  checkOptions(options, OPTIONS, CANNOT);
  const { sysctls = {}, timeout = TIMEOUT_MS } = options;
  const network = await labNetwork({
    addresses: [CLIENT, ...SERVERS],
    sysctls: {
      "net.ipv4.ip_local_port_range": `${range.first} ${range.last}`,
      ...KEEPS_TIME_WAIT,
      ...sysctls,
    },
  });
  const own = network.isPrivate ? range : unusedRange(range);
  const make = (protocol: "tcp" | "udp") => {
    const socket = Socket[protocol]({ network, timeout });
    if (!network.isPrivate) socket.setOption("localPortRange", own);
    return socket;
  };
  const atClient = (socket: Socket) => {
    socket.setOption("bindAddressNoPort", true);
    socket.bind(network.endpoint(`${CLIENT}:0`));
    return socket;
  };
  const listen = (address: string) =>
    listenAt(network.endpoint(`${address}:${SERVER_PORT}`), { network, timeout, backlog: BACKLOG });
  try {
    const servers = [listen(SERVERS[0]), listen(SERVERS[1])] as const;
    return {
      network,
      range: own,
      addresses: [CLIENT, ...SERVERS].map((each) => network.endpoint(`${each}:0`).address),
      servers,
      newClient: () => atClient(make("tcp")),
      newUdpClient: () => atClient(make("udp")),
      newTcp: () => make("tcp"),
      newUdp: () => make("udp"),
      close: () => network.close(),
      [Symbol.asyncDispose]: () => network.close(),
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}

const MAX_TRIES = 100;

/**
 * Returns the range, or one of the same size in which no socket has a port: Linux gives a port that is
 * bound at any address to no `connect` (`__inet_hash_connect`).
 */
function unusedRange(range: PortRange): PortRange {
  const { first, last } = ephemeralRange();
  for (let tries = 0, own = range; tries < MAX_TRIES; tries++) {
    if (!connections().some(({ local }) => own.has(local.port))) return own;
    const start = first + Math.floor(Math.random() * (last - first + 2 - range.size));
    own = PortRange.from(start, start + range.size - 1);
  }
  return range; // a large one: some ports of it are always in use
}

function assertEphemeral(range: PortRange): void {
  const isRange = range instanceof PortRange;
  if (isRange && !range.has(0)) return;
  throw refusal(isRange ? RangeError : TypeError, {
    cannot: CANNOT,
    rule: "its ephemeral ports are a PortRange above port 0",
    part: isRange ? `"${range}"` : partOf(range),
  });
}
