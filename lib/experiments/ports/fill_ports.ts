/**
 * Connects until no port is left, and notes how long that took.
 *
 * @module
 */
import {
  callback,
  type Check,
  check,
  checkOptions,
  instanceOf,
  milliseconds,
  oneOf,
  type OptionChecks,
  wholeNumber,
} from "../../refusal.ts";
import type { SocketError } from "../../system/errno.ts";
import { Socket } from "../../sockets/socket.ts";
import { expectedError } from "../calls/outcome.ts";

/**
 * What happens to a connection once it is established: it is kept; its client or its server closes it
 * first; or its client resets it (RST).
 */
export type Ending = "kept" | "client first" | "server first" | "reset";

/** Options of {@linkcode fillPorts}. */
export interface FillPortsOptions {
  /** How each connection ends; "client first" by default, which leaves TIME_WAIT at its port. */
  readonly ending?: Ending;
  /** After how many connections to stop, if none was refused; 65,535 by default. */
  readonly most?: number;
  /** After how many milliseconds to stop, if none was refused; 40,000 by default. */
  readonly limit?: number;
  /** A function to call about once a second. */
  readonly onProgress?: (sample: FillSample) => void;
}

/** The progress at a moment. */
export interface FillSample {
  /** Seconds since the beginning. */
  readonly seconds: number;
  /** How many connections had been made. */
  readonly connections: number;
}

/** The result of {@linkcode fillPorts}. */
export interface PortFill {
  /** How many connections were made. */
  readonly connections: number;
  /** The error of the next one; `undefined` if a limit ended the fill. */
  readonly refusal: SocketError | undefined;
  /** The first twenty, then about fifty a second, and the last one. */
  readonly samples: readonly FillSample[];
}

const MAX_CONNECTIONS = 65_535;
const LIMIT_MS = 40_000;
/** The errors of a full range: of a connect, of a bind to port 0, and of UDP. */
const FULL: readonly string[] = ["EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"];
const EACH_OF_THE_FIRST = 20;
const SAMPLE_MS = 20;
const PROGRESS_MS = 1_000;

// With NaN there would be no connection at all, and no word about it.
const LIMIT: Check<number> = {
  rule: "a number of milliseconds above 0",
  isBounded: true,
  allows: (value): value is number => typeof value === "number" && value > 0,
};
const OPTIONS: OptionChecks<FillPortsOptions> = {
  ending: oneOf("kept", "client first", "server first", "reset"),
  most: wholeNumber({ least: 1, most: MAX_CONNECTIONS }),
  limit: LIMIT,
  onProgress: callback(),
};
/** More than the second that `tcp_tw_reuse` wants (net/ipv4/tcp_ipv4.c, tcp_twsk_unique). */
const PAUSE_MS = 1_200;
const TWICE: OptionChecks<FillPortsTwiceOptions> = { ...OPTIONS, pause: milliseconds() };

/**
 * Makes connections to a listening socket, one after the other, until one is refused because no port
 * is left. Each is established on both sides before it ends as the options say, and has ended before
 * the next one begins.
 *
 * Connections that are "kept" are for the caller to close, best together with their private network.
 * By default Linux lets a reset end TIME_WAIT, so that a late segment can free a port early (RFC
 * 1337). If the count has to be exact, use a network with `net.ipv4.tcp_rfc1337` on, as
 * {@linkcode portLab} makes it.
 *
 * @param client Makes the next client, bound as it is to be; it is connected here
 * @param listener A listening socket; nobody else accepts from it
 * @throws {TypeError} If an argument is of the wrong kind, or an option is misspelt
 * @throws {RangeError} If `most` is not a whole number from 1 to 65,535, or `limit` is not above 0
 * @throws {SocketError} If a call fails for another reason than that no port is left
 *
 * @example Four ports, and each of them is used up by a connection that was closed
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { fillPorts, portLab } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * await using lab = await portLab(PortRange.from(50000, 50003));
 * const { connections, refusal } = await fillPorts(lab.newClient, lab.servers[0]);
 * assertEquals([connections, refusal?.code], [4, "EADDRNOTAVAIL"]);
 * ```
 */
export async function fillPorts(
  client: () => Socket,
  listener: Socket,
  options: FillPortsOptions = {},
): Promise<PortFill> {
  const cannot = "Cannot fill the ports";
  check(client, callback(), { cannot, what: "what makes a client" });
  check(listener, instanceOf(Socket, "a Socket"), { cannot, what: "the listener" });
  checkOptions(options, OPTIONS, cannot);
  const { ending = "client first", most = MAX_CONNECTIONS, limit = LIMIT_MS } = options;
  const begin = performance.now();
  const samples: FillSample[] = [];
  let count = 0;
  let refusal: SocketError | undefined;
  let shown = begin;
  const now = () => ({ seconds: (performance.now() - begin) / 1000, connections: count });
  while (count < most && performance.now() - begin < limit) {
    refusal = await connectOnce(client, listener, ending);
    if (refusal !== undefined) break;
    count++;
    const sample = now();
    const isDue = sample.seconds * 1000 >= (samples.at(-1)?.seconds ?? 0) * 1000 + SAMPLE_MS;
    if (isDue || count <= EACH_OF_THE_FIRST) samples.push(sample);
    if (performance.now() - shown < PROGRESS_MS) continue;
    shown = performance.now();
    options.onProgress?.(sample);
  }
  samples.push(now());
  return { connections: count, refusal, samples };
}

/** Options of {@linkcode fillPortsTwice}. */
export interface FillPortsTwiceOptions extends FillPortsOptions {
  /**
   * How long to wait between the two, in milliseconds; 1,200 by default, more than the second after
   * which `tcp_tw_reuse` lets a four-tuple in TIME_WAIT be used again.
   */
  readonly pause?: number;
}

/**
 * Fills the ports as {@linkcode fillPorts} does, waits, and tries to fill them again: how many have
 * come back?
 *
 * @returns How many connections were made each time
 * @throws {TypeError} As {@linkcode fillPorts} does
 * @throws {RangeError} As {@linkcode fillPorts} does, or if the pause is out of bounds
 * @throws {SocketError} As {@linkcode fillPorts} does
 *
 * @example A closed connection keeps its port for longer than a second, unless the kernel is told otherwise
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { fillPortsTwice, portLab } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const sysctls = { "net.ipv4.tcp_tw_reuse": 0 };
 * await using lab = await portLab(PortRange.from(50000, 50003), { sysctls });
 * const counts = await fillPortsTwice(lab.newClient, lab.servers[0]);
 * assertEquals(counts, lab.network.isPrivate ? [4, 0] : [4, 4]);
 * ```
 */
export async function fillPortsTwice(
  client: () => Socket,
  listener: Socket,
  options: FillPortsTwiceOptions = {},
): Promise<readonly [first: number, second: number]> {
  checkOptions(options, TWICE, "Cannot fill the ports twice");
  const { pause = PAUSE_MS, ...fill } = options;
  const { connections: first } = await fillPorts(client, listener, fill);
  await new Promise((resolve) => setTimeout(resolve, pause));
  const { connections: second } = await fillPorts(client, listener, fill);
  return [first, second];
}

/** Makes one connection and ends it; returns the error if no port was left for it. */
async function connectOnce(
  client: () => Socket,
  listener: Socket,
  ending: Ending,
): Promise<SocketError | undefined> {
  let socket: Socket | undefined;
  try {
    socket = client();
    await socket.connect(listener.localEndpoint());
  } catch (error) {
    socket?.close();
    return expectedError(error, ...FULL);
  }
  await end(socket, await listener.accept(), ending);
}

/** Ends a connection; the other side has seen it when this is done. */
async function end(client: Socket, accepted: Socket, ending: Ending): Promise<void> {
  if (ending === "kept") return;
  const [first, second] = ending === "server first" ? [accepted, client] : [client, accepted];
  if (ending === "reset") first.setOption("linger", 0);
  first.close();
  await second.receive().catch((error) => {
    if (ending !== "reset") throw error;
  });
  second.close();
}
