/**
 * Whether a server can start again where one has just ended: tried, and the kernel answers.
 *
 * @module
 */
import { partOf, quoteValue } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { SocketError } from "../system/errno.ts";
import type { SocketMaker } from "./sharing.ts";
import { Socket } from "../sockets/socket.ts";

/** Options of {@linkcode tryToRestart}. */
export interface TryToRestartOptions {
  /** Whether the server that ends has SO_REUSEADDR; `false` by default. */
  readonly before?: boolean;
  /** Whether the server that starts has it; `false` by default. */
  readonly after?: boolean;
  /** Where the sockets are made; on this machine by default. */
  readonly network?: SocketMaker;
}

/** What came of it. */
export type RestartOutcome = "started" | "refused";

const TIMEOUT_MS = 5_000;

/**
 * Lets a server have one conversation and end, and another start at the same endpoint, at once. Both
 * ends close properly, one after the other; so the one that closes first leaves a TIME_WAIT behind.
 *
 * Between the two servers the port can be free for a moment. On a busy machine somebody else may
 * take it, and the answer is "refused"; in a private network nobody does.
 *
 * @param closesFirst Which end of the conversation closes first
 * @throws {SocketError} If a call fails for another reason than EADDRINUSE
 * @throws {TypeError} If `closesFirst` is anything else
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
  { before = false, after = false, network = Socket }: TryToRestartOptions = {},
): Promise<RestartOutcome> {
  if (closesFirst !== "client" && closesFirst !== "server") {
    throw new TypeError(
      `Cannot close ${quoteValue(closesFirst)} first: the ends are "client" and "server", got ${
        partOf(closesFirst)
      }`,
    );
  }
  using old = network.tcp({ timeout: TIMEOUT_MS });
  old.setOption("reuseAddress", before);
  old.bind(Endpoint.from("127.0.0.1", 0));
  old.listen();
  const at = old.localEndpoint();
  using client = network.tcp({ timeout: TIMEOUT_MS });
  await client.connect(at);
  using accepted = await old.accept();
  const [first, second] = closesFirst === "client" ? [client, accepted] : [accepted, client];
  first.close();
  await second.receive();
  second.close();
  old.close();

  using next = network.tcp();
  next.setOption("reuseAddress", after);
  try {
    next.bind(at);
    next.listen();
    return "started";
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "EADDRINUSE") throw error;
    return "refused";
  }
}
