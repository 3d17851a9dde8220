/**
 * Checks the exercises of `00_start_here`.
 *
 * @module
 */
import { connections, listeners } from "../observe/connections.ts";
import { ephemeralRange } from "../observe/machine/ephemeral_range.ts";
import { SocketError } from "../system/errno.ts";
import { codeOf, problemOfError } from "./_errors.ts";
import { A_NUMBER, DENO_LISTENER, type Kind } from "./_values.ts";
import { expect, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const AGAIN = "run your own cell again to check again";

/** Checks the exercise First socket: a listening socket on 127.0.0.1, found in the kernel's table. It is then closed. */
export function checkFirstSocket(listener: Deno.TcpListener | undefined): Promise<Verdict> {
  return judge(
    { name: "mySocket", answer: listener, kind: DENO_LISTENER },
    (listener, attempt) => {
      attempt.closeLater(listener);
      const { hostname, port, transport } = listener.addr as Deno.NetAddr;
      expect(transport === "tcp", `it listens by ${transport}, and should listen by tcp`);
      const rows = listeners({ protocol: "tcp", port });
      expect(
        rows.length > 0,
        `the kernel's table has no listening socket at port ${port}`,
        `A check closes your listener: ${AGAIN}`,
      );
      expect(
        hostname === "127.0.0.1",
        `it listens at ${hostname}, and should listen at 127.0.0.1`,
        "The option `hostname` says at which address",
      );
      const range = ephemeralRange();
      expect(
        range.has(port),
        `it listens at port ${port}, which the kernel did not pick: it picks from ${range}`,
        "Port 0 asks the kernel for any free port",
      );
      listener.close();
      const left = connections({ protocol: "tcp", state: "LISTEN", port }).length;
      return `the kernel had it as ${
        rows[0]!.local
      }; now it is closed, and ${left} rows are left: ` +
        AGAIN;
    },
  );
}

/** Allows a number, or the function that finds it. */
const NUMBER_OR_FUNCTION: Kind<number | (() => unknown)> = {
  rule: "a function that returns a number",
  allows: (value): value is number | (() => unknown) =>
    typeof value === "number" || typeof value === "function",
};

/**
 * Checks the exercise Count sockets: how many TCP sockets listen on this machine. Of a function the check can tell
 * what it counts; a number is compared with the kernel's table.
 */
export function checkCountSockets(
  count: number | (() => number | Promise<number>) | undefined,
): Promise<Verdict> {
  const question = { name: "howMany", answer: count, kind: NUMBER_OR_FUNCTION };
  return judge(question, async (count, attempt) => {
    const listening = () => listeners({ protocol: "tcp" }).length;
    const noUdp = "UDP sockets do not listen, and do not count: ask for the protocol tcp";
    const tooMany = (counted: number) =>
      counted > listeners().length
        ? "Sockets that do not wait for calls count, too, with connections(): listeners() has those " +
          "that wait"
        : noUdp;
    if (typeof count === "number") {
      const here = listening();
      expect(count === here, `the kernel's table has ${here} now, not ${count}`, tooMany(count));
      return `the kernel's table has ${here} of them, too`;
    }
    // A constant, or one that counts UDP sockets, is found out on a quiet machine, too.
    for (const more of [0, 1]) {
      if (more === 1) {
        attempt.listen();
        const udp = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
        attempt.closeLater(Deno.listenDatagram(udp));
      }
      const before = listening();
      const counted = await attempt.call(count, { returns: A_NUMBER });
      const after = listening();
      expect(
        counted >= Math.min(before, after) && counted <= Math.max(before, after),
        `the kernel's table has ${after} now, and your function counts ${counted}`,
        counted > after ? tooMany(counted) : "Count in the function, each time that it is called",
      );
    }
    return "one more TCP socket listened, and your function counted it; a new UDP socket it did not";
  });
}

/** Checks the exercise Kernel refuses: a request for a listening socket that the kernel refuses. */
export function checkKernelRefuses(attempted: (() => unknown) | undefined): Promise<Verdict> {
  return judge({ name: "refused", answer: attempted }, async (refused, attempt) => {
    const outcome = await attempt.try(refused);
    if (!("error" in outcome)) {
      if (outcome.value instanceof Error) {
        notYet({
          seen: "your function returned an error, and did not let it out",
          hint: "Leave out try and catch",
        });
      }
      notYet({
        seen: "no error came out: the kernel granted it",
        hint: Deno.uid() === 0
          ? "You are root, who may take low ports too. Ask for a port that another socket has, or at " +
            "an address that is not this machine's"
          : "Ask for a port that another socket has, for one that is not for everybody, or at an " +
            "address that is not this machine's",
      });
    }
    const { error } = outcome;
    const code = codeOf(error) ?? "";
    const name = error instanceof SocketError ? code : error instanceof Error ? error.name : "";
    expect(
      !isOfCaller(error, code),
      `${name}: that is the kernel's answer to a client`,
      "Ask for a listening socket",
    );
    const meaning = REFUSALS[code];
    if (meaning === undefined) {
      const { seen } = problemOfError(error);
      notYet({
        seen,
        hint: error instanceof RangeError
          ? "Deno refused that by itself, and did not ask the kernel: take a port that there is"
          : "That is not the kernel's answer to a request for a listening socket",
      });
    }
    return `${name}: ${meaning}`;
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another socket has this port",
  EACCES: "this port is not for everybody",
  EADDRNOTAVAIL: "this address is not one of this machine's",
};

const OF_CLIENTS: readonly string[] = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENETUNREACH",
];

function isOfCaller(error: unknown, code: string): boolean {
  return error instanceof SocketError ? error.call === "connect" : OF_CLIENTS.includes(code);
}
