/**
 * Checks the exercises of `05_ephemeral_ports`.
 *
 * @module
 */
import type { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { listOf, openSocket } from "./_values.ts";
import type { Call } from "./_watch.ts";
import { expect, expectDone, judge, notYet, spareEndpoint } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** The longest accept queue that Linux allows by default, `net.core.somaxconn`. */
const BACKLOG = 4096;

/** Checks exercise 1: a client that connects from a port of its choice. */
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

/** Checks exercise 2: two connections with one local endpoint, to two servers. */
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

/** Checks exercise 3: run out of ports, so that connect says EADDRNOTAVAIL. */
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
