/**
 * Whether a server can start again right after it has ended: tried, and the kernel answers.
 *
 * @module
 */
import type { LabNetwork } from "../../networks/lab_network.ts";
import { check, checkOptions, flag, type OptionChecks } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";
import { Endpoint } from "../../tuples/endpoint.ts";
import { expectedError } from "../calls/outcome.ts";
import { LAB_NETWORK } from "../labs/_loopback_only.ts";
import { closeInTurn, CLOSES_FIRST } from "./closing.ts";

/** Options of {@linkcode tryToRestart}. */
export interface TryToRestartOptions {
  /** Whether the server that ends has SO_REUSEADDR; `false` by default. */
  readonly before?: boolean;
  /** Whether the server that starts has it; `false` by default. */
  readonly after?: boolean;
  /** The network in which the sockets are made; by default the network of this program. */
  readonly network?: LabNetwork | undefined;
}

/** The result of the new server's start. */
export type RestartOutcome = "started" | "refused";

const TIMEOUT_MS = 5_000;
const OPTIONS: OptionChecks<TryToRestartOptions> = {
  before: flag,
  after: flag,
  network: LAB_NETWORK,
};

/**
 * Lets a server have one conversation and end, and another start at the same endpoint at once. Both
 * ends close properly, one after the other, so the end that closes first keeps a TIME_WAIT.
 *
 * Between the two servers the port may be free for a moment. On a busy machine another program may
 * take it, and the result is "refused"; in a private network that cannot happen.
 *
 * @param closesFirst Which end of the conversation closes first
 * @throws {SocketError} If a call fails for another reason than EADDRINUSE
 * @throws {TypeError} If `closesFirst` is neither, or an option is misspelt or of the wrong kind
 *
 * @example With the option it starts at once
 * ```ts
 * import { tryToRestart } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tryToRestart("server"), "refused");
 * assertEquals(await tryToRestart("server", { before: true, after: true }), "started");
 * ```
 */
export async function tryToRestart(
  closesFirst: "client" | "server",
  options: TryToRestartOptions = {},
): Promise<RestartOutcome> {
  const cannot = "Cannot try to restart a server";
  check(closesFirst, CLOSES_FIRST, { cannot, what: "the end that closes first" });
  checkOptions(options, OPTIONS, cannot);
  const { before = false, after = false, network } = options;
  using old = Socket.tcp({ network, timeout: TIMEOUT_MS });
  old.setOption("reuseAddress", before);
  old.bind(Endpoint.from("127.0.0.1", 0));
  old.listen();
  const at = old.localEndpoint();
  using client = Socket.tcp({ network, timeout: TIMEOUT_MS });
  await client.connect(at);
  using accepted = await old.accept();
  await closeInTurn(closesFirst, { client, accepted });
  old.close();

  using next = Socket.tcp({ network });
  next.setOption("reuseAddress", after);
  try {
    next.bind(at);
    next.listen();
    return "started";
  } catch (error) {
    expectedError(error, "EADDRINUSE");
    return "refused";
  }
}

/** Which server has SO_REUSEADDR and which end closes first, and what came of it. */
export interface RestartTrial {
  /** "neither", "the old server", "the new server" or "both". */
  readonly row: string;
  /** "the client closes first" or "the server closes first". */
  readonly column: string;
  /** The result. */
  readonly outcome: RestartOutcome;
}

/**
 * Tries all eight cases of {@linkcode tryToRestart}: the client or the server closes first, and the old
 * server has the option, the new one, both or neither. `plotTrialMap()` draws what it returns.
 *
 * @throws As {@linkcode tryToRestart} does
 *
 * @example In a private network no other program takes the port meanwhile
 * ```ts
 * import { tryEveryRestart } from "fourtuple/experiments";
 * import { labNetwork } from "fourtuple/networks";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork();
 * const trials = await tryEveryRestart({ network });
 * assertEquals(trials.length, 8);
 * ```
 */
export async function tryEveryRestart(
  options: Pick<TryToRestartOptions, "network"> = {},
): Promise<RestartTrial[]> {
  const servers = [
    { row: "neither", before: false, after: false },
    { row: "the old server", before: true, after: false },
    { row: "the new server", before: false, after: true },
    { row: "both", before: true, after: true },
  ];
  const trials: RestartTrial[] = [];
  for (const { row, before, after } of servers) {
    for (const end of ["client", "server"] as const) {
      const outcome = await tryToRestart(end, { ...options, before, after });
      trials.push({ row, column: `the ${end} closes first`, outcome });
    }
  }
  return trials;
}
