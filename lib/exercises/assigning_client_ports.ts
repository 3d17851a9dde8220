/**
 * Checks the exercises of `06_assigning_client_ports`.
 *
 * @module
 */
import { PortRange } from "../ports/port_range.ts";
import { startServerAllocated } from "../services/server_allocated.ts";
import { LineConnection } from "../services/line_connection.ts";
import { freePorts } from "../sockets/free_port.ts";
import type { Socket } from "../sockets/socket.ts";
import { until, within } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { CLOSABLE, listOf, openSocket, shown } from "./_values.ts";
import { type Attempt, expect, expectDone, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const LOOPBACK = "127.0.0.1:0";

/** Checks exercise 1: get a number, talk there, and leave nothing. */
export function checkTalk(
  talk: ((service: Endpoint, name: string) => Promise<string | undefined>) | undefined,
): Promise<Verdict> {
  return judge({ name: "talk", answer: talk }, async (talk, attempt) => {
    const service = attempt.open(startServerAllocated(LOOPBACK, neighbours(attempt, 2)));
    const name = `client ${attempt.random.word()}`;
    const answer = await attempt.call(() => talk(service.endpoint, name), {
      hints: {
        ECONNREFUSED: "The number is yours, and the server listens there, only while the first " +
          "connection is open: close it last",
      },
    });
    expect(
      typeof answer === "string" && answer.startsWith(`you are ${name}, known by port `),
      `your function returned ${shown(answer)}, and that is not the answer to who`,
      answer === undefined
        ? "End the function with `return …`"
        : `Say the name on the second connection, then ask who, and return what comes back`,
    );
    await expectDone(
      until(() => service.snapshot().holdings.length === 0, { timeout: attempt.timeout }),
      "the answer is right, but the number is still yours",
      "A number is yours as long as the connection is open on which you got it: close that one, too",
    );
    await attempt.expectClosed("the answer is right");
    return `${answer}; and the number is free again`;
  });
}

/** Checks exercise 2: a socket at the lowest free port of a range. */
export function checkLowestFree(
  lowestFree: ((range: PortRange) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "lowestFree", answer: lowestFree }, async (lowestFree, attempt) => {
    const range = neighbours(attempt, 5);
    const taken = freePorts(2, { range }).map((held) => attempt.open(held));
    const socket = await attempt.call(() => lowestFree(range), {
      returns: openSocket("tcp"),
      hints: {
        EADDRINUSE: "A port that is taken says so by an error: catch it, and try the next port",
        EINVAL: "A socket that is bound cannot be bound again: stop at the first port that is free",
      },
    });
    const { address, port } = socket.localEndpoint();
    expect(address === "127.0.0.1", `it is bound at ${address}, and should be at 127.0.0.1`);
    const wanted = range.first + taken.length;
    expect(
      port === wanted,
      `it is bound to ${port}, and ${wanted} was free`,
      port === 0
        ? "A socket has a port after bind()"
        : "Walk the range from its first port on, and take the first that bind() grants",
    );
    await attempt.expectClosed(
      `it is bound to ${port}`,
      "A socket that could not be bound is still open: close it, or try the next port with it",
      [socket],
    );
    return `of ${range}, ${range.first} and ${range.first + 1} were taken: ${port}`;
  });
}

/** Checks exercise 3: leave nothing for the next client. */
export function checkExhaust(
  exhaust: ((service: Endpoint) => Promise<readonly Disposable[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "exhaust", answer: exhaust }, async (exhaust, attempt) => {
    const service = attempt.open(startServerAllocated(LOOPBACK, neighbours(attempt, 2)));
    const opened = await attempt.call(() => exhaust(service.endpoint), {
      returns: listOf(CLOSABLE),
    });
    const closed = opened.findIndex((each) => !attempt.isOpen(each));
    expect(
      closed < 0,
      `element ${closed + 1} of your list is closed already`,
      "A number is yours as long as its connection is open: return the connections open, without " +
        "`using`",
    );
    const next = attempt.open(await LineConnection.connect(service.endpoint));
    const line = await within(next.readLine(), { timeout: attempt.timeout });
    expect(
      line?.startsWith("refused exhausted"),
      `the next client reads: ${line}`,
      "The service has two numbers, and a number is taken when its line has come: open two " +
        "connections, and read a line from each",
    );
    return `the next client reads: ${line}`;
  });
}

/** Returns a range of `count` ports that are all free at this moment. */
function neighbours(attempt: Attempt, count: number): PortRange {
  while (true) {
    const first = 20_001 + attempt.random.below(10_000);
    const range = PortRange.from(first, first + count - 1);
    try {
      for (const held of freePorts(count, { range })) held.release();
      return range;
    } catch {
      // Another socket has one of these: the next place.
    }
  }
}
