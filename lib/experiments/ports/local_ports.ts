/**
 * Whether two connections of one computer may have the same local port: five ways to get the port.
 *
 * @module
 */
import { PrivateNetwork } from "../../networks/private_network.ts";
import { listenAt } from "../../sockets/listen_at.ts";
import { Socket } from "../../sockets/socket.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { expectedError } from "../calls/outcome.ts";

/** What came of the second of two connections. */
export type LocalPortOutcome = "both connected" | "bind refused" | "connect refused";

/** A way to get a port, and which server the second connection goes to. */
export interface LocalPortTrial {
  /** How both sockets get their port. */
  readonly row: string;
  /** "another server" or "the same server". */
  readonly column: string;
  /** The result. */
  readonly outcome: LocalPortOutcome;
}

interface Way {
  readonly bind?: number;
  readonly option?: "bindAddressNoPort" | "reuseAddress";
}

const TIMEOUT_MS = 5_000;
/** The only port that the kernel has to choose from. */
const ONLY = 50_000;
const CLIENT = "127.0.0.9";
const WAYS: Readonly<Record<string, Way>> = {
  "connect": {},
  "bind 0": { bind: 0 },
  "bind 0, bindAddressNoPort": { bind: 0, option: "bindAddressNoPort" },
  "bind 50000": { bind: ONLY },
  "bind 50000, reuseAddress": { bind: ONLY, option: "reuseAddress" },
};

/**
 * Lets two sockets of one computer connect, one after the other, first to two different servers and
 * then to the same server twice, in a private network with one ephemeral port, 50000. They get the port
 * in five ways. `plotTrialMap()` draws what it returns.
 *
 * @throws {Deno.errors.NotSupported} If this machine allows no private network
 * @throws {SocketError} If a call fails for another reason than that no port is left
 *
 * @example The same four-tuple twice never works
 * ```ts
 * import { tryEveryLocalPort } from "fourtuple/experiments";
 * import { assert } from "@std/assert";
 *
 * const trials = await tryEveryLocalPort();
 * const twice = trials.filter(({ column }) => column === "the same server");
 * assert(twice.every(({ outcome }) => outcome !== "both connected"));
 * ```
 */
export async function tryEveryLocalPort(): Promise<LocalPortTrial[]> {
  const sysctls = { "net.ipv4.ip_local_port_range": `${ONLY} ${ONLY}` };
  await using network = await PrivateNetwork.create({ sysctls });
  const [one, other] = ["127.0.0.1:80", "127.0.0.1:81"].map((at) => listenAt(at, { network }));
  const trials: LocalPortTrial[] = [];
  for (const [row, way] of Object.entries(WAYS)) {
    for (const [column, second] of [["another server", other], ["the same server", one]] as const) {
      trials.push({ row, column, outcome: await callBoth(network, way, [one!, second!]) });
    }
  }
  return trials;
}

async function callBoth(
  network: PrivateNetwork,
  { bind, option }: Way,
  servers: readonly Socket[],
): Promise<LocalPortOutcome> {
  using open = new DisposableStack();
  try {
    for (const server of servers) {
      const client = open.use(Socket.tcp({ network, timeout: TIMEOUT_MS }));
      client.setOption("linger", 0); // a TIME_WAIT would have the port when the next trial comes
      if (option !== undefined) client.setOption(option, true);
      if (bind !== undefined) client.bind(Endpoint.from(CLIENT, bind));
      await client.connect(server.localEndpoint());
    }
    return "both connected";
  } catch (error) {
    const { call } = expectedError(error, "EADDRINUSE", "EADDRNOTAVAIL");
    if (call !== "bind" && call !== "connect") throw error;
    return `${call} refused`;
  }
}
