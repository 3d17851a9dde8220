/**
 * Checks the exercises of `06_assigning_client_ports`.
 *
 * @module
 */
import { until, within } from "../time_limit.ts";
import { kindOf } from "../refusal.ts";
import { PortRange } from "../ports/port_range.ts";
import { startServerAllocated } from "../services/server_allocated.ts";
import { LineConnection } from "../services/line_connection.ts";
import { freePorts } from "../sockets/free_port.ts";
import type { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 3_000;
const LOOPBACK = "127.0.0.1:0";

/** Checks exercise 1: borrow a number, talk there, and leave nothing. */
export async function checkTalk(
  talk: ((service: Endpoint, name: string) => Promise<string | undefined>) | undefined,
): Promise<Verdict> {
  if (talk === undefined) return Verdict.open("write the function talk");
  await using service = startServerAllocated(LOOPBACK, neighbours(2));
  const name = `client ${crypto.randomUUID().slice(0, 8)}`;
  try {
    const answer = await within(talk(service.endpoint, name), { timeout: ANSWER_MS });
    if (!answer?.startsWith(`you are ${name}, known by port `)) {
      return Verdict.notYet(`the answer to who was another than ${JSON.stringify(answer)}`);
    }
    const returned = until(() => service.snapshot().holdings.length === 0, { timeout: ANSWER_MS });
    const kept = await returned.then(() => false, () => true);
    if (kept) return Verdict.notYet("right, but the number is still yours");
    return Verdict.right(`${answer}; and the number is free again`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 2: a socket at the lowest free port of a range. */
export async function checkLowestFree(
  lowestFree: ((range: PortRange) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  if (lowestFree === undefined) return Verdict.open("write the function lowestFree");
  const range = neighbours(5);
  const taken = freePorts(2, { range });
  let socket: Socket | undefined;
  try {
    socket = await lowestFree(range);
    const { address, port } = socket.localEndpoint();
    if (address !== "127.0.0.1") return Verdict.notYet(`it is bound at ${address}`);
    const wanted = range.first + taken.length;
    if (port !== wanted) return Verdict.notYet(`it is bound to ${port}, and ${wanted} was free`);
    return Verdict.right(`of ${range}, ${range.first} and ${range.first + 1} were taken: ${port}`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    socket?.close();
    for (const held of taken) held.release();
  }
}

/** Checks exercise 3: leave nothing for the next client. */
export async function checkExhaust(
  exhaust: ((service: Endpoint) => Promise<readonly Disposable[]>) | undefined,
): Promise<Verdict> {
  if (exhaust === undefined) return Verdict.open("write the function exhaust");
  await using service = startServerAllocated(LOOPBACK, neighbours(2));
  using opened = new DisposableStack();
  try {
    const returned: unknown = await within(exhaust(service.endpoint), { timeout: ANSWER_MS });
    if (!Array.isArray(returned)) {
      return Verdict.notYet(`the function was to return a list, and returned ${kindOf(returned)}`);
    }
    for (const each of returned) opened.use(each);
    using next = await LineConnection.connect(service.endpoint);
    const line = await within(next.readLine(), { timeout: ANSWER_MS });
    if (line?.startsWith("refused exhausted")) {
      return Verdict.right(`the next client hears: ${line}`);
    }
    return Verdict.notYet(`the next client hears: ${line}`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Returns a range of `count` ports that are all free at this moment. */
function neighbours(count: number): PortRange {
  while (true) {
    const first = 30_000 - crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000;
    const range = PortRange.from(first, first + count - 1);
    try {
      for (const held of freePorts(count, { range })) held.release();
      return range;
    } catch {
      // Somebody has one of these: the next place.
    }
  }
}
