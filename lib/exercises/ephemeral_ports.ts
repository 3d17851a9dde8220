/**
 * Checks the exercises of `05_ephemeral_ports`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import { SocketError } from "../system/errno.ts";
import type { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listening, spareEndpoint } from "./_listening.ts";
import { closeReturned } from "./_returned.ts";
import { type SocketCall, watchConnects } from "./_watched_calls.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;

/** Checks exercise 1: a client that calls from a port of its choice. */
export async function checkCallFrom(
  callFrom: ((port: number, server: Endpoint) => Promise<Socket>) | undefined,
): Promise<Verdict> {
  if (callFrom === undefined) return Verdict.open("write the function callFrom");
  using server = listening({ timeout: ANSWER_MS });
  const wished = spareEndpoint();
  try {
    using client = await within(callFrom(wished.port, server.localEndpoint()), {
      timeout: ANSWER_MS,
    });
    using accepted = await server.accept();
    const seen = accepted.remoteEndpoint();
    if (!seen.equals(client.localEndpoint())) {
      return Verdict.notYet("the server has another client");
    }
    if (!seen.equals(wished)) {
      return Verdict.notYet(`asked for ${wished}, and the server sees ${seen}`);
    }
    return Verdict.right(`the server sees ${seen}, as it was asked for`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 2: two connections with one local endpoint, to two servers. */
export async function checkTwins(
  twins: ((one: Endpoint, other: Endpoint) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  if (twins === undefined) return Verdict.open("write the function twins");
  using one = listening({ timeout: ANSWER_MS });
  using other = listening({ timeout: ANSWER_MS });
  let sockets: readonly Socket[] = [];
  try {
    sockets = await within(twins(one.localEndpoint(), other.localEndpoint()), {
      timeout: ANSWER_MS,
    });
    const [a, b] = sockets;
    if (!a || !b) return Verdict.notYet("the function was to return both sockets in a list");
    if (!a.remoteEndpoint().equals(one.localEndpoint())) {
      return Verdict.notYet("the first is not connected to the first server");
    }
    if (!b.remoteEndpoint().equals(other.localEndpoint())) {
      return Verdict.notYet("the second is not connected to the second server");
    }
    if (!a.localEndpoint().equals(b.localEndpoint())) {
      return Verdict.notYet(`they have two: ${a.localEndpoint()} and ${b.localEndpoint()}`);
    }
    return Verdict.right(`both are at ${a.localEndpoint()}, and their four-tuples differ`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    closeReturned(sockets);
  }
}

/** Checks exercise 3: run out of ports, so that connect says EADDRNOTAVAIL. */
export async function checkOutOfPorts(
  runOut: ((server: Endpoint) => Promise<unknown>) | undefined,
): Promise<Verdict> {
  if (runOut === undefined) return Verdict.open("write the function runOut");
  using server = listening({ timeout: ANSWER_MS });
  const calls: SocketCall[] = [];
  try {
    using _watch = watchConnects(server.localEndpoint(), calls);
    await within(runOut(server.localEndpoint()), { timeout: ANSWER_MS });
    return Verdict.notYet("no error came out");
  } catch (error) {
    return verdictOfRunningOut(error, calls);
  } finally {
    for (const { socket } of calls) socket.close();
  }
}

/** What an error says of the calls before it; sockets still have to be as the learner left them. */
function verdictOfRunningOut(error: unknown, calls: readonly SocketCall[]): Verdict {
  if (!(error instanceof SocketError)) return Verdict.notYet(`what came out: ${error}`);
  if (error.call !== "connect" || error.code !== "EADDRNOTAVAIL") {
    return Verdict.notYet(`${error.call} said ${error.code}, and connect was to run out of ports`);
  }
  const failed = calls.find((call) => call.error === error);
  if (failed === undefined) return Verdict.notYet("no call to this server gave that error");
  if (failed.portBefore !== 0) {
    return Verdict.notYet(
      `port ${failed.portBefore} was bound by hand, and its four-tuple is taken: that is one port, ` +
        "not all of them, so leave the port to the kernel",
    );
  }
  const connected = calls.filter((call) => call.error === undefined).length;
  if (connected === 0) {
    return Verdict.notYet("already the first call found no port: connect until none is left");
  }
  const open = new Set(calls.map(({ socket }) => socket).filter(({ isClosed }) => !isClosed)).size;
  if (open > 0) {
    return Verdict.notYet(
      `connect found no port, but of your sockets ${open} stayed open: close what you open`,
    );
  }
  return Verdict.right(
    `connect found no port that is left to there, after ${connected} connected: EADDRNOTAVAIL`,
  );
}
