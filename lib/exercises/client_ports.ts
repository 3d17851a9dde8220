/**
 * Checks the exercises of `06_client_ports`.
 *
 * @module
 */
import { PortRange } from "../ports/port_range.ts";
import { startServerAllocated } from "../services/server_allocated.ts";
import { LineConnection } from "../services/line_connection.ts";
import { freePorts } from "../sockets/free_port.ts";
import type { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { until, within } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { CLOSABLE, listOf, openSocket, shown } from "./_values.ts";
import { type Attempt, expect, expectDone, judge, notYet, spareEndpoint } from "./_frame.ts";
import type { Call } from "./_watch.ts";
import type { Verdict } from "./verdict.ts";

const LOOPBACK = "127.0.0.1:0";
/** The longest accept queue that Linux allows by default, `net.core.somaxconn`. */
const BACKLOG = 4096;

/** Checks the exercise CallFrom: a client that connects from a port of its choice. */
export function checkCallFrom(
  callFrom: ((port: number, server: Endpoint) => Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "callFrom", answer: callFrom }, async (callFrom, attempt) => {
    const server = attempt.listen();
    const wanted = spareEndpoint();
    const client = await attempt.call(() => callFrom(wanted.port, server.localEndpoint()), {
      returns: openSocket("tcp"),
    });
    const accepted = await expectDone(
      attempt.accept(server, 500),
      "no client has connected to the server",
      "Three calls: make the socket, bind() it, and `await` its connect()",
    );
    const seen = accepted.remoteEndpoint();
    expect(
      seen.equals(client.localEndpoint()),
      `the server's client is ${seen}, and the socket that you returned is at ${client.localEndpoint()}`,
      "Return the socket that connected to the server",
    );
    expect(
      seen.equals(wanted),
      `asked for ${wanted}, and the server sees ${seen}`,
      "A socket that was not bound gets a port from the kernel: bind() it to 127.0.0.1 and the port, " +
        "before connect()",
    );
    return `the server sees ${seen}, as it was asked for`;
  });
}

/** Checks the exercise Twins: two connections with one local endpoint, to two servers. */
export function checkTwins(
  twins: ((one: Endpoint, other: Endpoint) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "twins", answer: twins }, async (twins, attempt) => {
    const servers = [attempt.listen(), attempt.listen()] as const;
    const [one, other] = [servers[0].localEndpoint(), servers[1].localEndpoint()];
    const sockets = await attempt.call(() => twins(one, other), {
      returns: listOf(openSocket("tcp"), 2),
      hints: {
        EADDRINUSE: "A bound port belongs to one socket, unless both have set the option " +
          "reuseAddress, and before bind()",
        EADDRNOTAVAIL:
          "A four-tuple exists once: from the same local endpoint, connect to another " +
          "server each time",
      },
    });
    for (const [index, server] of [one, other].entries()) {
      const which = ["first", "second"][index];
      const remote = await expectDone(
        Promise.resolve().then(() => sockets[index]!.remoteEndpoint()),
        `the ${which} socket is not connected`,
        "`await` the connect() of each",
      );
      expect(
        remote.equals(server),
        `the ${which} socket is connected to ${remote}, and the ${which} server is ${server}`,
        "The first socket connects to the first server, and the second to the second",
      );
    }
    const [at, otherAt] = [sockets[0]!.localEndpoint(), sockets[1]!.localEndpoint()];
    expect(
      at.equals(otherAt),
      `they have two local endpoints: ${at} and ${otherAt}`,
      "Bind the second to the localEndpoint() of the first, with reuseAddress set on both",
    );
    return `both are at ${at}, and their four-tuples differ`;
  });
}

/** Checks the exercise OutOfPorts: run out of ports, so that connect says EADDRNOTAVAIL. */
export function checkOutOfPorts(
  runOut: ((server: Endpoint) => Promise<unknown>) | undefined,
): Promise<Verdict> {
  return judge({ name: "runOut", answer: runOut }, async (runOut, attempt) => {
    const server = attempt.listen(BACKLOG);
    const endpoint = server.localEndpoint();
    const made = () =>
      attempt.calls.filter(({ socket, to }) => socket !== undefined && to === String(endpoint));
    acceptAll(server);
    const narrow = "Thousands of ports take long to use up. Give your sockets a few ports only, " +
      "by the option localPortRange: a range of one port is enough";
    const error = await attempt.error(() => runOut(endpoint), narrow);
    expectOutOfPorts(error, made(), narrow);
    return `connect found no port that is left to there, after ${
      made().filter((call) => call.error === undefined).length
    } connected: EADDRNOTAVAIL`;
  });
}

/** Accepts and closes at once: the clients keep their ports, and the queue never is full. */
async function acceptAll(server: Socket): Promise<void> {
  while (!server.isClosed) {
    const accepted = await server.accept().catch(() => undefined);
    accepted?.close();
  }
}

function expectOutOfPorts(error: unknown, calls: readonly Call[], narrow: string): void {
  const isExpected = error instanceof SocketError && error.call === "connect" &&
    error.code === "EADDRNOTAVAIL";
  if (!isExpected) {
    const { seen, hint } = problemOfError(error, {
      EADDRINUSE:
        "bind() found one port taken, and says nothing of the others: leave the port to " +
        "connect()",
      EMFILE: narrow,
      TimeoutError: narrow,
    });
    notYet({ seen, hint });
  }
  const failed = calls.find((call) => call.error === error);
  expect(
    failed !== undefined,
    "no call to this server gave that error",
    "Connect to the endpoint that you are given, and let out the error that connect() throws",
  );
  expect(
    failed.portBefore === 0,
    `port ${failed.portBefore} was bound by hand, and its four-tuple is taken`,
    "That is one port, not all of them: leave the port to the kernel",
  );
  expect(
    calls.some((call) => call.error === undefined),
    "already the first call found no port",
    "Connect until none is left",
  );
  const open = new Set(calls.map(({ socket }) => socket!).filter(({ isClosed }) => !isClosed)).size;
  expect(
    open === 0,
    `connect found no port, but ${open} of your sockets stayed open`,
    "Close what you open, also when an error comes: `using`, or a DisposableStack",
  );
}

/** Checks the exercise Talk: get a number, talk there, and leave nothing. */
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

/** Checks the exercise LowestFree: a socket at the lowest free port of a range. */
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

/** Checks the exercise Exhaust: leave nothing for the next client. */
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
