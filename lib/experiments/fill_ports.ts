/**
 * Connect until no port is left, and note how long it took.
 *
 * @module
 */
import { kindOf, partOf, quoteValue } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import type { Socket } from "../sockets/socket.ts";

/**
 * What becomes of a connection as soon as it is up: it is kept; its client closes it first, or its
 * server does; or its client throws it away with a reset (RST).
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
  /** Is called about once a second. */
  readonly onProgress?: (sample: FillSample) => void;
}

/** How far a fill was at a moment. */
export interface FillSample {
  /** Seconds since its beginning. */
  readonly seconds: number;
  /** How many connections had come about. */
  readonly connections: number;
}

/** What came of connecting again and again. */
export interface PortFill {
  /** How many connections came about. */
  readonly connections: number;
  /** What the next one was refused with; nothing if the fill was stopped by a limit. */
  readonly refusal: SocketError | undefined;
  /** About fifty samples a second, each of the first ones, and the last one. */
  readonly samples: readonly FillSample[];
}

const ENDINGS: readonly Ending[] = ["kept", "client first", "server first", "reset"];
const MAX_CONNECTIONS = 65_535;
const LIMIT_MS = 40_000;
/** What a full range answers: a connect, a bind to port 0, and UDP. */
const FULL: readonly string[] = ["EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"];
const EACH_OF_THE_FIRST = 20;
const SAMPLE_MS = 20;
const PROGRESS_MS = 1_000;

/**
 * Makes connections to a listening socket, one after the other, until one is refused for want of a
 * port. Each is up on both sides before it ends as the options say, and has ended before the next.
 *
 * Connections that are "kept" are the caller's to close, best with their private network. By
 * default Linux lets a reset end TIME_WAIT, so that a late segment can give a port back early (RFC
 * 1337); a count that has to be exact wants a network with `net.ipv4.tcp_rfc1337` on, as
 * {@linkcode portLab} makes it.
 *
 * @param client Makes the next client, as bound as it is to be; it is connected here
 * @param listener Listens; nobody else accepts from it
 * @throws {TypeError} If the ending is none
 * @throws {RangeError} If `most` is not a whole number from 1 to 65,535, or `limit` not above 0
 * @throws {SocketError} If a call fails for another reason than want of a port
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
  const { ending = "client first", most = MAX_CONNECTIONS, limit = LIMIT_MS } = options;
  assertEnding(ending);
  assertMost(most);
  assertLimit(limit);
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

/** Makes one connection and ends it; returns the refusal, if no port was left for it. */
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
    if (error instanceof SocketError && FULL.includes(error.code)) return error;
    throw error;
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

function assertEnding(ending: Ending): void {
  if (ENDINGS.includes(ending)) return;
  throw new TypeError(
    `Cannot end a connection by ${quoteValue(ending)}: the endings are "kept", "client first", ` +
      `"server first" and "reset", got ${partOf(ending)}`,
  );
}

function assertMost(most: number): void {
  if (Number.isInteger(most) && most >= 1 && most <= MAX_CONNECTIONS) return;
  throw new RangeError(
    `Cannot make ${quoteValue(most)} connections: it is a whole number from 1 to ` +
      `${MAX_CONNECTIONS}, got ${typeof most === "number" ? most : kindOf(most)}`,
  );
}

/** With NaN there would be no connection at all, and no word about it. */
function assertLimit(limit: number): void {
  if (typeof limit === "number" && limit > 0) return;
  throw new RangeError(
    `Cannot make connections for ${quoteValue(limit)} ms: a limit is a number above 0, got ${
      typeof limit === "number" ? limit : kindOf(limit)
    }`,
  );
}
